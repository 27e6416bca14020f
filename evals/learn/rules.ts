// The learner's constants in one place, each with its meaning and where it comes from. Tests and replays may pass others;
// what a person may set is in the config (half lives, exploration, SLO, seed, value per answer).

/** Numbers that the formulae of posterior, utility, weights and gates use. */
export type LearningRules = {
  /** Standard deviation of what production can never say about quality, however much of it there is: at most 1/τ² precision. */
  readonly productionTau: number
  /** How many items the prior is worth, for quality and for log cost. */
  readonly priorItems: number
  /** Prior of a target's failed attempts: mean, and how many attempts it is worth. */
  readonly errorPrior: { readonly rate: number; readonly attempts: number }
  /** η: utility lost per whole SLO that p95 lies above the SLO. */
  readonly latencyPenalty: number
  /** ρ: utility lost per failed attempt; the chain still answers and its dollars are already in the cost, so it is the wait. */
  readonly errorPenalty: number
  /** Posterior draws behind every probability. */
  readonly draws: number
  /** Utilities closer than this count as equal, and the cheaper target gets the share. */
  readonly indifference: number
  readonly gates: {
    /** A target may give or take traffic from this many effective questions on … */
    readonly minEvals: number
    /** … or this many observed production calls. */
    readonly minProduction: number
    readonly minGain: number
    readonly minProbability: number
    /** Total variation that may move without a person, per cycle. */
    readonly maxAutoStep: number
    readonly minHoursBetweenPublishes: number
  }
  readonly guardrails: {
    /** Probability of a breach from which a target leaves the draw. */
    readonly leaveAt: number
    /** A target that is out stays out while the probability is at least this, so that it does not flap. */
    readonly stayOutAt: number
  }
  /** How long a recommendation may be applied. */
  readonly expiresAfterMs: number
  /** Half lives of evidence that are read back; older evidence weighs less than 2^−this. */
  readonly halfLivesRead: number
}

/** The rules in force. */
export const LEARNING_RULES: LearningRules = {
  productionTau: 0.05,
  priorItems: 6,
  errorPrior: { rate: 0.02, attempts: 25 },
  latencyPenalty: 0.05,
  errorPenalty: 0.1,
  draws: 2_000,
  indifference: 0.02,
  gates: { minEvals: 30, minProduction: 200, minGain: 0.005, minProbability: 0.9, maxAutoStep: 0.25, minHoursBetweenPublishes: 24 },
  guardrails: { leaveAt: 0.9, stayOutAt: 0.5 },
  expiresAfterMs: 7 * 86_400_000,
  halfLivesRead: 5,
}
