// One replay of one policy over one seed's traffic: what it was worth and cost. In: a table, what happens in it, a policy. Out: what
// was served and the shares over time. What was possible is in yardsticks.ts.
import { seededRandom } from '../../../core/seams.ts'
import { leaderChanges } from './leaders.ts'
import type { OutcomeTable } from './outcomes.ts'
import type { Policy } from './policy.ts'
import { reactionOf, type Reaction } from './reaction.ts'
import type { OutcomeAt, Scenario } from './scenario.ts'
import { streamOf, type Stream } from './stream.ts'
import { meansOf, yardsticks, type Means, type Yardsticks } from './yardsticks.ts'

export type RunOptions = {
  readonly seed: number
  /** Dollars that one right answer is worth. */
  readonly valueUsd: number
  readonly nights: number
  /** Probes per task and model before the first call. */
  readonly evalsPerCell: number
  /** Probes per task and model after every night. */
  readonly nightlyEvalsPerCell: number
  /** Share of served calls whose score is seen, 0..1. Their cost always is. */
  readonly observedShare: number
  /** `undefined`: nothing happens. */
  readonly scenario: Scenario | undefined
}

export type RunResult = Yardsticks & {
  readonly policy: Means
  readonly calls: number
  readonly spendUsd: { readonly calls: number; readonly evals: number }
  /** How often the model with the most of a task changed, mean over tasks; the first leader is no change. */
  readonly leaderChanges: number
  /** Task → shares by model, before the first call and after every night. */
  readonly shares: ReadonlyMap<string, readonly (readonly number[])[]>
  /** Regret against the per-task hindsight model, summed over the calls of each night. */
  readonly regretByNight: readonly number[]
  /** `undefined` where nothing happens. */
  readonly reaction: Reaction | undefined
}

export function runReplay(table: OutcomeTable, outcomeAt: OutcomeAt, policy: Policy, options: RunOptions): RunResult {
  const { seed, scenario, valueUsd } = options
  const stream = streamOf(table, { seed, probesPerTask: options.evalsPerCell, nights: options.nights })
  const draw = seededRandom(`draw|${policy.name}|${seed}`)
  const seen = seededRandom(`seen|${seed}`)
  const models = table.models.map((_, at) => at)
  const shares = new Map(table.tasks.map((task) => [task, [] as (readonly number[])[]]))
  const note = (): void => {
    for (const task of table.tasks) shares.get(task)?.push([...(policy.shares(task) ?? [])])
  }
  let evalsUsd = askProbes(stream, outcomeAt, policy, { night: -1, moment: 0, each: options.evalsPerCell, from: 0 })
  policy.night(-1)
  note()
  const served: number[] = []
  let callsUsd = 0
  let night = 0
  let happened = scenario === undefined
  const endNight = (moment: number): void => {
    evalsUsd += askProbes(stream, outcomeAt, policy, { night, moment, each: options.nightlyEvalsPerCell, from: (night + 1) * options.nightlyEvalsPerCell })
    policy.night(night)
    note()
    night += 1
  }
  for (const { prompt, night: due, moment } of stream.calls) {
    while (night < due) endNight(moment)
    if (!happened && scenario !== undefined && moment >= scenario.from) {
      happened = true
      const changed = table.models.indexOf(scenario.model)
      if (scenario.kind === 'price') policy.repriced?.(changed, scenario.factor, due)
      // A model that somebody adds is asked the probes that the others were asked.
      if (scenario.kind === 'newcomer') evalsUsd += askProbes(stream, outcomeAt, policy, { night: due, moment, each: options.evalsPerCell, from: 0, only: changed })
    }
    const able = models.filter((model) => outcomeAt(prompt, model, moment) !== undefined)
    const { model, propensity } = policy.choose(prompt, able, draw)
    const outcome = outcomeAt(prompt, model, moment)
    if (outcome === undefined) throw new RangeError(`policy ${policy.name} chose a model that cannot be asked`)
    served.push(outcome.score - outcome.costUsd / valueUsd)
    callsUsd += outcome.costUsd
    const isSeen = options.observedShare >= 1 || seen.next() < options.observedShare
    policy.observe({ task: prompt.task, model, promptId: prompt.id, score: isSeen ? outcome.score : undefined, costUsd: outcome.costUsd, night: due, propensity, isProbe: false })
  }
  endNight(1)
  const { hindsight, best, ...yard } = yardsticks(table, stream, outcomeAt, { valueUsd, changesAt: scenario?.from })
  const regret = nightly(stream, hindsight.map((utility, at) => utility - (served[at] ?? 0)))
  return {
    policy: meansOf(served),
    ...yard,
    calls: served.length,
    spendUsd: { calls: callsUsd, evals: evalsUsd },
    leaderChanges: leaderChanges(shares),
    shares,
    regretByNight: regret,
    reaction: scenario === undefined ? undefined : reactionOf(shares, best, stream, scenario.from, hindsight, served),
  }
}

type Asking = { readonly night: number; readonly moment: number; readonly each: number; readonly from: number; readonly only?: number }

/** Asks so many probes of every model (or one) at every task, going round the task's pool; what they cost. */
function askProbes(stream: Stream, outcomeAt: OutcomeAt, policy: Policy, { night, moment, each, from, only }: Asking): number {
  let costUsd = 0
  for (const [task, pool] of stream.probes) {
    for (let i = 0; i < Math.min(each, pool.length); i += 1) {
      const prompt = pool[(from + i) % pool.length]
      if (prompt === undefined) continue
      for (let model = 0; model < prompt.outcomes.length; model += 1) {
        const outcome = only === undefined || only === model ? outcomeAt(prompt, model, moment) : undefined
        if (outcome === undefined) continue
        costUsd += outcome.costUsd
        policy.observe({ task, model, promptId: prompt.id, ...outcome, night, propensity: 1, isProbe: true })
      }
    }
  }
  return costUsd
}

function nightly(stream: Stream, values: readonly number[]): number[] {
  const nights = Array.from({ length: stream.nights }, () => 0)
  stream.calls.forEach(({ night }, at) => {
    nights[night] = (nights[night] ?? 0) + (values[at] ?? 0)
  })
  return nights
}
