// The least a Node gateway can do, as the measure for ours: node:http in, one undici Pool out, bytes through. Plain answers are
// read whole (faster than piping), streams are piped. It parses, counts, prices and records nothing.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream'
import { Pool } from 'undici'

const pool = new Pool(process.argv[2] ?? '', { connections: 256, headersTimeout: 0, bodyTimeout: 0 })

async function forward(request: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
  const answer = await pool.request({ path: request.url ?? '/', method: 'POST', headers: { 'content-type': 'application/json', authorization: 'Bearer bench' }, body })
  const type = String(answer.headers['content-type'])
  if (type.includes('event-stream')) {
    response.writeHead(answer.statusCode, { 'content-type': type })
    pipeline(answer.body, response, () => undefined)
    return
  }
  const bytes = Buffer.from(await answer.body.arrayBuffer())
  response.writeHead(answer.statusCode, { 'content-type': type, 'content-length': bytes.length })
  response.end(bytes)
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    forward(request, response, chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)).catch(() => response.destroy())
  })
})
// A cast to the only form that a TCP server's address has.
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit(0))
