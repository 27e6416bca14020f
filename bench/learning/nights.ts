// Simulated nights: each night so many graded answers of every model, the learner's own cycle after it. In: true qualities over time.
// Out: who led when. The long form of what test/evals/learn/nights.test.ts holds in short.
import { seededRandom } from '../../core/seams.ts'
import { createLearnerPolicy } from '../../evals/learn/backtest/learner-policy.ts'
import { leaderOf } from '../../evals/learn/backtest/leaders.ts'
import type { LearningRules } from '../../evals/learn/rules.ts'

export type NightsOptions = {
  readonly seed: number
  readonly nights: number
  /** Questions a night, the same every night, asked of every model. */
  readonly questions: number
  /** True rate of right answers of a model on a night, before the question's own difficulty. */
  readonly quality: (model: number, night: number, leader: number | undefined) => number
  readonly models: number
  /** How far questions differ in difficulty: each shifts all models by up to half of this. */
  readonly spread: number
  readonly rules: LearningRules
}

/** Leader after each night; `undefined` while nobody leads. Shares of the last night. */
export type Played = { readonly leaders: readonly (number | undefined)[]; readonly shares: readonly (readonly number[])[] }

export function playNights({ seed, nights, questions, quality, models, spread, rules }: NightsOptions): Played {
  const random = seededRandom(`nights|${seed}`)
  const difficulty = Array.from({ length: questions }, () => (random.next() - 0.5) * spread)
  const policy = createLearnerPolicy({
    table: { tasks: ['task'], models: Array.from({ length: models }, (_, at) => `model ${at}`) },
    valueUsd: 0.05, seed, rules, halfLifeDays: { evals: 30, production: 10 }, exploration: 0.03, start: () => 1,
  })
  const leaders: (number | undefined)[] = []
  const shares: (readonly number[])[] = []
  for (let night = 0; night < nights; night += 1) {
    for (const [question, shift] of difficulty.entries()) {
      for (let model = 0; model < models; model += 1) {
        const rate = Math.min(1, Math.max(0, quality(model, night, leaders.at(-1)) + shift))
        policy.observe({ task: 'task', model, promptId: `q${question}`, score: random.next() < rate ? 1 : 0, costUsd: 0.001, night, propensity: 1, isProbe: true })
      }
    }
    policy.night(night)
    const now = policy.shares('task') ?? []
    shares.push([...now])
    leaders.push(leaderOf(now, leaders.at(-1)))
  }
  return { leaders, shares }
}

/** How often the leader changed; the first is no change. */
export function changesOf(leaders: readonly (number | undefined)[]): number {
  return leaders.filter((leader, at) => at > 0 && leaders[at - 1] !== undefined && leader !== leaders[at - 1]).length
}
