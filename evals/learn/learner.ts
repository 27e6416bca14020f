// Reads the evidence, weighs it, stores what it would change. The I/O edge of learning: queries in, a pending
// recommendation out. It never publishes what a person has not asked for, unless `auto` allows it task by task.
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Config, Task } from '../../core/config.ts'
import { candidateNames } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { contentHash } from '../../core/hash.ts'
import type { PriceNotice } from '../../core/operations.ts'
import { BY_THE_CLOCK } from '../../core/price-watch.ts'
import { effectiveRoute } from '../../core/route-table.ts'
import type { Clock } from '../../core/seams.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { evalEvidence, productionEvidence } from '../../store/queries/evidence.ts'
import type { Publication } from '../../store/state/publications.ts'
import type { State } from '../../store/state/state.ts'
import { FAULT_CODES, gatherEvidence, type Calibration, type EvidenceRows } from './evidence.ts'
import type { Publisher } from './publish.ts'
import { recommendTask } from './recommend.ts'
import { proposalSchema, type Proposal, type Recommendation } from './recommendation.ts'
import { LEARNING_RULES, type LearningRules } from './rules.ts'

export type LearnerOptions = {
  readonly config: () => Config
  /** Reads as the read-only account. */
  readonly clickhouse: Pick<ClickHouse, 'query'>
  readonly state: State
  readonly publisher: Publisher
  readonly clock: Clock
  readonly log: Logger
  /** Estimates from labelled rows, for graders with known error. */
  readonly calibrations?: () => readonly Calibration[]
  readonly rules?: LearningRules
  /** Price changes noticed since the start, newest first; one since a task's last publish lifts its once-a-day limit. */
  readonly priceNotices?: () => readonly PriceNotice[]
}

export type RecommendRequest = {
  /** Which tasks; `undefined` or empty: all on one side of the divide. */
  readonly tasks?: readonly string[] | undefined
  /** Which side; `undefined`: the side of the named tasks, or real ones where there are any. */
  readonly simulated?: boolean | undefined
}

export interface Learner {
  /**
   * Weighs the evidence now and stores the recommendation as the pending one. Throws `unknown_task`, `bad_request` when the
   * named tasks are of both sides, and what the queries throw.
   */
  recommend(request?: RecommendRequest): Promise<Recommendation>
  /** The pending recommendation with what applying it publishes; by id, also one that is no longer pending. */
  proposal(id?: string): Proposal | undefined
  /** In `auto`: recommends and publishes what needs no person, step-limited; `undefined` when nothing does. */
  cycle(): Promise<number | undefined>
  /** After a price change: a cycle in `auto`; elsewhere the pending recommendation, if there is one, is worked out again. */
  repriced(): Promise<number | undefined>
}

