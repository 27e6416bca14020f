// All tasks of one side weighed at one moment → a proposal: what each should be, why, and what may be published by itself. Pure:
// an observation, a history and a configuration in, words and routes out.
import type { Config, Task } from '../../core/config.ts'
import { candidateNames } from '../../core/config.ts'
import type { PriceNotice } from '../../core/operations.ts'
import { BY_THE_CLOCK } from '../../core/price-watch.ts'
import { effectiveRoute, type TaskRoute } from '../../core/route-table.ts'
import type { Freeze } from '../../store/state/freezes.ts'
import type { Publication } from '../../store/state/publications.ts'
import type { AnswerLookup } from './contradictions.ts'
import { dataFaults, faultsOf, type DataFaults } from './data-faults.ts'
import { openMarks, type DriftMark } from './drift.ts'
import { gatherEvidence, type TaskEvidence } from './evidence.ts'
import { gateAuto } from './gates.ts'
import type { Observation } from './observe.ts'
import { adviseTask, type TaskOutcome } from './recommend.ts'
import { NOTHING_EXPLORED } from './plan.ts'
import type { Proposal } from './recommendation.ts'
import type { Return } from './returns.ts'
import type { LearningRules } from './rules.ts'
import { lastChangeMs, wasApplied } from './stretches.ts'
import { weighTask, type Weighed } from './weigh.ts'

/** What weighing needs besides what was observed. */
export type Surroundings = {
  readonly config: Config
  /** Newest first. */
  readonly history: readonly Publication[]
  readonly freezes: ReadonlyMap<string, Freeze>
  readonly notices: readonly PriceNotice[]
  readonly rules: LearningRules
  readonly answers: AnswerLookup | undefined
}

/** One task with what was made of it. */
export type WeighedTask = { readonly task: Task; readonly evidence: TaskEvidence; readonly weighed: Weighed; readonly alarms: readonly DriftMark[] }

/** Weighs the tasks. */
export function weighTasks(tasks: readonly Task[], observed: Observation, around: Surroundings): { readonly weighed: WeighedTask[]; readonly faults: DataFaults } {
  const { config, history, rules } = around
  const current = history[0]?.table
  const faults = dataFaults(config, tasks, { runs: observed.runs, rows: observed.rows, nowMs: observed.nowMs, publishedAtMs: history[0]?.publishedAt }, rules)
  const alarms = openMarks(observed.marks, observed.nowMs, rules).filter(({ level }) => level === 'alarm')
  const weighed = tasks.map((task): WeighedTask => {
    const evidence = gatherEvidence(config, task, observed.rows)
    const route = effectiveRoute(config, task, current)
    const changedAt = lastChangeMs(task.name, history)
    const prices = noticesOf(config, task, around.notices, changedAt)
    const own = alarms.filter(({ evidenceKey }) => evidence.candidates.some(({ target }) => target.evidenceKey === evidenceKey))
    return {
      task,
      evidence,
      alarms: own,
      weighed: weighTask(evidence, {
        config,
        route,
        situation: {
          publishedBefore: wasApplied(task.name, history),
          hoursSinceLastPublish: changedAt === undefined || prices.length > 0 ? undefined : (observed.nowMs - changedAt) / 3_600_000,
          frozen: frozenText(around.freezes.get(task.name)),
          canary: route.canary !== undefined,
        },
        rules,
        faults: faultsOf(faults, task.name),
        alarmed: new Set(own.map(({ evidenceKey }) => evidenceKey)),
        prices,
      }),
    }
  })
  return { weighed, faults }
}

function frozenText(freeze: Freeze | undefined): string | undefined {
  return freeze === undefined ? undefined : `frozen by ${freeze.author} until ${new Date(freeze.until_at).toISOString()} (${freeze.reason})`
}

/** Price changes of the task's targets since it was last published; hours of the day that come back every day are no change. */
function noticesOf(config: Config, task: Task, notices: readonly PriceNotice[], sinceMs: number | undefined): PriceNotice[] {
  const names = new Set(candidateNames(task))
  const daily = (name: string): boolean => config.targets.get(name)?.price?.schedule?.some(({ window }) => window !== undefined) === true
  return notices.filter(({ target, at, cause }) => names.has(target) && at > (sinceMs ?? -Infinity) && !(cause === BY_THE_CLOCK && daily(target)))
}

/** A task that should go back rather than on: its advice says so, and applying it restores the weights. */
export function returning(weighed: Weighed, back: Return, around: Pick<Surroundings, 'rules'>, situation: { readonly publishedBefore: boolean; readonly frozen: string | undefined }): Weighed {
  const against = gateAuto({ mode: weighed.mode, publishedBefore: situation.publishedBefore, hoursSinceLastPublish: undefined, urgent: true, judged: true, selfJudged: false, frozen: situation.frozen, canary: false }, around.rules)
  const after = new Map([...weighed.before.keys()].map((target) => [target, back.weights.get(target) ?? 0]))
  return { ...weighed, after, verdict: 'move', rule: 'rollback', explored: NOTHING_EXPLORED, back: { version: back.version, why: back.why }, auto: { weights: after, against, urgent: true } }
}

/** The proposal for what was weighed. */
export function proposalOf(weighed: readonly WeighedTask[], observed: Observation, around: Surroundings, id: string): Proposal {
  const { history, rules, answers } = around
  const parent = history[0]?.table.version ?? 0
  const outcomes = weighed.map((one): TaskOutcome => adviseTask(one.evidence, one.weighed, { rules, parent, answers }))
  const moves = <T>(pick: (outcome: TaskOutcome) => T | undefined): [string, T][] => outcomes.flatMap((outcome) => {
    const picked = pick(outcome)
    return picked === undefined ? [] : [[outcome.advice.task, picked]]
  })
  return {
    recommendation: {
      id,
      created_at: new Date(observed.nowMs).toISOString(),
      expires_at: new Date(observed.nowMs + rules.expiresAfterMs).toISOString(),
      parent,
      simulated: observed.simulated,
      tasks: outcomes.map(({ advice }) => advice),
    },
    routes: Object.fromEntries(moves<TaskRoute>(({ route }) => route)),
    auto: Object.fromEntries(moves(({ auto }) => auto)),
  }
}
