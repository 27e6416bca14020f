// Where a night takes place: in a stack of its own (standalone), beside a deployment (attached: its collector, a read-only ClickHouse), or
// in a router that runs already. Each gives the job the same things: a router, a collector, evidence, and the version in force.
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { Config } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { parseRouteTable, type RouteTable } from '../../core/route-table.ts'
import { systemClock } from '../../core/seams.ts'
import { readCalibrations } from '../../evals/labels/calibrations.ts'
import { createEventLog } from '../../evals/learn/events.ts'
import { createLearner } from '../../evals/learn/learner.ts'
import { createPublisher } from '../../evals/learn/publish.ts'
import { recommendationSchema, type Recommendation } from '../../evals/learn/recommendation.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { resultsStored } from '../../store/queries/eval-runs.ts'
import { routeVersions } from '../../store/queries/routes.ts'
import { z } from 'zod'
import { openStateIn, type Base } from '../compose/base.ts'
import { clickhouseServer } from '../compose/clickhouse-server.ts'
import { startCollecting } from '../compose/collecting.ts'
import { emitter } from '../compose/emit.ts'
import { routerClientAt } from '../compose/router-client.ts'
import { startRouting } from '../compose/routing.ts'
import { startStorage } from '../compose/storage.ts'
import type { NightlyMode } from '../../evals/nightly/outcome.ts'
import type { Emit } from './send-results.ts'

export type NightlyWorld = {
  readonly mode: NightlyMode
  readonly routerUrl: string
  readonly apiKey: string | undefined
  readonly emit: Emit
  /** Reads the evidence. */
  readonly reader: Pick<ClickHouse, 'query'>
  /** The table in force; undefined: configured weights, or unknown where somebody else publishes. */
  readonly live: RouteTable | undefined
  /** Resolves when what was sent so far can be read, where that can be told. */
  readonly settled: () => Promise<void>
  /** Whether so many results of the run are stored; waits for what is under way. */
  readonly arrived: (runId: string, results: number) => Promise<boolean>
  /** What the evidence says, with the table that would follow; undefined table: it moves nothing, or a person applies it there. */
  readonly recommend: () => Promise<{ readonly recommendation: Recommendation; readonly next: RouteTable | undefined }>
}

/** How long results may take to a deployment's database. */
const ARRIVAL_MS = 120_000
const LOOK_EVERY_MS = 500
/** Ports nobody else uses: any free one. */
const ANY_PORT = 0

/** A stack of its own: embedded engine, collector, router. `live`: the table that the repository has. `evalsDir`: where the runs are. */
export async function standaloneWorld(base: Base, live: RouteTable | undefined, evalsDir: string): Promise<NightlyWorld> {
  const storage = await startStorage(base, ANY_PORT)
  const collector = await startCollecting(base, storage, { port: ANY_PORT })
  const reader = readerOf(base, createClickHouse(storage.reader))
  const learning = startLearning(base, reader, live, evalsDir)
  const router = await startRouting(base, { collectorUrl: collector.url, state: learning.state, bind: { port: ANY_PORT, host: '127.0.0.1' }, mounts: [], primary: true })
  return {
    mode: 'standalone',
    routerUrl: router.url,
    apiKey: undefined,
    emit: emitter(collector.url, base.env),
    reader,
    live,
    settled: () => collector.settled(),
    arrived: async (runId, results) => {
      await collector.settled()
      return await countReaches(reader, runId, results)
    },
    recommend: learning.recommend,
  }
}

