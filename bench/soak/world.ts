// Everything the oracle plays with: an engine that can be killed or stopped, a relay before it, a collector and a router in
// processes of their own, a provider, and clients whose answers are debts too.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { request } from 'undici'
import { startEngine, type RunningEngine } from '../../collector/engine/start-engine.ts'
import { migrate } from '../../collector/migrate/migrate.ts'
import type { CollectorStats } from '../../collector/start.ts'
import type { Random } from '../../core/seams.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { freePort } from '../gateway/processes.ts'
import { startRelay, type Relay } from '../../test/collector/write-proxy.ts'
import type { ChildOrder } from './collector-child.ts'
import { Ledger } from './ledger.ts'
import { startSenders, type Senders } from './senders.ts'

export type WorldOptions = {
  readonly dir: string
  /** The collector's directory; default inside `dir`. A small tmpfs makes full disks real. */
  readonly collectorDir?: string | undefined
  readonly random: Random
  readonly log: Logger
  readonly senders: number
  readonly clients: number
  /** Longest pause of a sender between two batches, in milliseconds. */
  readonly pauseMs: number
}

export type World = {
  readonly ledger: Ledger
  readonly senders: Senders
  readonly engine: RunningEngine
  readonly relay: Relay
  readonly clickhouse: ClickHouse
  readonly walDir: string
  readonly journalDir: string
  readonly collectorDir: string
  /** Whole answers that clients got from the router. */
  answered(): number
  collectorPid(): number | undefined
  order(order: ChildOrder): void
  stats(): Promise<CollectorStats>
  killCollector(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>
  startCollector(): Promise<void>
  killRouter(): Promise<void>
  startRouter(): Promise<void>
  /** Clients call no more, and those under way have ended. */
  quietClients(): Promise<void>
  resumeClients(): void
  /** Bytes that wait in the router's spool. */
  spoolBytes(): Promise<number>
  close(): Promise<void>
}

/** Starts everything; the database is `weighbridge`. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { dir, random, log } = options
  const collectorDir = options.collectorDir ?? join(dir, 'collector')
  mkdirSync(collectorDir, { recursive: true })
  const engine = await startEngine({ dataDir: join(dir, 'engine'), httpPort: 0, log, maxRestarts: 100_000, quietMs: 0 })
  const migrator = createClickHouse(engine.migrator)
  await migrate(migrator)
  await migrator.close()
  const clickhouse = createClickHouse({ ...engine.writer, requestTimeoutMs: 60_000 })
  const relay = await startRelay(engine.url)
  const ledger = new Ledger()
  const port = await freePort()
  const collectorUrl = `http://127.0.0.1:${port}`
  const provider = await startProvider()

  let collector: ChildProcess | undefined
  let router: { readonly child: ChildProcess; readonly url: string } | undefined
  const startCollectorChild = async (): Promise<void> => {
    const { database, user, password } = engine.writer
    const child = fork(join(import.meta.dirname, 'collector-child.ts'), [collectorDir, String(port), relay.url, database, user, password, join(dir, 'collector.log')], { execArgv: ['--disable-warning=ExperimentalWarning'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    await started(child)
    collector = child
  }
  const startRouterChild = async (): Promise<void> => {
    const child = fork(join(import.meta.dirname, 'router-child.ts'), [provider.url, join(dir, 'router'), collectorUrl], { execArgv: ['--disable-warning=ExperimentalWarning'], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    router = { child, url: await started(child) }
  }
  await startCollectorChild()
  await startRouterChild()
  const senders = startSenders({ count: options.senders, url: () => (collector === undefined ? undefined : collectorUrl), ledger, random, pauseMs: options.pauseMs })
  const clients = startClients(options.clients, () => router?.url, ledger, options.pauseMs)

  return {
    ledger,
    senders,
    engine,
    relay,
    clickhouse,
    walDir: join(collectorDir, 'wal'),
    journalDir: join(collectorDir, 'recent'),
    collectorDir,
    answered: clients.answered,
    collectorPid: () => collector?.pid,
    order: (order) => void collector?.send(order),
    async stats() {
      if (collector === undefined) throw new Error('there is no collector to ask')
      const answer = once(collector, 'message') as Promise<[{ stats: CollectorStats }]>
      collector.send({ stats: true } satisfies ChildOrder)
      return (await answer)[0].stats
    },
    async killCollector(signal = 'SIGKILL') {
      const child = collector
      collector = undefined
      await kill(child, signal)
    },
    startCollector: startCollectorChild,
    async killRouter() {
      const child = router?.child
      router = undefined
      await kill(child, 'SIGKILL')
    },
    startRouter: startRouterChild,
    quietClients: clients.quiet,
    resumeClients: clients.resume,
    async spoolBytes() {
      const text = await (await request(`${router?.url ?? ''}/metrics`)).body.text()
      return Number(/^weighbridge_spool_bytes (\d+)/m.exec(text)?.[1])
    },
    async close() {
      await senders.stop()
      await clients.stop()
      await kill(router?.child, 'SIGKILL')
      await kill(collector, 'SIGTERM')
      await relay.close()
      await clickhouse.close()
      provider.server.close()
      provider.server.closeAllConnections()
      await engine.stop()
    },
  }
}

async function started(child: ChildProcess): Promise<string> {
  const [message] = (await Promise.race([once(child, 'message'), once(child, 'exit').then(([code]: unknown[]) => Promise.reject(new Error(`a process of the soak ended with ${String(code)} as it started`)))])) as [{ url: string }]
  return message.url
}

async function kill(child: ChildProcess | undefined, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  child.kill(signal)
  await gone
}

async function startProvider(): Promise<{ readonly url: string; readonly server: Server }> {
  const answer = JSON.stringify({ id: 'chatcmpl-soak', object: 'chat.completion', created: 1, model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: 'weighed' }, finish_reason: 'stop' }], usage: { prompt_tokens: 12, completion_tokens: 2, total_tokens: 14 } })
  const server = createServer((asked, response) => {
    asked.resume().on('end', () => response.writeHead(200, { 'content-type': 'application/json', 'content-length': answer.length, 'x-weighbridge-simulated': 'true' }).end(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  // A cast to the only form that a TCP server's address has.
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, server }
}

/** A trace of the router's, as a debt: its two spans are found by its trace id. */
export const ROUTER_DEBT = 'router:'

/** Clients of the router: an answer that came whole means that its call and its attempt are on disk. */
function startClients(count: number, url: () => string | undefined, ledger: Ledger, pauseMs: number): { answered: () => number; quiet: () => Promise<void>; resume: () => void; stop: () => Promise<void> } {
  let [answered, underWay] = [0, 0]
  let [isQuiet, isStopped] = [false, false]
  const call = async (at: string): Promise<void> => {
    try {
      const answer = await request(`${at}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'weigh this' }] }) })
      const trace = answer.headers['x-weighbridge-trace-id']
      await answer.body.text()
      if (answer.statusCode !== 200 || typeof trace !== 'string') return
      ledger.acknowledge([`${ROUTER_DEBT}call:${trace}`, `${ROUTER_DEBT}attempt:${trace}`])
      answered += 1
    } catch {
      // A router that was killed answers nobody, and owes nothing for it.
    }
  }
  const loop = async (): Promise<void> => {
    while (!isStopped) {
      const at = url()
      if (isQuiet || at === undefined) {
        await pause(10)
        continue
      }
      underWay += 1
      await call(at)
      underWay -= 1
      await pause(pauseMs)
    }
  }
  const loops = Array.from({ length: count }, loop)
  return {
    answered: () => answered,
    async quiet() {
      isQuiet = true
      while (underWay > 0) await pause(5)
    },
    resume() {
      isQuiet = false
    },
    async stop() {
      isStopped = true
      await Promise.all(loops)
    },
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
