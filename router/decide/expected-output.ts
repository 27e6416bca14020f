// How long an answer is likely to be, and how much of the input is likely to come from cache: learned from the router's own
// completed calls per target, task and input size, because price lists alone mislead (answers of one model are half as long or
// twice as long as another's). Every cost estimate goes through this. Pure but for its memory.
import { INPUT_BUCKETS, inputBucket, type InputBucket, type Usage } from '../../core/usage.ts'

export type Expectation = {
  /** Output tokens, reasoning included. */
  readonly outputTokens: number
  /** Share of input tokens read from cache, 0..1. */
  readonly cacheReadShare: number
}

/** One mean as it is kept: by target, task and input size; of calls that went on where their conversation was (`warm`), or not. */
export type LearnedRow = { readonly evidenceKey: string; readonly task: string; readonly bucket: InputBucket; readonly warm: boolean; readonly calls: number; readonly outputTokens: number; readonly cacheReadShare: number }

/** Expectations per target (by evidence key), task and input size. */
export interface ExpectedOutput {
  /** `prefixTokens`: of the input, what the same conversation sent to this target before; absent: it was not there. */
  expect(evidenceKey: string, task: string, inputTokens: number, prefixTokens?: number): Expectation
  /** Takes one completed production call into account; ignores unknown parts. */
  learn(evidenceKey: string, task: string, inputTokens: number, usage: Usage, prefixTokens?: number): void
  /** Everything learned, the longest unused first. */
  rows(): LearnedRow[]
  /** Takes up rows of an earlier process; what was learned since outweighs them. */
  take(rows: readonly LearnedRow[]): void
  /** Changes with everything that is learned. */
  revision(): number
}

/**
 * Output tokens assumed before anything is known, by input size. Ours: the order of magnitude of chat answers; a
 * target's own calls outweigh it after ten.
 */
export const PRIOR_OUTPUT_TOKENS: Readonly<Record<InputBucket, number>> = { '<2k': 350, '2-10k': 500, '10-128k': 700, '>128k': 900 }
/**
 * Share of a conversation's earlier tokens that is assumed to come from cache where it goes on. Providers that cache by themselves
 * do so from 1,024 tokens on (OpenAI, "Prompt caching", 2026-11); others only where asked. Ours: between the two.
 */
export const PRIOR_PREFIX_SHARE = { share: 0.5, fromTokens: 1_024 } as const
/** How many calls the prior is worth, and how slowly old calls are forgotten. */
const PRIOR_CALLS = 10
/** Most means kept, the oldest forgotten first: clients may name any model of a provider. */
const MOST_LEARNED = 5_000
const SLOWEST_RATE = 0.02

/** `cacheReadShare`: of the input where it was cold, of the earlier tokens where it was warm. */
type Learned = { -readonly [Member in 'calls' | 'outputTokens' | 'cacheReadShare']: LearnedRow[Member] } & Pick<LearnedRow, 'evidenceKey' | 'task' | 'bucket' | 'warm'>

/** Exponentially weighted means, starting from the prior; not shared between routers. */
export function learningExpectedOutput(): ExpectedOutput {
  return new Means()
}

class Means implements ExpectedOutput {
  readonly #learned = new Map<string, Learned>()
  #revision = 0

  expect(evidenceKey: string, task: string, inputTokens: number, prefixTokens?: number): Expectation {
    const bucket = inputBucket(inputTokens)
    const warm = this.#learned.get(nameOf(evidenceKey, task, bucket, true))
    const cold = this.#learned.get(nameOf(evidenceKey, task, bucket, false))
    const outputTokens = betterKnown(cold, warm)?.outputTokens ?? PRIOR_OUTPUT_TOKENS[bucket]
    const coldShare = cold?.cacheReadShare ?? 0
    if (prefixTokens === undefined || inputTokens <= 0) return { outputTokens, cacheReadShare: coldShare }
    const ofPrefix = warm?.cacheReadShare ?? priorOfPrefix(prefixTokens)
    return { outputTokens, cacheReadShare: Math.max(coldShare, ofPrefix * Math.min(1, prefixTokens / inputTokens)) }
  }

  learn(evidenceKey: string, task: string, inputTokens: number, usage: Usage, prefixTokens?: number): void {
    if (usage.outputTotal === undefined) return
    const bucket = inputBucket(inputTokens)
    const warm = prefixTokens !== undefined && prefixTokens > 0
    const name = nameOf(evidenceKey, task, bucket, warm)
    const known = this.#learned.get(name) ?? { evidenceKey, task, bucket, warm, calls: 0, outputTokens: PRIOR_OUTPUT_TOKENS[bucket], cacheReadShare: warm ? priorOfPrefix(prefixTokens) : 0 }
    const rate = Math.max(SLOWEST_RATE, 1 / (known.calls + PRIOR_CALLS + 1))
    known.outputTokens += rate * (usage.outputTotal - known.outputTokens)
    const of = warm ? prefixTokens : usage.inputTotal
    if (usage.cacheRead !== undefined && of !== undefined && of > 0) known.cacheReadShare += rate * (Math.min(1, usage.cacheRead / of) - known.cacheReadShare)
    known.calls += 1
    this.#keep(name, known)
  }

  rows(): LearnedRow[] {
    return [...this.#learned.values()].map((learned) => ({ ...learned }))
  }

  take(rows: readonly LearnedRow[]): void {
    for (const row of rows) {
      const name = nameOf(row.evidenceKey, row.task, row.bucket, row.warm)
      if (!this.#learned.has(name)) this.#keep(name, { ...row })
    }
  }

  revision(): number {
    return this.#revision
  }

  #keep(name: string, learned: Learned): void {
    this.#revision += 1
    this.#learned.delete(name)
    this.#learned.set(name, learned)
    if (this.#learned.size <= MOST_LEARNED) return
    for (const oldest of this.#learned.keys()) return void this.#learned.delete(oldest)
  }
}

/** Of calls that went on and of those that began: how long an answer is does not depend on it, so the better known one counts. */
function betterKnown(one: Learned | undefined, other: Learned | undefined): Learned | undefined {
  return one === undefined || (other !== undefined && other.calls > one.calls) ? other : one
}

function priorOfPrefix(prefixTokens: number): number {
  return prefixTokens >= PRIOR_PREFIX_SHARE.fromTokens ? PRIOR_PREFIX_SHARE.share : 0
}

function nameOf(evidenceKey: string, task: string, bucket: InputBucket, warm: boolean): string {
  return `${evidenceKey}\n${task}\n${INPUT_BUCKETS.indexOf(bucket)}\n${warm ? 'warm' : 'cold'}`
}
