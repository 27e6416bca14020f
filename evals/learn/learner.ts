// Reads the evidence, weighs it, stores what it would change, and in `auto` publishes what needs no person: canaries first, their
// promotion or return, a return when live calls or drift speak against the last publication. The I/O edge of learning; every
// decision is made in the pure files it calls.
import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import type { Config, Task } from '../../core/config.ts'
import { candidateNames } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { PriceNotice } from '../../core/operations.ts'
import { effectiveRoute } from '../../core/route-table.ts'
import type { Clock } from '../../core/seams.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import type { State } from '../../store/state/state.ts'
import { canarySettings, championsOf, freezeTask, LEARNER, stepCanaries, type CanaryParts } from './canaries.ts'
import type { AnswerLookup } from './contradictions.ts'
import { probeFactor, type DriftMark } from './drift.ts'
import type { Calibration } from './evidence.ts'
import { driftEvent, holdEvent, recommendationEvents, type EventLog } from './events.ts'
import { observe, openDrift, readArms, type Observation } from './observe.ts'
import { proposalOf, returning, weighTasks, type Surroundings, type WeighedTask } from './propose.ts'
import type { Publisher } from './publish.ts'
import { proposalSchema, type Proposal, type Recommendation } from './recommendation.ts'
import { returnOf, watched, type Return } from './returns.ts'
import { LEARNING_RULES, type LearningRules } from './rules.ts'
import { stretchesOf, wasApplied } from './stretches.ts'
import { lossOf } from './trial.ts'

