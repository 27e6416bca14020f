// Starts the embedded ClickHouse, watches it, and stops it. In: a directory and a port. Out: addresses with accounts.
// It writes only into that directory, and touches nothing of an engine that already holds it.
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { WeighbridgeError } from '../../core/errors.ts'
import { systemClock, type Clock } from '../../core/seams.ts'
import { createClickHouse, type ClickHouseAddress } from '../../store/clickhouse/clickhouse.ts'
import type { EngineConfig } from './engine-config.ts'
import { removeOldConfigs, removeSystemTables, writeConfig } from './engine-directory.ts'
import { engineLibrary } from './engine-library.ts'
import { freePort, spawnEngine, startFailure, type EngineProcess } from './engine-process.ts'
import { superviseEngine } from './supervise.ts'

export type EngineOptions = {
  /** The engine's own directory; made if absent. One engine at a time. */
  readonly dataDir: string
  /** Port on 127.0.0.1; 0 picks a free one. */
  readonly httpPort: number
  readonly log: Logger
  /** Databases the accounts may use, the first being the one in the addresses; default `weighbridge`. */
  readonly databases?: readonly [string, ...string[]]
  /** Password of `reader`; default none, so that a person or Grafana on this machine can read. */
  readonly readerPassword?: string
  /** Default 4,000,000,000. */
  readonly maxMemoryBytes?: number
  /** Deaths without ten quiet minutes between them after which it is given up; default 8. */
  readonly maxRestarts?: number
  /** An engine that lived this long, in milliseconds, has its deaths counted from one again; default ten minutes. */
  readonly quietMs?: number
  readonly clock?: Clock
  /** Port of the native protocol on 127.0.0.1, by which servers of a cluster reach each other; default none. */
  readonly tcpPort?: number
  /** Further elements of the server's configuration, as XML. */
  readonly moreXml?: string
  /** The library to load; default: the one installed for this machine. */
  readonly library?: string
}

/** An engine that serves. */
export interface RunningEngine {
  readonly url: string
  readonly port: number
  /** Server version, e.g. 26.7.2.1 */
  readonly version: string
  /** May change the schema. */
  readonly migrator: ClickHouseAddress
  /** May insert, read, and kill its own kind of query. */
  readonly writer: ClickHouseAddress
  /** May read everything but captured text. */
  readonly reader: ClickHouseAddress
  /** May read captured text, and nothing else. */
  readonly contentReader: ClickHouseAddress
  /** Process id of the current child; `undefined` between two of them. */
  pid(): number | undefined
  /** How often it was started again after it died unasked. */
  restarts(): number
  /** Calls back once if the engine is given up after too many deaths; never after `stop`. */
  onExit(listener: (error: WeighbridgeError) => void): void
  /** Ends it (SIGTERM, after 5 s SIGKILL); safe to call twice. */
  stop(): Promise<void>
}

const READY_MS = 30_000
const READY_POLL_MS = 15
/** An engine whose parent was killed may take 5.2 s to go while connections are open. */
const ORPHAN_MS = 6_000
const ORPHAN_POLL_MS = 200
const PORT_TRIES = 5

/**
 * Starts the engine and resolves once it answers an authenticated query. It dies with this process, and is started again
 * on the same port when it dies alone. Throws `engine_unsupported`, `data_dir_locked` (after waiting 6 s for an orphan to
 * go), `port_taken` or `engine_failed`.
 */
