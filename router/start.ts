// Starts a router: the spool and tracing first, then the route table, then the server; close() undoes it in reverse. Needs
// neither the collector nor ClickHouse nor any provider to be up.
import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import type { Config, Target } from '../core/config.ts'
import { isLoopback } from '../core/host-guard.ts'
import type { CallExplanation, ExplainRequest } from '../core/explanation.ts'
import type { KeyRing, Mount } from '../core/mount.ts'
import type { PriceNotice, RouterOperations } from '../core/operations.ts'
import type { PriceBook } from '../core/prices.ts'
import type { Clock, Random } from '../core/seams.ts'
import { openBudgetBook } from '../store/state/budgets.ts'
import { CallParts, emptyBooks } from './call-parts.ts'
import type { Drains } from './execute/call.ts'
import { createPools } from './execute/pools.ts'
import { standingAgainst } from './execute/standing.ts'
import { explainRequestWith, type ExplainParts } from './explain.ts'
import { followRoutes } from './follow-routes.ts'
import { keepExpectations } from './kept-expectations.ts'
import { checkBind, type GuardSettings } from './http/guard.ts'
import { closeServer, listen } from './http/listening.ts'
import { readiness, type Readiness } from './http/readiness.ts'
import { ownRoutes } from './http/routes.ts'
import { createRouterServer } from './http/server.ts'
import { limitGauges } from './limits/gauges.ts'
import { Limits } from './limits/limits.ts'
import type { AskPrimary } from './limits/lease-line.ts'
import { Metrics } from './metrics.ts'
import { routerOperations } from './operations.ts'
import { parseTraceparent } from './spans/traceparent.ts'
import { createSignalBook } from './signals/signal-book.ts'
import { startTelemetry } from './telemetry.ts'

/** The configuration in force; `subscribe` is told after each change and gives back how to stop being told. */
export interface ConfigHolder {
  current(): Config
  subscribe?(onChange: (config: Config) => void): () => void
  /** Why the file as it stands is not in force; `undefined` when it is. */
  rejected?(): string | undefined
  /** Price changes noticed since the start, newest first. */
  priceNotices?(): readonly PriceNotice[]
  /** Is told what a provider reported for an attempt, beside what our price makes of the same usage. */
  costSeen?(target: Target, reportedUsd: number, pricedUsd: number): void
}

export type RouterOptions = {
  readonly config: ConfigHolder
  /** Holds the spool and the route table. */
  readonly dataDir: string
  /** Base address of the collector, e.g. http://127.0.0.1:4318. */
  readonly collectorUrl: string
  /** Bearer token of a collector that wants one. */
  readonly collectorToken?: string | undefined
  readonly keys?: KeyRing | undefined
  readonly mounts: readonly Mount[]
  /** Prices `provider/model` names that no target configures; without it they are unpriced. */
  readonly prices?: PriceBook | undefined
  readonly drains?: Drains | undefined
  /** How the primary is asked for slices of its budgets; left out: this router has the whole budgets. */
  readonly askPrimary?: AskPrimary | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** Address to bind. Default: config router.host. */
  readonly host?: string | undefined
  /** Host names to answer to besides those of the config. */
  readonly allowedHosts?: readonly string[]
  /** Default: config router.port (0: any free one). */
  readonly port?: number | undefined
  /** How often a route table file or URL is looked at, in milliseconds. Default 500 (file), 5,000 (URL). */
  readonly routesPollMs?: number | undefined
  /** The installation's secret for fingerprints, at least 16 bytes, the same in all its routers; `undefined`: none are made. */
  readonly signalSecret?: string | undefined
  /** Longest wait of an answer's last bytes for its spans to be on disk, in milliseconds. Default 20 (DESIGN §6.14). */
  readonly spansWaitMs?: number | undefined
}

export interface RunningRouter {
  readonly url: string
  readonly port: number
  readiness(): Readiness
  /** How targets stand and where traffic goes now, for operators. */
  operations(): RouterOperations
  /** Budgets and what keys may do. */
  readonly limits: Limits
  /** Where a call would go at this moment, and why. Throws what the call would be refused with. */
  explain(request: ExplainRequest): CallExplanation
  /** This router's counters; whoever composes it may count there too. */
  readonly metrics: Metrics
  /** Stops taking requests, lets those under way finish (10 s), writes the spans and closes. */
  close(): Promise<void>
}

const SPANS_WAIT_MS = 20
const DRAIN_GRACE_MS = 2_000
/** Longest wait for calls whose clients were cut off to write their spans. */
const CALLS_END_MS = 2_000

