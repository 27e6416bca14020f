// A learner over real state and a real folder, with what ClickHouse would answer held in memory and a clock that the test turns.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import type { z } from 'zod'
import type { Config } from '../../../core/config.ts'
import { effectiveRoute, parseRouteTable, type RouteTable } from '../../../core/route-table.ts'
import type { Clock } from '../../../core/seams.ts'
import type { EvalRun, TargetDay } from '../../../evals/learn/drift.ts'
import type { DrawnRow, ProductionRow } from '../../../evals/learn/evidence.ts'
import { createEventLog, type EventLog } from '../../../evals/learn/events.ts'
import { createLearner, type Learner } from '../../../evals/learn/learner.ts'
import { createPublisher, ROUTE_TABLE_FILE, type Publisher } from '../../../evals/learn/publish.ts'
import type { EvalRow } from '../../../evals/learn/samples.ts'
import type { Arm } from '../../../evals/learn/trial.ts'
import type { LogRecord } from '../../../store/otlp/logs.ts'
import type { Query } from '../../../store/queries/define.ts'
import { openState, type State } from '../../../store/state/state.ts'
import { configOf, factualRows, productionRow, taskOf } from './fixture.ts'

export const HOUR = 3_600_000

/** What is stored, as the learner's queries answer it. */
export type Stored = { evals: EvalRow[]; production: ProductionRow[]; draws: DrawnRow[]; runs: EvalRun[]; days: TargetDay[]; arms: Arm[]; lastAt: string }

export type Rig = {
  config: Config
  stored: Stored
  now: number
  collectorUp: boolean
  /** What the collector took. */
  readonly sent: LogRecord[]
  readonly asked: { readonly name: string; readonly params: Readonly<Record<string, unknown>> }[]
  readonly state: State
  readonly publisher: Publisher
  readonly events: EventLog
  readonly learner: Learner
  readonly clock: Clock
  readonly reader: { query<P extends z.ZodObject, R extends z.ZodObject>(query: Query<P, R>, params: z.input<P>): Promise<z.output<R>[]> }
  /** The table in the routers' folder. */
  table(): RouteTable
  /** The weights that a router draws by, without the canary. */
  weights(): Record<string, number>
  /** The kinds and messages of everything that was ever told, oldest first. */
  told(): { readonly kind: unknown; readonly message: unknown }[]
  /** Recommends and applies as a person does. */
  apply(): Promise<RouteTable>
  close(): void
}

/** Task simple_qa: a serves everything, b is better and cheaper; 2,000 calls a day, so that canaries can tell. */
export function makeRig(): Rig {
  const folder = mkdtempSync(join(tmpdir(), 'learner-'))
  const log = pino({ level: 'silent' })
  const clock: Clock = { nowMs: () => rig.now, monotonicMs: () => rig.now }
  const state = openState({ path: join(folder, 'state.sqlite'), clock })
  const emit = async (records: readonly LogRecord[]): Promise<void> => {
    if (!rig.collectorUp) throw new Error('connection refused')
    rig.sent.push(...records)
  }
  const reader: Rig['reader'] = {
    query: async (query, params) => {
      rig.asked.push({ name: query.name, params })
      return rowsFor(query.name, rig.stored).map((row) => query.row.parse(row))
    },
  }
  const publisher = createPublisher({ state, dataDir: folder, clock, log, emit })
  const events = createEventLog({ state, log, emit })
  const learner = createLearner({ config: () => rig.config, clickhouse: reader, state, publisher, events, clock, log })
  const table = (): RouteTable => parseRouteTable(readFileSync(join(folder, ROUTE_TABLE_FILE), 'utf8'))
  const traffic = { recent_calls: 14_000, recent_days: 7 }
  const rig: Rig = {
    config: configOf({ learning: { mode: 'auto' } }),
    stored: { evals: [...factualRows('a', 40, 60), ...factualRows('b', 80, 20)], production: [productionRow('a', 3_000, 0.008, { ...traffic, recent_usd: 112 }), productionRow('b', 300, 0.002, { recent_calls: 0, recent_usd: 0 })], draws: [], runs: [], days: [], arms: [], lastAt: '2026-02-28T00:00:00Z' },
    now: Date.parse('2026-03-01T12:00:00Z'),
    collectorUp: true,
    sent: [],
    asked: [],
    state,
    publisher,
    events,
    learner,
    clock,
    reader,
    table,
    weights: () => Object.fromEntries(effectiveRoute(rig.config, taskOf(rig.config), table()).weights),
    told: () => rig.sent.filter(({ eventName }) => eventName === 'weighbridge.learning').map(({ attributes }) => ({ kind: attributes['weighbridge.learning.kind'], message: attributes['weighbridge.learning.message'] })),
    async apply() {
      await learner.recommend()
      const pending = learner.proposal()
      if (pending === undefined) throw new Error('a recommendation was stored')
      return publisher.apply(pending)
    },
    close() {
      state.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return rig
}

function rowsFor(query: string, { evals, production, draws, runs, days, arms, lastAt }: Stored): readonly unknown[] {
  const rows = (source: string, of: readonly object[]): unknown[] => of.map((row) => ({ source, row: JSON.stringify({ ...row, last_at: lastAt }) }))
  if (query === 'learning_evidence') return [...rows('eval', evals), ...rows('production', production), ...rows('draws', draws)]
  if (query === 'eval_runs') return runs.map((run) => ({ ...run, at: new Date(run.at).toISOString() }))
  if (query === 'target_days') return days.map((day) => ({ ...day, at: new Date(day.at).toISOString() }))
  return query === 'arm_utilities' ? arms : []
}

/** Calls of one arm: so many, of so much worth each, with a spread of .1. */
export function armOf(arm: Arm['arm'], calls: number, mean: number): Arm {
  return { arm, calls, failed: 0, priced: calls, rest_mean: mean, rest_variance: 0.01, usd_mean: 0.004, observed: 0, y_mean: 0, y_variance: 0 }
}
