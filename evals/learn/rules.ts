// The learner's constants in one place, each with its meaning and where it comes from. Tests and replays may pass others;
// what a person may set is in the config (half lives, exploration, SLO, seed, value per answer, canary). Replays and their
// sensitivity to each of these: docs/learning.md.

/** Numbers that the formulae of posterior, utility, weights, gates, canaries and drift use. */
export type LearningRules = {
  /** Standard deviation of what production can never say about quality, however much of it there is: at most 1/τ² precision. */
  readonly productionTau: number
  /** How many items the prior is worth, for quality and for log cost. */
  readonly priorItems: number
  /** The most that a prior of quality may be worth, however well other suites agree on a target. */
  readonly priorMostItems: number
  /** Prior of a target's failed attempts: mean, and how many attempts it is worth. */
  readonly errorPrior: { readonly rate: number; readonly attempts: number }
  /** η: utility lost per whole SLO that p95 lies above the SLO. */
  readonly latencyPenalty: number
  /** ρ: utility lost per failed attempt; the chain still answers and its dollars are already in the cost, so it is the wait. */
  readonly errorPenalty: number
  /** Posterior draws behind every probability. */
  readonly draws: number
  /** Core shares go by P(best) to this power. */
  readonly concentration: number
  /** P(best) from which a target is worth exploring. */
  readonly plausible: number
  /** Utilities closer than this count as equal, and the cheaper target gets the share. */
  readonly indifference: number
  readonly gates: {
    /** A target may give or take traffic from this many effective questions on … */
    readonly minEvals: number
    /** … or this many observed production calls. */
    readonly minProduction: number
    /** With fewer questions than that, but at least so many, it may in moves with `fewProbability`. */
    readonly fewestEvals: number
    readonly fewProbability: number
    readonly minGain: number
    /** The gain that is enough where P(gain > 0) ≥ `fewProbability`. */
    readonly certainGain: number
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
  /** Two sets of weights on live calls: a canary against the champion, or a publication against what it replaced. */
  readonly trial: {
    /** Error of the confidence sequence over all looks. */
    readonly alpha: number
    /** Utility that may be lost: a lower bound of the loss above it goes back. */
    readonly maxLoss: number
    /** Calls of the newer weights below which nothing is concluded. */
    readonly fewestCalls: number
    /** Calls at which the sequence is tightest. */
    readonly tightestAt: number
    /** How long a publication is compared with what it replaced. */
    readonly watchDays: number
    /** How long a task that was rolled back stays as it is. */
    readonly freezeHours: number
  }
  readonly drift: {
    /** Fall of a night's mean below its reference that counts for nothing. */
    readonly slack: number
    /** Sum of falls at which the alarm goes: so many questions' worth of the night, .25/.10/.05 at 20/50/100 (EVIDENCE §3.9), … */
    readonly thresholdQuestions: number
    /** … never less than this, and no night of fewer questions counts. */
    readonly leastThreshold: number
    readonly fewestQuestions: number
    /** Nights and questions that a reference needs. */
    readonly referenceNights: number
    readonly referenceQuestions: number
    /** What evidence from before the change is worth after an alarm. */
    readonly discount: number
    /** False discoveries among tripwires. */
    readonly tripwireQ: number
    /** Smallest changes worth a mark: ln output length, share of refusals, ln time to first token. */
    readonly leastLength: number
    readonly leastRefusals: number
    readonly leastFirstToken: number
    /** How long a mark asks for more probes. */
    readonly openDays: number
  }
  readonly data: {
    /** Share of a newest run's answers that may be unscored before it is no evidence of anything. */
    readonly mostUnscored: number
    /** A target with answers to fewer questions in a run than this share of the others' is missing from it. */
    readonly leastCoverage: number
    /** p-value below which draws and their logged probabilities contradict each other. */
    readonly drawsAlpha: number
    /** A clock that stands this much before what it has already stamped is wrong. */
    readonly clockToleranceMs: number
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
  priorMostItems: 30,
  errorPrior: { rate: 0.02, attempts: 25 },
  latencyPenalty: 0.05,
  errorPenalty: 0.1,
  draws: 2_000,
  concentration: 4,
  plausible: 0.01,
  indifference: 0.005,
  gates: { minEvals: 30, minProduction: 200, fewestEvals: 10, fewProbability: 0.99, minGain: 0.005, certainGain: 0.001, minProbability: 0.9, maxAutoStep: 0.25, minHoursBetweenPublishes: 24 },
  guardrails: { leaveAt: 0.9, stayOutAt: 0.5 },
  trial: { alpha: 0.05, maxLoss: 0.01, fewestCalls: 30, tightestAt: 2_000, watchDays: 7, freezeHours: 72 },
  drift: {
    slack: 0.05,
    thresholdQuestions: 5,
    leastThreshold: 0.025,
    fewestQuestions: 20,
    referenceNights: 2,
    referenceQuestions: 60,
    discount: 0.2,
    tripwireQ: 0.01,
    leastLength: 0.15,
    leastRefusals: 0.05,
    leastFirstToken: 0.4,
    openDays: 7,
  },
  data: { mostUnscored: 0.5, leastCoverage: 0.5, drawsAlpha: 1e-5, clockToleranceMs: 300_000 },
  expiresAfterMs: 7 * 86_400_000,
  halfLivesRead: 5,
}