/** A router of its own at a deployment's collector and database. Throws `config_invalid` without a database. */
export async function attachedWorld(base: Base, collectorUrl: string, evalsDir: string): Promise<NightlyWorld> {
  const server = clickhouseServer(base.holder.current(), base.env)
  if (server === undefined) throw new WeighbridgeError('config_invalid', 'An attached night reads its evidence from a deployment, and no ClickHouse is named.', { remedy: 'Set CLICKHOUSE_URL (a reading account is enough), or run standalone.' })
  const reader = readerOf(base, createClickHouse(server.reader))
  const live = await liveVersion(reader)
  const learning = startLearning(base, reader, live, evalsDir)
  const router = await startRouting(base, { collectorUrl, state: learning.state, bind: { port: ANY_PORT, host: '127.0.0.1' }, mounts: [], primary: true })
  return { mode: 'attached', routerUrl: router.url, apiKey: undefined, emit: emitter(collectorUrl, base.env), reader, live, settled, arrived: (runId, results) => countReaches(reader, runId, results), recommend: learning.recommend }
}

/** The router that runs on this data directory already: what it recommends waits there for a person, or is published by it. */
export function runningWorld(plan: { readonly routerUrl: string; readonly apiKey: string | undefined; readonly emit: Emit; readonly reader: Pick<ClickHouse, 'query'> }): NightlyWorld {
  return {
    mode: 'running',
    ...plan,
    live: undefined,
    settled,
    arrived: (runId, results) => countReaches(plan.reader, runId, results),
    recommend: async () => {
      const answer = await routerClientAt(plan.routerUrl, plan.apiKey).post('/admin/routes/recommend', {}, z.looseObject({ recommendation: recommendationSchema }))
      return { recommendation: answer.recommendation, next: undefined }
    },
  }
}

/** Somebody else's collector says nothing; what earlier nights sent has long arrived. */
const settled = (): Promise<void> => Promise.resolve()

/** The newest published table of real targets; undefined: configured weights. */
export async function liveVersion(reader: Pick<ClickHouse, 'query'>): Promise<RouteTable | undefined> {
  const [newest] = await reader.query(routeVersions, { simulated: false, from: new Date(0), to: new Date(systemClock.nowMs() + 86_400_000) })
  return newest === undefined ? undefined : parseRouteTable(newest.table_json)
}

function readerOf(base: Base, clickhouse: ClickHouse): ClickHouse {
  return base.stack.add('reader', clickhouse, () => clickhouse.close())
}

/** A learner on an empty state of its own that takes the live table for its past. What it publishes stays here: the pull request carries it. */
function startLearning(base: Base, reader: Pick<ClickHouse, 'query'>, live: RouteTable | undefined, evalsDir: string) {
  const { dataDir, holder, log } = base
  const state = openStateIn(base)
  if (live !== undefined) state.publications.adopt(live, { action: 'apply', author: live.author, publishedAt: Date.parse(live.created_at) })
  const publisher = createPublisher({ state, dataDir, clock: systemClock, log: quiet(log), emit: () => Promise.resolve() })
  const events = createEventLog({ state, log: quiet(log), emit: () => Promise.resolve() })
  const config = (): Config => holder.current()
  const recommend = async (): Promise<{ recommendation: Recommendation; next: RouteTable | undefined }> => {
    const calibrations = await readCalibrations(evalsDir, config())
    const learner = createLearner({ config, clickhouse: reader, state, publisher, events, clock: systemClock, log, calibrations: () => calibrations })
    const recommendation = await learner.recommend({})
    const proposal = learner.proposal(recommendation.id)
    if (proposal === undefined || Object.keys(proposal.routes).length === 0) return { recommendation, next: undefined }
    return { recommendation, next: await publisher.apply(proposal, { author: 'nightly' }) }
  }
  return { state, recommend }
}

const quiet = (log: Logger): Logger => log.child({ part: 'nightly' })

async function countReaches(reader: Pick<ClickHouse, 'query'>, runId: string, results: number): Promise<boolean> {
  const deadline = systemClock.monotonicMs() + ARRIVAL_MS
  for (;;) {
    const [row] = await reader.query(resultsStored, { run_id: runId })
    if ((row?.n ?? 0) >= results) return true
    if (systemClock.monotonicMs() > deadline) return false
    await delay(LOOK_EVERY_MS)
  }
}
