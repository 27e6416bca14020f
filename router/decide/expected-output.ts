// How long an answer is likely to be, and how much of the input is likely to come from cache: learned in memory from the
// router's own completed calls per target, task and input size, because price lists alone mislead (answers of one model
// are half as long or twice as long as another's). Every cost estimate goes through this.
import { INPUT_BUCKETS, inputBucket, type InputBucket, type Usage } from '../../core/usage.ts'

export type Expectation = {
  /** Output tokens, reasoning included. */
  readonly outputTokens: number
  /** Share of input tokens read from cache, 0..1. */
  readonly cacheReadShare: number
}

/** Expectations per target (by evidence key), task and input size. */
export interface ExpectedOutput {
  expect(evidenceKey: string, task: string, inputTokens: number): Expectation
  /** Takes one completed production call into account; ignores unknown parts. */
  learn(evidenceKey: string, task: string, inputTokens: number, usage: Usage): void
}

/**
 * Output tokens assumed before anything is known, by input size. Ours: the order of magnitude of chat answers; a
 * target's own calls outweigh it after ten.
 */
export const PRIOR_OUTPUT_TOKENS: Readonly<Record<InputBucket, number>> = { '<2k': 350, '2-10k': 500, '10-128k': 700, '>128k': 900 }
/** How many calls the prior is worth, and how slowly old calls are forgotten. */
const PRIOR_CALLS = 10
/** Most means kept, the oldest forgotten first: clients may name any model of a provider. */
const MOST_LEARNED = 5_000
const SLOWEST_RATE = 0.02

type Learned = { calls: number; outputTokens: number; cacheReadShare: number }

/** Exponentially weighted means, starting from the prior; not shared between routers and lost with the process. */
export function learningExpectedOutput(): ExpectedOutput {
  const learned = new Map<string, Learned>()
  const key = (evidenceKey: string, task: string, bucket: InputBucket): string => `${evidenceKey}\n${task}\n${INPUT_BUCKETS.indexOf(bucket)}`
  return {
    expect(evidenceKey, task, inputTokens) {
      const bucket = inputBucket(inputTokens)
      const known = learned.get(key(evidenceKey, task, bucket))
      return known ?? { outputTokens: PRIOR_OUTPUT_TOKENS[bucket], cacheReadShare: 0 }
    },
    learn(evidenceKey, task, inputTokens, usage) {
      if (usage.outputTotal === undefined) return
      const bucket = inputBucket(inputTokens)
      const name = key(evidenceKey, task, bucket)
      const known = learned.get(name) ?? { calls: 0, outputTokens: PRIOR_OUTPUT_TOKENS[bucket], cacheReadShare: 0 }
      const rate = Math.max(SLOWEST_RATE, 1 / (known.calls + PRIOR_CALLS + 1))
      known.outputTokens += rate * (usage.outputTotal - known.outputTokens)
      if (usage.cacheRead !== undefined && usage.inputTotal !== undefined && usage.inputTotal > 0) {
        known.cacheReadShare += rate * (Math.min(1, usage.cacheRead / usage.inputTotal) - known.cacheReadShare)
      }
      known.calls += 1
      learned.set(name, known)
      if (learned.size <= MOST_LEARNED) return
      for (const oldest of learned.keys()) return void learned.delete(oldest)
    },
  }
}
