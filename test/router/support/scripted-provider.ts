// A provider on a real socket that does what a test's script says, request by request, and remembers what it was asked.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Asked = { readonly path: string; readonly headers: IncomingMessage['headers']; readonly body: Record<string, unknown>; readonly closed: Promise<void> }
export type Script = (response: ServerResponse, asked: Asked, count: number) => void | Promise<void>

export interface ScriptedProvider {
  readonly url: string
  readonly asked: Asked[]
  script: Script
  close(): Promise<void>
}

export async function scriptedProvider(script: Script): Promise<ScriptedProvider> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const closed = new Promise<void>((resolve) => response.on('close', resolve))
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>
      const one = { path: request.url ?? '', headers: request.headers, body, closed }
      asked.push(one)
      void provider.script(response, one, asked.length)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const provider: ScriptedProvider = {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    script,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return provider
}

export const USAGE = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100, prompt_tokens_details: { cached_tokens: 400 }, completion_tokens_details: { reasoning_tokens: 20 } }

export function answerBody(text: string, extra: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'served-model-2026',
    system_fingerprint: 'fp_1',
    choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop', logprobs: null }],
    usage: USAGE,
    ...extra,
  }
}

/** Answers every request whole. */
export function answering(text: string, extra: Record<string, unknown> = {}): Script {
  return (response) => json(response, 200, answerBody(text, extra))
}

export function failing(status: number, error: Record<string, unknown>, headers: Record<string, string> = {}): Script {
  return (response) => json(response, status, { error }, headers)
}

export function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

const chunk = (delta: Record<string, unknown>, finish: string | null = null): string =>
  `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'served-model-2026', choices: [{ index: 0, delta, finish_reason: finish }], usage: null, x_unknown: 7 })}\n\n`

/** The bytes of a short stream: role, words, finish, usage, [DONE]. */
export function streamText(words: readonly string[]): string {
  return [
    ': PROCESSING\n\n',
    chunk({ role: 'assistant', content: '' }),
    ...words.map((word) => chunk({ content: word })),
    chunk({}, 'stop'),
    `data: ${JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'served-model-2026', choices: [], usage: USAGE })}\n\n`,
    'data: [DONE]\n\n',
  ].join('')
}

export function streaming(words: readonly string[]): Script {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(streamText(words))
  }
}

/** Sends only the first bytes of a body, then breaks the connection. */
export function cutAfter(bytes: Buffer, length: number): Script {
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.flushHeaders()
    if (length === 0) return void response.socket?.destroy()
    response.write(bytes.subarray(0, length), () => response.socket?.end(() => response.socket?.destroy()))
  }
}

export const hanging: Script = () => undefined
export const resetting: Script = (response) => void response.socket?.resetAndDestroy()
