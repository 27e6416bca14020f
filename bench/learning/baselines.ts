// Other ways to share traffic, for comparison: each sees what the learner sees (the same probes, the same served scores and costs) and
// nothing else. Uniform and hindsight need no policy: a replay's yardsticks have them.
import { seededRandom, type Random } from '../../core/seams.ts'
import type { OutcomePrompt, OutcomeTable } from '../../evals/learn/backtest/outcomes.ts'
import { drawFrom, type Chosen, type Observation, type Policy } from '../../evals/learn/backtest/policy.ts'
import { drawNormal } from '../../evals/learn/draws.ts'
import { trackAndStop } from './track-and-stop.ts'

export type BaselineOptions = { readonly table: OutcomeTable; readonly valueUsd: number; readonly seed: number }

/** Utilities seen of one model at one task. */
export type ArmSums = { n: number; mean: number; squares: number }

/** Variance of one utility; before two are seen that of a coin. */
export function varianceOf({ n, squares }: ArmSums): number {
  return n < 2 ? 0.25 : Math.max(1e-4, squares / (n - 1))
}

abstract class Counting implements Policy {
  readonly name: string
  protected readonly arms: ReadonlyMap<string, readonly ArmSums[]>
  readonly #valueUsd: number

  constructor(name: string, { table, valueUsd }: BaselineOptions) {
    this.name = name
    this.#valueUsd = valueUsd
    this.arms = new Map(table.tasks.map((task) => [task, table.models.map(() => ({ n: 0, mean: 0, squares: 0 }))]))
  }

  abstract choose(prompt: OutcomePrompt, able: readonly number[], random: Random): Chosen

  observe({ task, model, score, costUsd }: Observation): void {
    const arm = this.arms.get(task)?.[model]
    if (arm === undefined || score === undefined) return
    const utility = score - costUsd / this.#valueUsd
    arm.n += 1
    const off = utility - arm.mean
    arm.mean += off / arm.n
    arm.squares += off * (utility - arm.mean)
  }

  night(_finished: number): void {}

  shares(_task: string): readonly number[] | undefined {
    return undefined
  }
}

/** One draw a call from N(mean, s²/n) of each model; the highest is called (Thompson 1933). */
class Thompson extends Counting {
  readonly #random: Random
  constructor(options: BaselineOptions) {
    super('thompson', options)
    this.#random = seededRandom(`thompson|${options.seed}`)
  }

  choose({ task }: OutcomePrompt, able: readonly number[]): Chosen {
    const drawn = able.map((model) => {
      const arm = this.arms.get(task)?.[model] ?? { n: 0, mean: 0, squares: 0 }
      return { model, value: (arm.n === 0 ? 0.5 : arm.mean) + Math.sqrt(varianceOf(arm) / Math.max(1, arm.n)) * drawNormal(this.#random) }
    })
    return { model: drawn.reduce((best, one) => (one.value > best.value ? one : best)).model, propensity: 1 }
  }
}

/** The best mean so far, and any model with probability ε. */
class EpsilonGreedy extends Counting {
  readonly #epsilon: number
  readonly #random: Random
  constructor(options: BaselineOptions, epsilon: number) {
    super(`epsilon-greedy ${epsilon}`, options)
    this.#epsilon = epsilon
    this.#random = seededRandom(`greedy|${epsilon}|${options.seed}`)
  }

  choose({ task }: OutcomePrompt, able: readonly number[]): Chosen {
    if (this.#random.next() < this.#epsilon) return { model: able[Math.floor(this.#random.next() * able.length)] ?? 0, propensity: 1 }
    const valued = able.map((model) => ({ model, mean: this.arms.get(task)?.[model]?.mean ?? 0, n: this.arms.get(task)?.[model]?.n ?? 0 }))
    const unseen = valued.find(({ n }) => n === 0)
    return { model: unseen?.model ?? valued.reduce((best, one) => (one.mean > best.mean ? one : best)).model, propensity: 1 }
  }
}

/** Samples so as to find the best soonest, and once it is sure calls nothing else (see track-and-stop.ts). */
class TrackAndStop extends Counting {
  readonly #shares = new Map<string, readonly number[]>()
  readonly #stopped = new Set<string>()
  readonly #size: number
  constructor(options: BaselineOptions) {
    super('track-and-stop', options)
    this.#size = options.table.models.length
  }

  choose({ task }: OutcomePrompt, able: readonly number[], random: Random): Chosen {
    return drawFrom(this.#shares.get(task) ?? Array<number>(this.#size).fill(1), able, random)
  }

  override night(): void {
    for (const [task, arms] of this.arms) {
      if (this.#stopped.has(task)) continue
      const { shares, isSure } = trackAndStop(arms.map((arm) => ({ n: arm.n, mean: arm.mean, variance: varianceOf(arm) })))
      this.#shares.set(task, shares)
      if (isSure) this.#stopped.add(task)
    }
  }

  override shares(task: string): readonly number[] | undefined {
    return this.#shares.get(task)
  }
}

export const BASELINES: Readonly<Record<string, (options: BaselineOptions) => Policy>> = {
  thompson: (options) => new Thompson(options),
  'epsilon-greedy .03': (options) => new EpsilonGreedy(options, 0.03),
  'epsilon-greedy .10': (options) => new EpsilonGreedy(options, 0.1),
  'track-and-stop': (options) => new TrackAndStop(options),
}