export function createLearner(options: LearnerOptions): Learner {
  const { state, clock, log } = options
  const rules = options.rules ?? LEARNING_RULES

  const readEvidence = async (config: Config, simulated: boolean): Promise<EvidenceRows> => {
    const { evals: evalDays, production: productionDays } = config.settings.learning.half_life_days
    const to = new Date(clock.nowMs())
    const window = (halfLifeDays: number) => ({ simulated, from: new Date(to.getTime() - rules.halfLivesRead * halfLifeDays * 86_400_000), to, half_life_days: halfLifeDays })
    const [evals, production] = await Promise.all([
      options.clickhouse.query(evalEvidence, window(evalDays)),
      options.clickhouse.query(productionEvidence, { ...window(productionDays), fault_codes: [...FAULT_CODES] }),
    ])
    return { simulated, evals, production, calibrations: options.calibrations?.() ?? [] }
  }

  const propose = async (request: RecommendRequest): Promise<Proposal> => {
    const config = options.config()
    const { tasks, simulated } = chooseTasks(config, request)
    const rows = await readEvidence(config, simulated)
    const history = state.publications.history()
    const current = history[0]?.table
    const now = clock.nowMs()
    const outcomes = tasks.map((task) =>
      recommendTask(gatherEvidence(config, task, rows), {
        config,
        route: effectiveRoute(config, task, current),
        parent: current?.version ?? 0,
        situation: situationOf(task.name, history, now, repricedAt(config, task, options.priceNotices?.() ?? [])),
        rules,
      }),
    )
    return {
      recommendation: {
        id: `rec_${randomUUID().slice(0, 8)}`,
        created_at: new Date(now).toISOString(),
        expires_at: new Date(now + rules.expiresAfterMs).toISOString(),
        parent: current?.version ?? 0,
        simulated,
        tasks: outcomes.map(({ advice }) => advice),
      },
      routes: Object.fromEntries(outcomes.flatMap(({ advice, route }) => (route === undefined ? [] : [[advice.task, route]]))),
      auto: Object.fromEntries(outcomes.flatMap(({ advice, auto }) => (auto === undefined ? [] : [[advice.task, auto]]))),
    }
  }

  const store = (proposal: Proposal): void => {
    const { id, created_at: created, expires_at: expires, parent, simulated } = proposal.recommendation
    state.recommendations.store({ id, json: JSON.stringify(proposal), createdAt: Date.parse(created), expiresAt: Date.parse(expires), parent, simulated })
  }

  const learner: Learner = {
    async recommend(request = {}) {
      const proposal = await propose(request)
      store(proposal)
      const { id, parent, simulated, tasks } = proposal.recommendation
      log.info({ id, parent, simulated, verdicts: Object.fromEntries(tasks.map((task) => [task.task, task.verdict])) }, 'recommendation stored')
      return proposal.recommendation
    },
    proposal(id) {
      const stored = id === undefined ? state.recommendations.pending() : state.recommendations.get(id)
      return stored === undefined ? undefined : proposalSchema.parse(JSON.parse(stored.json))
    },
    async repriced() {
      if (options.config().settings.learning.mode === 'auto') return learner.cycle()
      const pending = learner.proposal()?.recommendation
      const tasks = pending?.tasks.map(({ task }) => task).filter((task) => options.config().tasks.has(task)) ?? []
      if (tasks.length > 0) await learner.recommend({ tasks, simulated: pending?.simulated })
      return undefined
    },
    async cycle() {
      if (options.config().settings.learning.mode !== 'auto') return undefined
      const proposal = await propose({})
      const allowed = Object.entries(proposal.routes).flatMap(([task, route]) => {
        const auto = proposal.auto[task]
        return auto === undefined || auto.against.length > 0 ? [] : [[task, { ...route, weights: auto.weights }] as const]
      })
      store(proposal)
      if (allowed.length === 0) return undefined
      const table = await options.publisher.apply({ ...proposal, routes: Object.fromEntries(allowed) }, { author: 'learner', action: 'auto' })
      return table.version
    },
  }
  return learner
}

function chooseTasks(config: Config, { tasks: names, simulated }: RecommendRequest): { tasks: ReturnType<typeof taskOf>[]; simulated: boolean } {
  if (names !== undefined && names.length > 0) {
    const tasks = [...new Set(names)].map((name) => taskOf(config, name))
    const sides = new Set(tasks.map((task) => task.simulated))
    const side = simulated ?? tasks[0]?.simulated ?? false
    if (sides.size > 1 || !sides.has(side)) throw new WeighbridgeError('bad_request', `A recommendation is about simulated or about real targets, not both: ${names.join(', ')}.`, { remedy: 'Ask for the tasks of one side at a time.' })
    return { tasks, simulated: side }
  }
  // A task without an enabled target is of neither side.
  const served = [...config.tasks.values()].filter((task) => candidateNames(task).length > 0)
  const side = simulated ?? !served.some((task) => !task.simulated)
  return { tasks: served.filter((task) => task.simulated === side), simulated: side }
}

function taskOf(config: Config, name: string) {
  const task = config.tasks.get(name)
  if (task === undefined) throw new WeighbridgeError('unknown_task', `There is no task "${name}"; the config has ${[...config.tasks.keys()].sort().join(', ')}.`)
  return task
}

/** What the history says about one task: whether a person has published it, and how long ago it last changed; `undefined` also where its prices changed since. */
function situationOf(task: string, history: readonly Publication[], nowMs: number, repricedAtMs: number): { publishedBefore: boolean; hoursSinceLastPublish: number | undefined } {
  const routes = history.map((publication) => contentHash(publication.table.tasks[task] ?? null))
  const configured = contentHash(null)
  const last = history.find((_, at) => routes[at] !== (routes[at + 1] ?? configured))
  const publishedBefore = history.some((publication, at) => publication.action === 'apply' && routes[at] !== (routes[at + 1] ?? configured))
  const limited = last !== undefined && repricedAtMs <= last.publishedAt
  return { publishedBefore, hoursSinceLastPublish: limited ? (nowMs - last.publishedAt) / 3_600_000 : undefined }
}

/** When a price of the task's targets last changed; hours of the day that come back every day are no change. */
function repricedAt(config: Config, task: Task, notices: readonly PriceNotice[]): number {
  const names = new Set(candidateNames(task))
  const daily = (name: string): boolean => config.targets.get(name)?.price?.schedule?.some(({ window }) => window !== undefined) === true
  return Math.max(-Infinity, ...notices.filter(({ target, cause }) => names.has(target) && !(cause === BY_THE_CLOCK && daily(target))).map(({ at }) => at))
}
