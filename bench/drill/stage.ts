// The stage of the drill: two providers (the first can be hung), a black hole where ClickHouse and the collector should be, routers in
// processes of their own, and commands run as a person runs them.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createHttpServer, type ServerResponse } from 'node:http'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const MAIN = resolve(import.meta.dirname, '../../cli/main.ts')
const WORDS = ['Two ', 'trucks ', 'on ', 'the ', 'scale.']

/** A provider that streams a short answer with its name in it, and can be hung. */
export type StagedProvider = {
  readonly url: string
  /** Takes requests and never answers while true. */
  hung: boolean
  /** When each request came (monotonic ms), and which router it came from. */
  readonly asked: { readonly atMs: number; readonly router: string }[]
  close(): void
}

export async function stagedProvider(name: string): Promise<StagedProvider> {
  const server = createHttpServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      // A cast to the two members that the drill's own callers send.
      const body = JSON.parse(Buffer.concat(chunks).toString()) as { user?: string; stream?: boolean }
      provider.asked.push({ atMs: performance.now(), router: body.user ?? '' })
      if (!provider.hung) answerStream(response, name)
    })
  })
  const provider: StagedProvider = { url: `${await listen(server)}/v1`, hung: false, asked: [], close: () => end(server, () => server.closeAllConnections()) }
  return provider
}

function answerStream(response: ServerResponse, name: string): void {
  const chunk = (delta: object, finish: string | null): string => `data: ${JSON.stringify({ id: 'chatcmpl-d', object: 'chat.completion.chunk', created: 1, model: name, choices: [{ index: 0, delta, finish_reason: finish }] })}\n\n`
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  response.end(`${chunk({ role: 'assistant', content: `${name}: ` }, null)}${WORDS.map((content) => chunk({ content }, null)).join('')}${chunk({}, 'stop')}data: ${JSON.stringify({ id: 'chatcmpl-d', object: 'chat.completion.chunk', created: 1, model: name, choices: [], usage: { prompt_tokens: 20, completion_tokens: 8, total_tokens: 28 } })}\n\ndata: [DONE]\n\n`)
}

/** An address that takes connections and never says a word. */
export async function blackHole(): Promise<{ readonly url: string; close(): void }> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  const url = await listen(server)
  return {
    url,
    close: () =>
      end(server, () => {
        for (const socket of sockets) socket.destroy()
      }),
  }
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A cast to the only form that a TCP server's address has.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function end(server: Server, hangUp: () => void): void {
  server.close()
  hangUp()
}

/** A router in a process of its own. */
export type StagedRouter = { readonly name: string; readonly dataDir: string; readonly url: string; readonly process: ChildProcess }

export type Ground = { readonly dir: string; readonly env: Readonly<Record<string, string>> }

/** Starts `weighbridge router` and waits until its note says where it is. */
export async function startRouter(ground: Ground, name: string, words: readonly string[]): Promise<StagedRouter> {
  const dataDir = join(ground.dir, name)
  const note = join(dataDir, 'running.json')
  rmSync(note, { force: true })
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'router', '--data', dataDir, ...words], { cwd: ground.dir, env: ground.env, stdio: ['ignore', 'ignore', 'inherit'] })
  while (!existsSync(note)) {
    if (child.exitCode !== null) throw new Error(`router ${name} ended with ${child.exitCode}`)
    await delay(10)
  }
  // A cast to what the router writes there (cli/compose/running.ts).
  const { router } = JSON.parse(readFileSync(note, 'utf8')) as { router: string }
  return { name, dataDir, url: router, process: child }
}

/** Ends a router and waits until it is gone. */
export async function stopRouter(router: StagedRouter, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (router.process.exitCode !== null || router.process.signalCode !== null) return
  const gone = once(router.process, 'exit')
  router.process.kill(signal)
  await gone
}

export type Command = { readonly out: string; readonly code: number | null; readonly startedMs: number; readonly ms: number }

/** Runs a command in a process of its own, start of the process included in its time. */
export async function runCommand(ground: Ground, words: readonly string[]): Promise<Command> {
  const startedMs = performance.now()
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, ...words], { cwd: ground.dir, env: ground.env, stdio: ['ignore', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { out: Buffer.concat(chunks).toString(), code, startedMs, ms: performance.now() - startedMs }
}
