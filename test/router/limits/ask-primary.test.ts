// Asking a primary for slices over HTTP: what is sent, and what each wrong answer is told as.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { askPrimaryAt } from '../../../router/admin/ask-primary.ts'

let server: Server
let url: string
let answer: { status: number; body: string }
let seen: { authorization: string | undefined; path: string | undefined; body: unknown }
beforeEach(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      seen = { authorization: request.headers.authorization, path: request.url, body: JSON.parse(Buffer.concat(chunks).toString()) }
      response.writeHead(answer.status, { 'content-type': 'application/json' })
      response.end(answer.body)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => new Promise<void>((resolve) => {
  server.close(() => resolve())
  server.closeAllConnections()
}))

const REQUEST = { holder: 'h', run: 'r', seq: 1, cells: [] }

it('sends the question with the key, and gives the answer back', async () => {
  answer = { status: 200, body: '{"cells":[]}' }
  expect(await askPrimaryAt(`${url}/`, 'secret')(REQUEST)).toEqual({ cells: [] })
  expect(seen).toEqual({ authorization: 'Bearer secret', path: '/admin/budgets/lease', body: REQUEST })
})

it.each([
  [403, '{}', /HTTP 403: WEIGHBRIDGE_PRIMARY_KEY must be a key of the primary with scope admin/],
  [500, 'x', /HTTP 500/],
  [200, 'not json', /answered something else/],
  [200, '{"cells":[{}]}', /answered something else/],
  [200, '{"cells":[{"rule":"all","subject":"","window":"day","starts_at":0,"granted":{"usd":1,"tokens":0,"requests":0},"left":{"usd":0,"tokens":0,"requests":0},"elsewhere":{"usd":0,"tokens":0,"requests":0},"forgiven":{"usd":0,"tokens":0,"requests":0}}]}', /answered something else/],
])('takes %s %s for no answer', async (status, body, message) => {
  answer = { status, body }
  await expect(askPrimaryAt(url, undefined)(REQUEST)).rejects.toMatchObject({ code: 'primary_unreachable', message: expect.stringMatching(message) })
})

it('says that nobody is there', async () => {
  await expect(askPrimaryAt('http://127.0.0.1:9', undefined)(REQUEST)).rejects.toMatchObject({ code: 'primary_unreachable', message: expect.stringContaining('does not answer') })
})
