// Whether a suite still tells targets apart. Pure; reports show the sentence beside the suite's rates.

/** Share right above which a target has nothing left to show. */
const SATURATED = 0.9
/** Fewer scored probes say nothing about saturation. */
const LEAST_SCORED = 30

/** How one target did on a suite: probes answered rightly among those scored (a score of ½ counts half). */
export type SuiteScore = { readonly target: string; readonly right: number; readonly scored: number }

/** A warning when every target is right on more than 90%; `undefined` otherwise, or where too few were scored to say. */
export function saturationWarning(suite: string, scores: readonly SuiteScore[]): string | undefined {
  if (scores.length === 0 || scores.some(({ scored }) => scored < LEAST_SCORED)) return undefined
  const worst = scores.reduce((low, score) => (score.right / score.scored < low.right / low.scored ? score : low))
  const share = worst.right / worst.scored
  if (share <= SATURATED) return undefined
  return `${suite} is saturated: every target is right on more than ${100 * SATURATED}% (the least, ${worst.target}, on ${(100 * share).toFixed(0)}%). It no longer tells them apart; add harder probes.`
}
