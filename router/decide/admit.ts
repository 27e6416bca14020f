// Which candidates may serve a call, and why the others may not. Pure; the rules are DESIGN §6.2: a ceiling never
// escalates, so a target over its ceiling is skipped only in favour of one that is estimated cheaper in dollars.
import type { Target } from '../../core/config.ts'
import type { Estimate } from './estimate.ts'

/** A target that a call could use. */
export type Candidate = {
  readonly target: Target
  /** Share of the draw that the route gives it, before exclusions; 0 for chain-only targets. */
  readonly weight: number
  /** The same without what the table gives it for exploration; absent: the same. */
  readonly core?: number
  /** Place in the chain, from 0; `undefined`: not in it, so never failed over to. */
  readonly link: number | undefined
  /** USD per 1,000 tokens: the smaller of the link's and the caller's limit; `undefined`: none. */
  readonly ceiling: number | undefined
  readonly estimate: Estimate
  /** Dollars without the cache that this conversation has there; absent: it has none. */
  readonly coldUsd?: number
  /** Members of the request that its wire leaves out; absent: none. */
  readonly dropped?: readonly string[]
  /** A pinned target's own link ceiling: it does not bind an explicit pin, but passing it is recorded. Absent: none, or it binds as `ceiling`. */
  readonly exemptFrom?: number
}

/** Why a candidate is out. */
export type ExclusionReason =
  | 'drained'
  | 'rate_limited'
  | 'cooling'
  | 'unpriced'
  | 'over_ceiling'
  | 'over_max_cost'
  | 'context_window'
  | 'quality_floor'
  | 'effort'
  | 'simulated_mix'
  | 'kind'
  | 'lacks'
  | 'untranslatable'
  | 'other_model'
  | 'bound'
  | 'not_allowed'
  | 'over_budget'
export type Exclusion = {
  readonly target: string
  readonly reason: ExclusionReason
  readonly detail: string
  /** `untranslatable`: the client's members that this target's wire cannot carry. */
  readonly members?: readonly string[]
  /** `rate_limited` and `cooling`: the error it rests for. */
  readonly code?: string
}

export type CeilingRules = { readonly enforce: boolean; readonly refuse: boolean; readonly maxCostUsd: number | undefined }

export type Admission = {
  readonly admitted: readonly Candidate[]
  /** Over their ceiling, passed over for a cheaper one. */
  readonly skipped: readonly Candidate[]
  /** Names of the admitted that are over their ceiling, because nothing admissible is cheaper. */
  readonly waived: ReadonlySet<string>
  readonly exclusions: readonly Exclusion[]
}

/** Applies price and ceiling rules to the candidates that are otherwise able to serve. */
export function admit(able: readonly Candidate[], rules: CeilingRules): Admission {
  if (!rules.enforce) return { admitted: able, skipped: [], waived: new Set(), exclusions: [] }
  const exclusions: Exclusion[] = []
  const within: Candidate[] = []
  const over: Candidate[] = []
  for (const candidate of able) {
    const { target, ceiling, estimate } = candidate
    const bounded = ceiling !== undefined || rules.maxCostUsd !== undefined
    if (bounded && (estimate.usd === undefined || estimate.per1kUsd === undefined)) {
      exclusions.push({ target: target.name, reason: 'unpriced', detail: 'its price is unknown, so no cost ceiling can admit it' })
    } else if (rules.maxCostUsd !== undefined && (estimate.usd ?? 0) > rules.maxCostUsd) {
      exclusions.push({ target: target.name, reason: 'over_max_cost', detail: `estimated $${text(estimate.usd)} for the call, limit $${text(rules.maxCostUsd)}` })
    } else if (ceiling !== undefined && (estimate.per1kUsd ?? 0) > ceiling) over.push(candidate)
    else within.push(candidate)
  }
  const cheapestOver = over.reduce<Candidate | undefined>((best, c) => (best === undefined || usd(c) < usd(best) ? c : best), undefined)
  const waives = cheapestOver !== undefined && !rules.refuse && !within.some((c) => usd(c) < usd(cheapestOver))
  const skipped = over.filter((candidate) => !(waives && candidate === cheapestOver))
  for (const { target, ceiling, estimate } of skipped) {
    exclusions.push({ target: target.name, reason: 'over_ceiling', detail: `estimated $${text(estimate.per1kUsd)} per 1,000 tokens, ceiling $${text(ceiling)}` })
  }
  return {
    admitted: able.filter((candidate) => within.includes(candidate) || (waives && candidate === cheapestOver)),
    skipped,
    waived: new Set(waives ? [cheapestOver.target.name] : []),
    exclusions,
  }
}

/** Estimated dollars for comparisons; an unpriced target counts as dearest. */
export function usd(candidate: Candidate): number {
  return candidate.estimate.usd ?? Infinity
}

function text(value: number | undefined): string {
  return value === undefined ? 'unknown' : String(Number(value.toPrecision(4)))
}
