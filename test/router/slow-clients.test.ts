// Clients that stay connected and stop reading: what waits for them is let go, whatever kind of answer it is.
import { createServer, type ServerResponse } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import type { Target } from '../../core/config.ts'
import { AnswerStream } from '../../router/http/answer-stream.ts'
import { watchClient } from '../../router/http/call-shared.ts'
import { closeUnlessRead } from '../../router/http/answer.ts'
import { chatSurface } from '../../router/http/surfaces/chat/surface.ts'
import { contextOf, ownPart } from './surfaces/support.ts'
import { targetWith } from './support/targets.ts'

const undo: (() => void)[] = []
afterEach(() => {
  for (const one of undo.splice(0)) one()
})

/** A response whose client sent its request and then reads nothing. */
function unread(): Promise<ServerResponse> {
  return new Promise((resolve) => {
    const server = createServer((_request, response) => resolve(response))
    server.listen(0, '127.0.0.1', () => {
      const client = connect((server.address() as AddressInfo).port, '127.0.0.1', () => client.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n'))
      client.on('error', () => undefined)
      client.pause()
      undo.push(() => client.destroy(), () => void server.close())
    })
  })
}

const target: Target = targetWith()
const committed = { target, attempts: 1, wire: 'openai-chat', dropped: [] } as const
const chunk = ownPart(JSON.stringify({ model: 'm', choices: [{ index: 0, delta: { content: 'x'.repeat(1_000_000) } }] }))

it('a stream whose client stops reading is given up, and the provider with it', async () => {
  const response = await unread()
  const gone = watchClient(response)
  const context = contextOf(chatSurface, { model: 'auto', messages: [{ role: 'user', content: 'hi' }] })
  const stream = new AnswerStream({ response, surface: chatSurface, gone, describe: () => ({ headers: {}, context }), readOutMs: 50 })
  stream.begin(committed)
  for (let sent = 0; sent < 64 && !gone.aborted; sent += 1) await stream.part(chunk)
  expect([gone.aborted, response.destroyed]).toEqual([true, true])
})

it('a whole answer whose client never reads it does not stay in memory', async () => {
  const response = await unread()
  const closed = new Promise((resolve) => response.on('close', resolve))
  response.end(Buffer.alloc(32 * 1024 * 1024))
  closeUnlessRead(response, 50)
  await closed
  expect(response.writableFinished).toBe(false)
})

it('a stream that nobody can say is whole is cut, not ended', async () => {
  const response = await unread()
  const context = contextOf(chatSurface, { model: 'auto', messages: [{ role: 'user', content: 'hi' }] })
  const stream = new AnswerStream({ response, surface: chatSurface, gone: watchClient(response), describe: () => ({ headers: {}, context }) })
  stream.begin(committed)
  stream.end(undefined, undefined, undefined)
  expect([response.destroyed, response.writableEnded]).toEqual([true, false])
})
