// The learner as a replay's policy: the very posterior, plan, gates, step limit and drift alarms that publish route tables, fed
// with the table's outcomes. In: observations. Out: shares by model. Served scores that are seen count as graded answers of the task.
import { parseConfig, type Config, type Task } from '../../../core/config.ts'
import type { Random } from '../../../core/seams.ts'
import { cusumAlarms, type Night } from '../../stats/cusum.ts'
import type { CandidateEvidence, TaskEvidence } from '../evidence.ts'
import { elsewhereOf } from '../prior.ts'
import type { LearningRules } from '../rules.ts'
import { weighTask } from '../weigh.ts'
import { createCell, type Cell } from './cell.ts'
import type { OutcomePrompt, OutcomeTable } from './outcomes.ts'
import { drawFrom, type Chosen, type Observation, type Policy } from './policy.ts'

export type LearnerPolicyOptions = {
  readonly table: Pick<OutcomeTable, 'tasks' | 'models'>
  readonly valueUsd: number
  readonly seed: number
  readonly rules: LearningRules
  readonly halfLifeDays: { readonly evals: number; readonly production: number }
  readonly exploration: number
  /** Share that a model begins with at a task; must sum to more than 0. `undefined`: it can never serve the task. */
  readonly start: (task: string, model: number) => number | undefined
}

/** A night's probes of one model over all tasks. */
type Probed = { sum: number; count: number }

export function createLearnerPolicy(options: LearnerPolicyOptions): Policy {
  const { table, rules, halfLifeDays } = options
  const config = configOf(options)
  const tasks = table.tasks.map((name, at) => ({ name, task: taskAt(config, at), cells: table.models.map(() => createCell(halfLifeDays)) }))
  const byName = new Map(tasks.map((one) => [one.name, one]))
  const shares = new Map<string, number[]>(tasks.map(({ name, task }) => [name, table.models.map((_, model) => task.route.get(targetName(model)) ?? 0)]))
  const published = new Map<string, number>()
  const nights: Night[][] = table.models.map(() => [])
  let tonight: Probed[] = table.models.map(() => ({ sum: 0, count: 0 }))

  const cellOf = (task: string, model: number): Cell => {
    const cell = byName.get(task)?.cells[model]
    if (cell === undefined) throw new RangeError(`there is no ${task} for model ${model}`)
    return cell
  }

  /** Model → since which night it is another one, by its newest alarm. */
  const changes = (): (number | undefined)[] => nights.map((series) => cusumAlarms(series, rules.drift).at(-1)?.since.at)

  const cycle = (now: number, repriced: boolean): void => {
    const since = changes()
    const samples = tasks.map(({ cells }) => cells.map((cell, model) => cell.sample(now, since[model], rules.drift.discount)))
    const alarmed = new Set(since.flatMap((night, model) => (night !== undefined && now - night <= rules.drift.openDays ? [`replay/${table.models[model] ?? ''}`] : [])))
    for (const [at, { name, task, cells }] of tasks.entries()) {
      const before = shares.get(name) ?? []
      const elsewhere = elsewhereOf(samples.flatMap((row, other) => (other === at ? [] : [new Map(row.flatMap((sample, model) => (sample === undefined ? [] : [[targetName(model), sample] as const])))])))
      const last = published.get(name)
      const weighed = weighTask(evidenceOf(task, config, cells, samples[at] ?? [], elsewhere, now), {
        config,
        route: { weights: new Map(before.map((share, model) => [targetName(model), share])), excluded: new Map() },
        situation: { publishedBefore: true, hoursSinceLastPublish: last === undefined || repriced ? undefined : (now - last) * 24, frozen: undefined, canary: false },
        rules,
        alarmed,
      })
      const { auto } = weighed
      if (auto === undefined || auto.against.length > 0) continue
      shares.set(name, before.map((_, model) => auto.weights.get(targetName(model)) ?? 0))
      published.set(name, now)
    }
  }

  return {
    name: 'weighbridge',
    choose: (prompt: OutcomePrompt, able: readonly number[], random: Random): Chosen => drawFrom(shares.get(prompt.task) ?? [], able, random),
    observe(observation: Observation): void {
      cellOf(observation.task, observation.model).take(observation)
      const probed = tonight[observation.model]
      if (!observation.isProbe || observation.score === undefined || probed === undefined) return
      probed.sum += observation.score
      probed.count += 1
    },
    night(finished: number): void {
      for (const [model, { sum, count }] of tonight.entries()) if (count > 0) nights[model]?.push({ id: String(finished), at: finished, mean: sum / count, questions: count })
      tonight = table.models.map(() => ({ sum: 0, count: 0 }))
      cycle(finished + 1, false)
    },
    repriced(model: number, factor: number, night: number): void {
      for (const { cells } of tasks) cells[model]?.reprice(factor)
      cycle(night, true)
    },
    shares: (task) => shares.get(task),
  }
}

const targetName = (model: number): string => `m${model}`
const taskName = (task: number): string => `t${task}`

function configOf({ table, valueUsd, seed, exploration, start }: LearnerPolicyOptions): Config {
  const routeOf = (task: string): Record<string, number> => Object.fromEntries(table.models.flatMap((_, model) => {
    const share = start(task, model)
    return share === undefined ? [] : [[targetName(model), share] as const]
  }))
  const file = {
    providers: { replay: { base_url: 'http://127.0.0.1:9/v1' } },
    targets: Object.fromEntries(table.models.map((model, at) => [targetName(at), { provider: 'replay', model }])),
    tasks: Object.fromEntries(table.tasks.map((task, at) => [taskName(at), { route: routeOf(task), value_per_answer_usd: valueUsd }])),
    suites: Object.fromEntries(table.tasks.map((_, at) => [taskName(at), { path: 'recorded', informs: { [taskName(at)]: 1 } }])),
    learning: { mode: 'auto', seed, exploration },
  }
  return parseConfig(JSON.stringify(file), {}, { find: () => undefined })
}

function taskAt(config: Config, at: number): Task {
  const task = config.tasks.get(taskName(at))
  if (task === undefined) throw new RangeError(`there is no task ${at}`)
  return task
}

function evidenceOf(task: Task, config: Config, cells: readonly Cell[], samples: readonly (ReturnType<Cell['sample']>)[], elsewhere: ReturnType<typeof elsewhereOf>, now: number): TaskEvidence {
  const basis = { id: `${task.name}/score`, suite: task.name, suiteHash: 'recorded', grader: 'recorded', kind: 'score', informs: 1 } as const
  const candidates = [...task.route.keys()].flatMap((name): CandidateEvidence[] => {
    const model = Number(name.slice(1))
    const [target, cell, sample] = [config.targets.get(name), cells[model], samples[model]]
    if (target === undefined || cell === undefined) return []
    return [
      {
        target,
        samples: sample === undefined ? [] : [{ ...sample, basis, calibrated: false }],
        missing: sample === undefined ? [basis.id] : [],
        elsewhere: elsewhere.get(name),
        production: cell.production(task.name, target.evidenceKey, now),
        trialCosts: cell.trialCosts(),
      },
    ]
  })
  return { task, simulated: false, informed: true, bases: [basis], candidates, trials: candidates.reduce((sum, candidate) => sum + (candidate.samples[0]?.trials ?? 0), 0), days: 1, unscored: 0, calls: candidates.reduce((sum, candidate) => sum + (candidate.production?.calls ?? 0), 0) }
}