/** Throws `bind_refused`, `port_taken` or `data_dir_locked`. */
export async function startRouter(options: RouterOptions): Promise<RunningRouter> {
  const { config, log, clock, random, keys } = options
  const started = config.current()
  const host = options.host ?? started.settings.router.host
  checkBind(host, keys)
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 })

  const metrics = new Metrics()
  const telemetry = await startTelemetry({ ...options, settings: started.settings.spool, capture: started.settings.capture, instanceId: randomUUID(), metrics })
  const book = createSignalBook({ maxBytes: started.settings.signals.memory_bytes, clock, secret: started.settings.signals.fingerprints ? options.signalSecret : undefined })
  const routes = await followRoutes({ config: started, dataDir: options.dataDir, log, pollMs: options.routesPollMs })
  const books = emptyBooks(options.drains)
  const limits = new Limits({
    book: openBudgetBook(join(options.dataDir, 'budgets.sqlite')),
    config: () => config.current(),
    askPrimary: options.askPrimary,
    expected: books.expected,
    metrics,
    clock,
    log,
  })
  const kept = await keepExpectations(books.expected, options.dataDir, log)
  const pools = createPools()
  const calls = new CallParts({
    books,
    pools,
    metrics,
    spans: telemetry.spans,
    prices: options.prices,
    clock,
    random,
    log,
    limits,
    written: () => telemetry.written(options.spansWaitMs ?? SPANS_WAIT_MS),
    signals: { book, outbox: telemetry.outbox, metrics },
    capture: telemetry.capture,
    costSeen: config.costSeen === undefined ? undefined : (...seen) => config.costSeen?.(...seen),
  })
  const unsubscribe = config.subscribe?.((changed) => {
    pools.keepOnly(changed.providers.values())
    books.traffic.keepOnly(new Set(changed.targets.keys()))
    routes.follow(changed)
    log.info({ config_hash: changed.hash }, 'the configuration changed')
  })
  const ready = (): Readiness => readiness(config.current(), config.rejected?.(), routes.state(), books.health.coolingTargets(clock.monotonicMs()), telemetry.stats())
  const operations = (): RouterOperations => routerOperations({ ...books, config: config.current(), table: routes.state().table, spool: telemetry.stats(), nowMs: clock.monotonicMs(), wallMs: clock.nowMs() })
  const foresee =
    (current: Config): ExplainParts['limits'] =>
    (facts, { key, body, headers: given }) =>
      limits.foreseen({ config: current, key: key === undefined ? undefined : keys?.byId?.(key), facts, traceId: parseTraceparent(given['traceparent'])?.traceId, native: body ?? {} })
  const explain = (request: ExplainRequest): CallExplanation => {
    const current = config.current()
    const { rules, sessions, execute, prices } = calls.under(current)
    return explainRequestWith({ config: current, table: routes.state().table, rules, sessions, expected: execute.expected, prices, standing: (lastResort) => (target) => standingAgainst(execute, target, clock.monotonicMs(), true, lastResort), limits: foresee(current) }, request)
  }
  let guarded: { readonly config: Config; readonly settings: GuardSettings } | undefined
  const guardUnder = (current: Config): GuardSettings => {
    if (guarded?.config !== current) guarded = { config: current, settings: { boundHost: host, allowedHosts: [...current.settings.router.allowed_hosts, ...(options.allowedHosts ?? [])], keys } }
    return guarded.settings
  }
  const countPrices = priceCounter(config, metrics)
  const metricsText = (): string => {
    const stats = telemetry.stats()
    const remembered = book.counts()
    countPrices()
    limitGauges(limits, config.current(), keys, metrics, clock.nowMs())
    metrics.set('weighbridge_spool_bytes', stats.bytes)
    metrics.set('weighbridge_content_spool_bytes', telemetry.contentStats().bytes)
    metrics.set('weighbridge_spool_records', stats.records)
    metrics.set('weighbridge_spool_dropped_total', stats.dropped)
    metrics.set('weighbridge_signal_memory_bytes', remembered.bytes)
    metrics.set('weighbridge_signal_memory_evicted_total', remembered.evicted)
    metrics.set('weighbridge_route_version', routes.state().table?.version ?? 0)
    metrics.set('weighbridge_calls_under_way', calls.underWay.count())
    metrics.set('weighbridge_cooling_targets', books.health.coolingTargets(clock.monotonicMs()).length)
    return metrics.text()
  }
  const server = createRouterServer({
    routes: ownRoutes({ config: () => config.current(), table: () => routes.state().table, parts: (current) => calls.under(current), ready, isOpen: isLoopback(host), metricsText }),
    mounts: options.mounts,
    guard: () => guardUnder(config.current()),
    log,
    onRefused: (code) => metrics.add('weighbridge_requests_refused_total', 1, { code }),
  })

  const close = async (): Promise<void> => {
    unsubscribe?.()
    await closeServer(server, config.current().settings.router.shutdown_ms)
    await calls.underWay.idle(CALLS_END_MS)
    await limits.close()
    await routes.stop()
    await kept.stop()
    await telemetry.close(DRAIN_GRACE_MS)
    await pools.close()
  }
  try {
    const port = await listen(server, host, options.port ?? started.settings.router.port)
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
    log.info({ url, tasks: started.tasks.size, targets: started.targets.size }, 'the router takes calls')
    return { url, port, readiness: ready, operations, explain, limits, metrics, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Counts each price change that was noticed since it last looked. */
function priceCounter(config: ConfigHolder, metrics: Metrics): () => void {
  let counted: PriceNotice | undefined
  return () => {
    const notices = config.priceNotices?.() ?? []
    for (const notice of notices) {
      if (notice === counted) break
      metrics.add('weighbridge_price_changes_total', 1, { target: notice.target })
    }
    counted = notices[0] ?? counted
  }
}
