// Beliefs as intervals for people and for the route table: 95%, with the count behind them.
import type { Interval, TargetEvidence } from '../../core/route-table.ts'
import { betaQuantile, criticalValue } from '../stats/quantiles.ts'
import { wilson } from '../stats/rates.ts'
import type { Posterior } from './posterior.ts'
import type { Share } from './samples.ts'
import type { Terms } from './utility.ts'

const Z95 = criticalValue(0.95)

/** The intervals of one posterior; `undefined` where nothing is known. */
export type Intervals = {
  readonly quality: Interval | undefined
  readonly costPerCallUsd: Interval | undefined
  readonly errorRate: Interval | undefined
  readonly hallucinationRate: Interval | undefined
  readonly pushbackRate: Interval | undefined
}

export function intervalsOf(posterior: Posterior): Intervals {
  const { quality, cost, errors } = posterior
  return {
    quality:
      quality === undefined
        ? undefined
        : { value: round(quality.mean), low: round(Math.max(0, quality.mean - Z95 * quality.sd)), high: round(Math.min(1, quality.mean + Z95 * quality.sd)), n: Math.round(posterior.items) },
    costPerCallUsd:
      cost === undefined
        ? undefined
        : { value: round(cost.meanUsd), low: round(cost.meanUsd * Math.exp(-Z95 * cost.logSd)), high: round(cost.meanUsd * Math.exp(Z95 * cost.logSd)), n: cost.n },
    errorRate: errors.attempts === 0 ? undefined : errorInterval(posterior),
    hallucinationRate: shareInterval(posterior.hallucination),
    pushbackRate: shareInterval(posterior.pushback),
  }
}

/** The evidence of one posterior as the route table keeps it. */
export function tableEvidence(posterior: Posterior, pBest: number | undefined, terms: Terms | undefined): TargetEvidence {
  const intervals = intervalsOf(posterior)
  return {
    evidence_key: posterior.evidenceKey,
    ...(intervals.quality === undefined ? {} : { quality: intervals.quality }),
    ...(intervals.costPerCallUsd === undefined ? {} : { cost_per_call_usd: intervals.costPerCallUsd }),
    ...(posterior.latency === undefined ? {} : { latency_p95_ms: round(posterior.latency.p95.value) }),
    ...(intervals.errorRate === undefined ? {} : { error_rate: intervals.errorRate }),
    ...(intervals.hallucinationRate === undefined ? {} : { hallucination_rate: intervals.hallucinationRate }),
    ...(intervals.pushbackRate === undefined ? {} : { pushback_rate: intervals.pushbackRate }),
    ...(pBest === undefined ? {} : { p_best: round(pBest) }),
    ...(terms === undefined ? {} : { terms: roundedTerms(terms) }),
    evals: posterior.trials,
    calls: posterior.calls,
  }
}

/** Terms to six significant digits. */
export function roundedTerms({ quality, cost, latency, errors, utility }: Terms): Terms {
  return { quality: round(quality), cost: round(cost), latency: round(latency), errors: round(errors), utility: round(utility) }
}

function shareInterval(share: Share | undefined): Interval | undefined {
  if (share === undefined) return undefined
  const { value, low, high } = wilson(share.share * share.items, share.items)
  return value === undefined || low === undefined || high === undefined ? undefined : { value: round(value), low: round(low), high: round(high), n: Math.round(share.items) }
}

function errorInterval({ errors }: Posterior): Interval {
  const at = (p: number): number => round(betaQuantile(p, errors.a, errors.b))
  return { value: round(errors.a / (errors.a + errors.b)), low: at(0.025), high: at(0.975), n: errors.attempts }
}

/** Six significant digits: what a person reviews, and the same text on every machine. */
export function round(value: number): number {
  return Number(value.toPrecision(6))
}
