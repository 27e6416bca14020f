// A provider for benches of replay: answers after a fixed time, lets so many calls a second through and says 429 to the rest, as hosted
// APIs do. Counts what it let through and what it refused.
import { createServer, type Server } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

export type PacedProvider = { readonly url: string; readonly served: () => number; readonly refused: () => number; close(): Promise<void> }

const ANSWER = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'I do not know.' } }],
  usage: { prompt_tokens: 40, completion_tokens: 6, total_tokens: 46 },
})

/** `perSecond` undefined: no limit; `burst` calls may come at once. */
export async function startPacedProvider(options: { readonly latencyMs: number; readonly perSecond?: number; readonly burst?: number }): Promise<PacedProvider> {
  const { latencyMs, perSecond = Infinity, burst = 1 } = options
  let credit = burst
  let at = performance.now()
  let served = 0
  let refused = 0
  const server: Server = createServer((request, response) => {
    request.resume()
    request.on('end', () => {
      const now = performance.now()
      credit = perSecond === Infinity ? burst : Math.min(burst, credit + ((now - at) * perSecond) / 1_000)
      at = now
      if (credit < 1) {
        refused += 1
        response.writeHead(429, { 'content-type': 'application/json', 'retry-after-ms': String(Math.ceil((1_000 * (1 - credit)) / perSecond)), 'retry-after': '1' })
        response.end(JSON.stringify({ error: { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' } }))
        return
      }
      if (perSecond !== Infinity) credit -= 1
      void delay(latencyMs).then(() => {
        served += 1
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(ANSWER)
      })
    })
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  return {
    url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`,
    served: () => served,
    refused: () => refused,
    close: () => new Promise((closed) => server.close(() => closed())),
  }
}
