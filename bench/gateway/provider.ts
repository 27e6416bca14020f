// The provider every contender stands in front of: fixed OpenAI chat bytes over bare sockets, in a process of its own. The model
// name `bench-cN-dM` asks for a stream of N chunks with M ms between them; each chunk carries the time it was sent.
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { requestReader } from './raw-http.ts'

const USAGE = { prompt_tokens: 21, completion_tokens: 40, total_tokens: 61, prompt_tokens_details: { cached_tokens: 0 }, completion_tokens_details: { reasoning_tokens: 0 } }
const HEAD = { id: 'chatcmpl-bench', created: 1_790_000_000, model: 'bench-2026', system_fingerprint: 'fp_bench' }
const TEXT = 'The scale is levelled before the truck drives on, and read once it stands still. '.repeat(3)

const plainBody = JSON.stringify({ ...HEAD, object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: TEXT, refusal: null }, logprobs: null, finish_reason: 'stop' }], usage: USAGE })
const PLAIN = Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-request-id: req_bench\r\ncontent-length: ${Buffer.byteLength(plainBody)}\r\n\r\n${plainBody}`)
const STREAM_HEAD = 'HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ntransfer-encoding: chunked\r\n\r\n'
const CHUNK = JSON.stringify({ ...HEAD, object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content: '@@' }, logprobs: null, finish_reason: null }], usage: null })
const [CHUNK_BEFORE = '', CHUNK_AFTER = ''] = CHUNK.split('@@')

function frame(data: string): string {
  const event = `data: ${data}\n\n`
  return `${Buffer.byteLength(event).toString(16)}\r\n${event}\r\n`
}
const ROLE = frame(JSON.stringify({ ...HEAD, object: 'chat.completion.chunk', choices: [{ index: 0, delta: { role: 'assistant', content: '' }, logprobs: null, finish_reason: null }], usage: null }))
const FINISH = frame(JSON.stringify({ ...HEAD, object: 'chat.completion.chunk', choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }], usage: null }))
const USAGE_EVENT = frame(JSON.stringify({ ...HEAD, object: 'chat.completion.chunk', choices: [], usage: USAGE }))
const END = `${FINISH}${USAGE_EVENT}${frame('[DONE]')}0\r\n\r\n`

/** A content chunk that says when it was sent, in microseconds of the machine's monotonic clock. */
function chunk(): string {
  return frame(`${CHUNK_BEFORE}@${process.hrtime.bigint() / 1000n} ${CHUNK_AFTER}`)
}

function stream(socket: Socket, chunks: number, delayMs: number): void {
  if (delayMs === 0) {
    // Two writes, as a server that flushes its head: the answer is not one packet, and not many either.
    socket.write(STREAM_HEAD + ROLE + chunk())
    let rest = ''
    for (let sent = 1; sent < chunks; sent += 1) rest += chunk()
    socket.write(rest + END)
    return
  }
  socket.write(STREAM_HEAD + ROLE + chunk())
  let sent = 1
  const timer = setInterval(() => {
    if (socket.destroyed) return clearInterval(timer)
    if (sent < chunks) {
      sent += 1
      socket.write(chunk())
      return
    }
    clearInterval(timer)
    socket.write(END)
  }, delayMs)
}

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy())
  socket.on(
    'data',
    requestReader((body) => {
      if (!body.includes('"stream":true')) return void socket.write(PLAIN)
      const [, chunks = '20', delayMs = '0'] = /bench-c(\d+)-d(\d+)/.exec(body.toString('latin1')) ?? []
      stream(socket, Number(chunks), Number(delayMs))
    }),
  )
})
// A cast to the only form that a TCP server's address has.
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit(0))
