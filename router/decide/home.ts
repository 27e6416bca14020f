// Where a conversation was answered last, and whether it stays there. Its prompt stands in that target's cache: moving on means
// paying for it anew, so it stays unless moving is worth more, by the evidence of the route table and the prices in force. Pure.
import type { Wire } from '../../core/model-request.ts'
import { usd, type Candidate } from './admit.ts'

/** The call before this one of the same conversation. */
export type Home = {
  /** Target that answered it, by its name then. */
  readonly target: string
  readonly evidenceKey: string
  readonly provider: string
  readonly wire: Wire
  /** Tokens of this request that stood in that one or in its answer. */
  readonly prefixTokens: number
  /** Whether its prompt may still be in the target's cache. */
  readonly warm: boolean
  /** Whether this request brings results of tools that it called: what it thought is bound to where it thought it. */
  readonly inToolLoop: boolean
  /** Version of the weights that it was drawn by; left out: unknown. */
  readonly routeVersion?: number | undefined
}

/** What a move to another target is worth; quality as 95% intervals from the table's evidence. */
export type MoveTerms = {
  /** Dollars that one right answer is worth. */
  readonly valueUsd: number
  /** Quality by target name; a target without evidence has none. */
  readonly quality: ReadonlyMap<string, { readonly low: number; readonly high: number }>
}

/** Whether the candidate is the one that answered before. */
export function isHome(candidate: Candidate, home: Home): boolean {
  return candidate.target.evidenceKey === home.evidenceKey
}

/** Dollars that the cache is expected to save at home; 0 where it is cold, and where nothing is known of its price. */
export function savedUsd(home: Candidate): number {
  return home.coldUsd === undefined || home.estimate.usd === undefined ? 0 : Math.max(0, home.coldUsd - home.estimate.usd)
}

/**
 * Dollars a call that moving from `from` to `to` gains before the cache is lost: quality as far as their intervals are apart, and
 * prices. `undefined`: not both are known by evidence and price; a guess moves no conversation.
 */
export function gainUsd(from: Candidate, to: Candidate, terms: MoveTerms): number | undefined {
  const here = terms.quality.get(from.target.name)
  const there = terms.quality.get(to.target.name)
  const cold = from.coldUsd ?? from.estimate.usd
  if (here === undefined || there === undefined || cold === undefined || to.estimate.usd === undefined) return undefined
  const better = there.low > here.high ? there.low - here.high : there.high < here.low ? there.high - here.low : 0
  return terms.valueUsd * better + cold - usd(to)
}

/** Whether a conversation at `from` goes to `to` when the draw says so. */
export function moves(from: Candidate, to: Candidate, terms: MoveTerms): boolean {
  const gain = gainUsd(from, to, terms)
  return gain !== undefined && gain > savedUsd(from)
}
