// Starts a router: the spool and tracing first, then the route table, then the server; close() undoes it in reverse. Needs
// neither the collector nor ClickHouse nor any provider to be up.
import { randomUUID } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import type { Server } from 'node:http'
import { join, resolve } from 'node:path'
import type { Logger } from 'pino'
import type { Config } from '../core/config.ts'
import { WeighbridgeError } from '../core/errors.ts'
import { isLoopback } from '../core/host-guard.ts'
import type { KeyRing, Mount } from '../core/mount.ts'
import type { PriceBook } from '../core/prices.ts'
import type { Clock, Random } from '../core/seams.ts'
import { openSegmentedLog } from '../store/log/log.ts'
import { learningExpectedOutput } from './decide/expected-output.ts'
import type { CallDependencies, Drains } from './execute/call.ts'
import { HealthBook } from './execute/health.ts'
import { createPools } from './execute/pools.ts'
import { sendJson, sendText } from './http/answer.ts'
import { CHAT_ROUTE, chatCompletions } from './http/chat-completions.ts'
import { checkBind } from './http/guard.ts'
import { findModel, listModels } from './http/models.ts'
import { readiness, type Readiness } from './http/readiness.ts'
import { createRouterServer, type Route } from './http/server.ts'
import { Metrics } from './metrics.ts'
import { watchRoutes, type RoutesSource, type RoutesState } from './routes-source.ts'
import { startDrain } from './spans/drain.ts'
import { createSpanSpool } from './spans/span-spool.ts'
import { startTracing } from './spans/tracing.ts'

/** The configuration in force; `subscribe` is told after each change and gives back how to stop being told. */
export interface ConfigHolder {
  current(): Config
  subscribe?(onChange: (config: Config) => void): () => void
  /** Why the file as it stands is not in force; `undefined` when it is. */
  rejected?(): string | undefined
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
  /** Longest wait of an answer's last bytes for its spans to be on disk, in milliseconds. Default 20 (DESIGN §6.14). */
  readonly spansWaitMs?: number | undefined
}

export interface RunningRouter {
  readonly url: string
  readonly port: number
  readiness(): Readiness
  /** Stops taking requests, lets those under way finish (10 s), writes the spans and closes. */
  close(): Promise<void>
}

const SPANS_WAIT_MS = 20
const CLOSE_GRACE_MS = 10_000
const DRAIN_GRACE_MS = 2_000