export async function startEngine(options: EngineOptions): Promise<RunningEngine> {
  const { log } = options
  const clock = options.clock ?? systemClock
  const library = options.library ?? engineLibrary()
  const directory = resolve(options.dataDir)
  const databases = options.databases ?? ['weighbridge']
  for (const database of databases) {
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(database)) throw new WeighbridgeError('config_invalid', `Not a database name for the embedded engine: ${database}`)
  }
  const config: EngineConfig = {
    directory,
    databases,
    migrator: { user: 'migrator', password: randomPassword() },
    writer: { user: 'writer', password: randomPassword() },
    reader: { user: 'reader', password: options.readerPassword ?? '' },
    contentReader: { user: 'content_reader', password: randomPassword() },
    maxMemoryBytes: options.maxMemoryBytes ?? 4_000_000_000,
    moreXml: options.moreXml,
  }
  const configDirectory = await writeConfig(config)

  const startOnce = async (httpPort: number): Promise<{ child: EngineProcess; version: string }> => {
    await removeSystemTables(directory)
    const child = spawnEngine({ library, directory, configFile: join(configDirectory, 'config.xml'), httpPort, tcpPort: options.tcpPort })
    try {
      return { child, version: await untilReady(child, { directory, httpPort, writer: config.writer, clock }) }
    } catch (error) {
      await child.stop(0)
      throw error
    }
  }

  const startFirst = async (): Promise<{ child: EngineProcess; version: string; port: number }> => {
    const orphanDeadline = clock.monotonicMs() + ORPHAN_MS
    for (let tries = 1; ; tries += 1) {
      const port = options.httpPort === 0 ? await freePort() : options.httpPort
      try {
        return { ...(await startOnce(port)), port }
      } catch (error) {
        const code = error instanceof WeighbridgeError ? error.code : undefined
        const orphanMayGo = code === 'data_dir_locked' && clock.monotonicMs() < orphanDeadline
        const otherPort = code === 'port_taken' && options.httpPort === 0 && tries < PORT_TRIES
        if (!orphanMayGo && !otherPort) throw error
        if (orphanMayGo) await delay(ORPHAN_POLL_MS)
      }
    }
  }

  let started: Awaited<ReturnType<typeof startFirst>>
  try {
    started = await startFirst()
  } catch (error) {
    await rm(configDirectory, { recursive: true, force: true })
    throw error
  }
  await removeOldConfigs(directory, configDirectory)
  const { port, version } = started
  const url = `http://127.0.0.1:${port}`
  const address = (account: { user: string; password: string }): ClickHouseAddress => ({ url, database: databases[0], ...account })

  const supervisor = superviseEngine(started.child, async () => (await startOnce(port)).child, { log, clock, maxRestarts: options.maxRestarts, quietMs: options.quietMs })

  return {
    url,
    port,
    version,
    migrator: address(config.migrator),
    writer: address(config.writer),
    reader: address(config.reader),
    contentReader: address(config.contentReader),
    pid: supervisor.pid,
    restarts: supervisor.restarts,
    onExit: supervisor.onGivenUp,
    async stop() {
      await supervisor.stop()
      await rm(configDirectory, { recursive: true, force: true })
    },
  }
}

// Hexadecimal, so that it needs no escaping in XML, in a URL or in a header.
const randomPassword = (): string => randomBytes(24).toString('hex')

type ReadyContext = { readonly directory: string; readonly httpPort: number; readonly writer: { user: string; password: string }; readonly clock: Clock }

/** Asks until the engine answers this start's own password: anything else on the port is a stranger. */
async function untilReady(child: EngineProcess, { directory, httpPort, writer, clock }: ReadyContext): Promise<string> {
  const probe = createClickHouse({ url: `http://127.0.0.1:${httpPort}`, database: 'default', ...writer, requestTimeoutMs: 5_000, maxConnections: 1 })
  const deadline = clock.monotonicMs() + READY_MS
  try {
    for (;;) {
      const answer = await probe.ping().catch(() => undefined)
      const exit = child.exit()
      if (exit !== undefined) throw startFailure(exit, { directory, httpPort })
      if (answer !== undefined) return answer
      if (clock.monotonicMs() > deadline) throw new WeighbridgeError('engine_failed', `The embedded ClickHouse did not answer within ${READY_MS} ms`)
      await delay(READY_POLL_MS)
    }
  } finally {
    await probe.close()
  }
}