export type LearnerOptions = {
  readonly config: () => Config
  /** Reads as the read-only account. */
  readonly clickhouse: Pick<ClickHouse, 'query'>
  readonly state: State
  readonly publisher: Publisher
  readonly events: EventLog
  readonly clock: Clock
  readonly log: Logger
  /** Estimates from labelled rows, for graders with known error. */
  readonly calibrations?: () => readonly Calibration[]
  /** Answers to probes where they are kept; asked once per recommendation. */
  readonly answers?: () => Promise<AnswerLookup | undefined>
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

/** What the last cycle made of each task. */
export type CycleReport = { readonly at: number; readonly version: number; readonly fault: string | null; readonly tasks: Readonly<Record<string, string>> }
/** Targets that changed lately, with how many times the usual probes they should be asked. */
export type DriftReport = { readonly marks: readonly DriftMark[]; readonly probes: Readonly<Record<string, number>> }

export interface Learner {
  /**
   * Weighs the evidence now and stores the recommendation as the pending one. Throws `unknown_task`, `bad_request` when the
   * named tasks are of both sides, and what the queries throw.
   */
  recommend(request?: RecommendRequest): Promise<Recommendation>
  /** The pending recommendation with what applying it publishes; by id, also one that is no longer pending. `undefined` once its parent has changed. */
  proposal(id?: string): Proposal | undefined
  /**
   * Looks at everything once: tells what has drifted and what is held, ends canaries, goes back where it must, and in `auto`
   * publishes what needs no person. The version it published last; `undefined` when it published nothing.
   */
  cycle(): Promise<number | undefined>
  /** After a price change: a cycle, and where that publishes nothing the pending recommendation, if there is one, is worked out again. */
  repriced(): Promise<number | undefined>
  /** What the last cycle made of each task; `undefined` before the first. */
  report(): CycleReport | undefined
  /** What has drifted lately on one side of the divide. Throws what the queries throw. */
  drift(simulated?: boolean): Promise<DriftReport>
}

export function createLearner(options: LearnerOptions): Learner {
  const { state, clock, log, publisher, events, clickhouse } = options
  const rules = options.rules ?? LEARNING_RULES
  let lastReport: CycleReport | undefined

  const around = async (config: Config): Promise<Surroundings> => ({
    config,
    history: state.publications.history(),
    freezes: state.freezes.active(),
    notices: options.priceNotices?.() ?? [],
    rules,
    answers: await options.answers?.(),
  })
  const look = (config: Config, simulated: boolean): Promise<Observation> => observe(clickhouse, config, simulated, clock.nowMs(), rules, options.calibrations?.() ?? [])

  /** The return that each task should make, by what live calls and alarms say of its last publication. */
  const returnsOf = async (weighed: readonly WeighedTask[], surroundings: Surroundings, nowMs: number): Promise<Map<string, Return>> => {
    const found = new Map<string, Return>()
    const current = surroundings.history[0]?.table
    for (const { task, weighed: w, alarms } of weighed) {
      const pair = watched(stretchesOf(task.name, surroundings.history), nowMs, rules)
      const route = effectiveRoute(surroundings.config, task, current)
      if (pair === undefined || route.source !== 'table' || route.canary !== undefined || w.faults.length > 0) continue
      const { now, before } = pair
      const fromMs = Math.max(before.sinceMs ?? 0, now.sinceMs - rules.trial.watchDays * 86_400_000)
      const loss = lossOf(await readArms(clickhouse, task, { newer: now.labels, older: before.labels }, { fromMs, toMs: nowMs }, rules), false, rules)
      const back = returnOf({ task, now, before, loss, posteriors: w.posteriors, alarms, worth: w.worth, rules, seed: w.seed })
      if (back !== undefined) found.set(task.name, back)
    }
    return found
  }

  const withReturns = (weighed: readonly WeighedTask[], returns: ReadonlyMap<string, Return>, surroundings: Surroundings): WeighedTask[] =>
    weighed.map((one) => {
      const back = returns.get(one.task.name)
      if (back === undefined) return one
      const freeze = surroundings.freezes.get(one.task.name)
      return { ...one, weighed: returning(one.weighed, back, surroundings, { publishedBefore: wasApplied(one.task.name, surroundings.history), frozen: freeze === undefined ? undefined : `frozen until ${new Date(freeze.until_at).toISOString()}` }) }
    })

  const propose = async (request: RecommendRequest): Promise<Proposal> => {
    const config = options.config()
    const { tasks, simulated } = chooseTasks(config, request)
    const observed = await look(config, simulated)
    const surroundings = await around(config)
    const { weighed } = weighTasks(tasks, observed, surroundings)
    const returns = await returnsOf(weighed, surroundings, observed.nowMs)
    return proposalOf(withReturns(weighed, returns, surroundings), observed, surroundings, newId())
  }

  const store = (proposal: Proposal): void => {
    const { id, created_at: created, expires_at: expires, parent, simulated } = proposal.recommendation
    state.recommendations.store({ id, json: JSON.stringify(proposal), createdAt: Date.parse(created), expiresAt: Date.parse(expires), parent, simulated })
    events.tell(recommendationEvents(proposal.recommendation))
    log.info({ id, parent, simulated, verdicts: Object.fromEntries(proposal.recommendation.tasks.map((task) => [task.task, task.verdict])) }, 'recommendation stored')
  }

  /** Publishes what needs no person, as canaries where the traffic can tell; the new version. */
  const publishAllowed = async (proposal: Proposal, weighed: readonly WeighedTask[], parts: CanaryParts): Promise<number | undefined> => {
    const allowed = Object.entries(proposal.routes).flatMap(([task, route]) => {
      const auto = proposal.auto[task]
      if (auto === undefined || auto.against.length > 0 || route.rule === 'rollback') return []
      return [[task, { ...route, weights: auto.weights, ...(auto.core === undefined ? {} : { core: auto.core }) }] as const]
    })
    if (allowed.length === 0) return undefined
    const patient = weighed.filter(({ task }) => proposal.auto[task.name]?.urgent === false)
    const champions = championsOf(patient, parts)
    const table = await publisher.apply({ ...proposal, routes: Object.fromEntries(allowed) }, { author: LEARNER, action: 'auto', canary: { share: canarySettings(parts.config).share, champions } })
    events.tell(
      allowed.flatMap(([task]) => {
        const canary = table.tasks[task]?.canary
        return canary === undefined ? [] : [{ id: `canary_${table.version}_${task}`, kind: 'canary' as const, atMs: parts.nowMs, task, version: table.version, message: `${task} tries new weights with ${Math.round(canary.share * 100)}% of its traffic as version ${canary.version}: ${proposal.recommendation.tasks.find((advice) => advice.task === task)?.headline ?? ''}`, simulated: table.simulated, body: canary }]
      }),
    )
    return table.version
  }

  const cycle = async (): Promise<number | undefined> => {
    const config = options.config()
    const { tasks, simulated } = chooseTasks(config, {})
    const observed = await look(config, simulated)
    const { nowMs } = observed
    const inForce = (): number => state.publications.current()?.table.version ?? 0
    const before = inForce()
    const parts: CanaryParts = { config, clickhouse, state, publisher, events, nowMs, rules }
    const fresh = events.tell(observed.marks.map((mark) => driftEvent(mark, [...config.targets.values()].find(({ evidenceKey }) => evidenceKey === mark.evidenceKey)?.name, before, simulated)))
    const first = weighTasks(tasks, observed, await around(config))
    events.tell(first.weighed.flatMap(({ task, weighed }) => (weighed.faults.length === 0 ? [] : [holdEvent(task.name, weighed.faults, { nowMs, version: before, simulated })])))
    const ended = await stepCanaries(first.weighed, parts)
    const returns = await returnsOf(first.weighed.filter(({ task }) => !ended.has(task.name)), await around(config), nowMs)
    for (const { task, weighed } of first.weighed) {
      const back = returns.get(task.name)
      if (back === undefined || weighed.mode !== 'auto' || state.freezes.active().has(task.name)) continue
      const table = await publisher.restoreTask(task.name, back.version, { author: LEARNER, why: back.why })
      events.tell([{ id: `rollback_${table.version}_${task.name}`, kind: 'rollback', atMs: nowMs, task: task.name, metric: 'loss', value: back.loss?.value, reference: rules.trial.maxLoss, version: table.version, message: `${task.name} goes back to ${back.version === 0 ? 'its configured weights' : `version ${back.version}`}: ${back.why}`, simulated: task.simulated, body: back.loss }])
      freezeTask(task, `it was rolled back: ${back.why}`, table.version, parts)
      returns.delete(task.name)
    }
    // What has just been published is what the rest builds on.
    const surroundings = await around(config)
    const again = inForce() === before ? first.weighed : weighTasks(tasks, observed, surroundings).weighed
    const weighed = withReturns(again, returns, surroundings)
    const made = proposalOf(weighed, observed, surroundings, newId())
    const pending = learner.proposal()
    // The one that a person may be looking at stays, with its id, as long as it says the same.
    const proposal = pending !== undefined && saysTheSame(made, pending) ? { ...made, recommendation: { ...made.recommendation, id: pending.recommendation.id } } : made
    const wanted = fresh.length > 0 || returns.size > 0 || weighed.some((one) => one.weighed.mode === 'auto')
    if (wanted && proposal === made) store(proposal)
    await publishAllowed(proposal, weighed, parts)
    const after = inForce()
    lastReport = { at: nowMs, version: after, fault: null, tasks: Object.fromEntries(proposal.recommendation.tasks.map(({ task, headline, verdict, rule }) => [task, verdict === 'move' ? (proposal.auto[task]?.against.join('; ') || `moved by ${rule}`) : headline])) }
    void events.flush()
    return after === before ? undefined : after
  }

  const learner: Learner = {
    async recommend(request = {}) {
      const proposal = await propose(request)
      store(proposal)
      return proposal.recommendation
    },
    proposal(id) {
      const stored = id === undefined ? state.recommendations.pending() : state.recommendations.get(id)
      // Made for weights that are not in force any more.
      if (stored === undefined || (id === undefined && stored.parent !== (state.publications.current()?.table.version ?? 0))) return undefined
      return proposalSchema.parse(JSON.parse(stored.json))
    },
    async cycle() {
      try {
        return await cycle()
      } catch (error) {
        lastReport = { at: clock.nowMs(), version: lastReport?.version ?? 0, fault: error instanceof Error ? error.message : String(error), tasks: {} }
        throw error
      }
    },
    async repriced() {
      const pending = learner.proposal()?.recommendation
      const version = await learner.cycle()
      const tasks = pending?.tasks.map(({ task }) => task).filter((task) => options.config().tasks.has(task)) ?? []
      if (version === undefined && tasks.length > 0) await learner.recommend({ tasks, simulated: pending?.simulated })
      return version
    },
    report: () => lastReport,
    async drift(simulated) {
      const config = options.config()
      const side = simulated ?? chooseTasks(config, {}).simulated
      const open = await openDrift(clickhouse, config, side, clock.nowMs(), rules)
      return { marks: open, probes: Object.fromEntries([...config.targets.values()].map((target) => [target.name, probeFactor(target.evidenceKey, open)])) }
    },
  }
  return learner
}

const newId = (): string => `rec_${randomUUID().slice(0, 8)}`

/** Whether two proposals ask for the same of everybody, so that the one a person is looking at may stay. */
function saysTheSame(next: Proposal, pending: Proposal): boolean {
  if (pending.recommendation.parent !== next.recommendation.parent || pending.recommendation.simulated !== next.recommendation.simulated) return false
  const gist = ({ recommendation }: Proposal): string => JSON.stringify(recommendation.tasks.map(({ task, verdict, rule, after }) => [task, verdict, rule, after]))
  return gist(next) === gist(pending)
}

function chooseTasks(config: Config, { tasks: names, simulated }: RecommendRequest): { tasks: Task[]; simulated: boolean } {
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

function taskOf(config: Config, name: string): Task {
  const task = config.tasks.get(name)
  if (task === undefined) throw new WeighbridgeError('unknown_task', `There is no task "${name}"; the config has ${[...config.tasks.keys()].sort().join(', ')}.`)
  return task
}