/** Throws `bind_refused`, `port_taken` or `data_dir_locked`. */
export async function startRouter(options: RouterOptions): Promise<RunningRouter> {
  const { config, log, clock, random, keys } = options
  const started = config.current()
  const host = options.host ?? started.settings.router.host
  checkBind(host, keys)
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 })

  const metrics = new Metrics()
  const spool = await openSegmentedLog({
    dir: join(options.dataDir, 'spool'),
    maxBytes: started.settings.spool.max_bytes,
    fsync: started.settings.spool.fsync,
    whenFull: 'drop_oldest',
    log,
    clock,
  })
  const spanSpool = createSpanSpool(spool, log, (spans) => metrics.add('weighbridge_spans_lost_total', spans))
  const tracing = startTracing(spanSpool, randomUUID())
  const drain = startDrain({
    spool,
    collectorUrl: options.collectorUrl,
    collectorToken: options.collectorToken,
    rejectedPath: join(options.dataDir, 'spool-rejected.ndjson'),
    random,
    log,
    onSent: (bytes) => metrics.add('weighbridge_spool_sent_bytes_total', bytes),
    onRejected: (bytes) => metrics.add('weighbridge_spool_rejected_bytes_total', bytes),
  })
  const routes = await followRoutes(options, log)
  const health = new HealthBook()
  const pools = createPools()
  const expected = learningExpectedOutput()
  const unsubscribe = config.subscribe?.((changed) => {
    pools.keepOnly(changed.providers.values())
    routes.follow(changed)
    log.info({ config_hash: changed.hash }, 'the configuration changed')
  })

  const warnedOf = new Set<string>()
  const execute = (current: Config): CallDependencies => ({
    pools,
    health,
    drains: options.drains,
    expected,
    clock,
    random,
    log,
    maxResponseBytes: current.settings.router.max_response_bytes,
    onClaimsSimulated({ provider }) {
      if (warnedOf.has(provider.name)) return
      warnedOf.add(provider.name)
      log.warn({ provider: provider.name }, `provider ${provider.name} says its answers are simulated, but they count as real: set simulated: true on it`)
    },
    onAttempt(target, error, cost) {
      metrics.add('weighbridge_attempts_total', 1, { target: target.name, outcome: error?.code ?? 'ok' })
      if (cost.usd === undefined) metrics.add('weighbridge_unpriced_attempts_total', 1, { target: target.name })
      else metrics.add('weighbridge_cost_usd_total', cost.usd, { target: target.name })
    },
  })
  const ready = (): Readiness => readiness(config.current(), config.rejected?.(), routes.state(), health.coolingTargets(clock.monotonicMs()), spool.stats())

  const ownRoutes: Route[] = [
    {
      method: 'POST',
      path: CHAT_ROUTE,
      scope: 'in_handler',
      handle(request, response, { requestId, requireKey }) {
        const current = config.current()
        const context = { config: current, table: routes.state().table, requestId, requireKey }
        return chatCompletions({ execute: execute(current), tracer: tracing.tracer, metrics, prices: options.prices, written: () => spanSpool.written(), spansWaitMs: options.spansWaitMs ?? SPANS_WAIT_MS }, context, request, response)
      },
    },
    { method: 'GET', path: '/v1/models', scope: 'call', handle: (_request, response) => sendJson(response, 200, listModels(config.current())) },
    {
      method: 'GET',
      path: '/v1/models/',
      scope: 'call',
      handle: (_request, response, { url }) => sendJson(response, 200, findModel(config.current(), decodedName(url.pathname.slice('/v1/models/'.length)))),
    },
    { method: 'GET', path: '/healthz', scope: 'open', handle: (_request, response) => sendJson(response, 200, { status: 'ok' }) },
    {
      method: 'GET',
      path: '/readyz',
      scope: 'open',
      handle(_request, response, { requireKey }) {
        const facts = ready()
        // A load balancer needs the status; what is configured is for those who may read.
        sendJson(response, facts.ready ? 200 : 503, isLoopback(host) || mayRead(requireKey) ? facts : { ready: facts.ready })
      },
    },
    {
      method: 'GET',
      path: '/metrics',
      scope: 'read',
      handle(_request, response) {
        const stats = spool.stats()
        metrics.set('weighbridge_spool_bytes', stats.bytes)
        metrics.set('weighbridge_spool_records', stats.records)
        metrics.set('weighbridge_spool_dropped_total', stats.dropped)
        metrics.set('weighbridge_route_version', routes.state().table?.version ?? 0)
        metrics.set('weighbridge_cooling_targets', health.coolingTargets(clock.monotonicMs()).length)
        sendText(response, 200, 'text/plain; version=0.0.4', metrics.text())
      },
    },
  ]
  const server = createRouterServer({
    routes: ownRoutes,
    mounts: options.mounts,
    guard: () => ({ boundHost: host, allowedHosts: [...config.current().settings.router.allowed_hosts, ...(options.allowedHosts ?? [])], keys }),
    log,
    onRefused: (code) => metrics.add('weighbridge_requests_refused_total', 1, { code }),
  })

  const close = async (): Promise<void> => {
    unsubscribe?.()
    await closeServer(server)
    await routes.stop()
    await tracing.shutdown()
    await drain.stop(DRAIN_GRACE_MS)
    await spool.close()
    await pools.close()
  }
  try {
    const port = await listen(server, host, options.port ?? started.settings.router.port)
    const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`
    log.info({ url, tasks: started.tasks.size, targets: started.targets.size }, 'the router takes calls')
    return { url, port, readiness: ready, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The route source of the configuration in force; a changed `routes.source` is followed without a restart. */
async function followRoutes(options: RouterOptions, log: Logger): Promise<{ state(): RoutesState; follow(config: Config): void; stop(): Promise<void> }> {
  const sourceOf = (config: Config): string => {
    const source = config.settings.routes.source ?? join(options.dataDir, 'route-table.json')
    return /^https?:\/\//.test(source) ? source : resolve(source)
  }
  const watch = (source: string): Promise<RoutesSource> => watchRoutes({ source, dataDir: options.dataDir, log, ...(options.routesPollMs === undefined ? {} : { pollMs: options.routesPollMs }) })
  let followed = sourceOf(options.config.current())
  let current = await watch(followed)
  let changing = Promise.resolve()
  return {
    state: () => current.current(),
    follow(config) {
      const source = sourceOf(config)
      if (source === followed) return
      followed = source
      changing = changing.then(async () => {
        const next = await watch(source)
        await current.stop()
        current = next
      })
    },
    async stop() {
      await changing
      await current.stop()
    },
  }
}

function mayRead(requireKey: (scope: 'read') => unknown): boolean {
  try {
    requireKey('read')
    return true
  } catch {
    return false
  }
}

function decodedName(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new WeighbridgeError('bad_request', 'The model name in the path is not valid percent-encoding.', { cause })
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolvePort, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new WeighbridgeError('port_taken', `Port ${port} on ${host} is taken.`, { cause: error }) : error)
    })
    server.listen(port, host, () => {
      const address = server.address()
      resolvePort(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function closeServer(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve()
  return new Promise((done) => {
    const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
    server.close(() => {
      clearTimeout(timer)
      done()
    })
    server.closeIdleConnections()
  })
}
