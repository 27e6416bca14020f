// Reasons to leave weights alone because the data are not what they should be: a run whose answers were mostly not graded or that
// lacks a target, draws that contradict their log, a clock that stands before what it has stamped. In: eval runs, rows, times.
// Out: words per task. Missing data move nothing: the last known good stays.
import type { Config, Task } from '../../core/config.ts'
import { candidateNames } from '../../core/config.ts'
import type { EvalRun } from './drift.ts'
import { contradictedDraws } from './draw-check.ts'
import type { EvidenceRows } from './evidence.ts'
import type { LearningRules } from './rules.ts'

export type DataFaults = {
  /** Reasons that concern every task. */
  readonly all: readonly string[]
  readonly byTask: ReadonlyMap<string, readonly string[]>
}

export type Observed = {
  readonly runs: readonly EvalRun[]
  readonly rows: EvidenceRows
  readonly nowMs: number
  /** When the newest version was published; `undefined`: never. */
  readonly publishedAtMs: number | undefined
}

export function dataFaults(config: Config, tasks: readonly Task[], observed: Observed, rules: LearningRules): DataFaults {
  const contradicted = contradictedDraws(observed.rows.draws ?? [], rules)
  const byTask = tasks.flatMap((task) => {
    const draws = contradicted.get(task.name)
    const reasons = [...runFaults(config, task, observed.runs, rules), ...(draws === undefined ? [] : [`what was served and what was logged contradict each other: ${draws}`])]
    return reasons.length === 0 ? [] : [[task.name, reasons] as const]
  })
  return { all: clockFaults(observed, rules), byTask: new Map(byTask) }
}

/** The faults of one task. */
export function faultsOf(faults: DataFaults, task: string): readonly string[] {
  return [...faults.all, ...(faults.byTask.get(task) ?? [])]
}

function clockFaults({ rows, nowMs, publishedAtMs }: Observed, rules: LearningRules): string[] {
  const newest = Math.max(publishedAtMs ?? 0, ...rows.evals.map(({ last_at }) => last_at), ...rows.production.map(({ last_at }) => last_at))
  if (newest <= nowMs + rules.data.clockToleranceMs) return []
  return [`the clock stands at ${iso(nowMs)}, before what was recorded at ${iso(newest)}`]
}

/** The newest run of each suite that informs the task: whether every target that took part in it was graded. */
function runFaults(config: Config, task: Task, runs: readonly EvalRun[], rules: LearningRules): string[] {
  const names = new Map(candidateNames(task).flatMap((name) => (config.targets.get(name) === undefined ? [] : [[config.targets.get(name)?.evidenceKey ?? '', name] as const])))
  return [...config.suites.values()].filter((suite) => (suite.informs.get(task.name) ?? 0) > 0).flatMap((suite) => {
    const own = runs.filter((run) => run.suite === suite.name && names.has(run.evidence_key))
    const newest = [...own].sort((a, b) => b.at - a.at)[0]?.run
    const parts = own.filter(({ run }) => run === newest)
    // Questions, not answers: a target that changed lately is asked its questions twice.
    const most = Math.max(...parts.map(({ questions }) => questions))
    return parts.flatMap((part) => {
      const name = names.get(part.evidence_key) ?? part.evidence_key
      const lost = part.asked - part.scored - part.refused
      if (part.asked > 0 && lost / part.asked > rules.data.mostUnscored) return [`the newest run of ${suite.name} could not grade ${lost} of ${part.asked} answers of ${name} (${countedWords(part.unscored)})`]
      if (part.questions < rules.data.leastCoverage * most) return [`the newest run of ${suite.name} has answers of ${name} to ${part.questions} questions and of others to ${most}`]
      return []
    })
  })
}

function countedWords(words: readonly string[]): string {
  return [...Map.groupBy(words, (word) => word)].map(([word, list]) => `${list.length} ${word}`).sort().join(', ')
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}
