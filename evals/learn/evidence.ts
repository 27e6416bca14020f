// Rows → the typed evidence of one task: per candidate its samples by suite, its production, and what it did elsewhere.
// Pure. It picks, per suite, the one version and grader by which candidates are compared; it never pools graders, suite
// versions or the two sides of the simulated/real divide.
import type { z } from 'zod'
import { candidateNames, type Config, type Target, type Task } from '../../core/config.ts'
import { ERROR_CATALOGUE } from '../../core/errors.ts'
import { drawnRow, evalRow, productionRow, type learningEvidence } from '../../store/queries/evidence.ts'
import { elsewhereOf, type Elsewhere } from './prior.ts'
import { estimateSample, sampleKind, type EvalRow, type Sample, type SampleKind } from './samples.ts'

/** Production of one target at one task. */
export type ProductionRow = z.output<typeof productionRow>
/** How often a target was drawn, and how often it should have been. */
export type DrawnRow = z.output<typeof drawnRow>

/**
 * An estimate from labelled rows that replaces the raw counts of a grader with known error (prediction-powered inference):
 * e on the sample's own scale and its standard deviation.
 */
export type Calibration = {
  readonly suite: string
  readonly grader: string
  readonly kind: SampleKind
  readonly evidenceKey: string
  readonly e: number
  readonly sd: number
  readonly labelled: number
}

/** All rows of one side of the divide, as the query answered them. */
export type EvidenceRows = {
  readonly simulated: boolean
  readonly evals: readonly EvalRow[]
  readonly production: readonly ProductionRow[]
  readonly draws?: readonly DrawnRow[]
  readonly calibrations?: readonly Calibration[]
}

/** The rows of `learning_evidence`, each read by the shape of its source. Throws a ZodError for a row of another shape. */
export function readRows(simulated: boolean, rows: readonly z.output<(typeof learningEvidence)['row']>[]): EvidenceRows {
  const of = <T>(source: string, shape: z.ZodType<T>): T[] => rows.filter((row) => row.source === source).map((row) => shape.parse(JSON.parse(row.row)))
  return { simulated, evals: of('eval', evalRow), production: of('production', productionRow), draws: of('draws', drawnRow) }
}

/** By which suite, version and grader the candidates of a task are compared. */
export type Basis = {
  /** Unique: suite and kind. */
  readonly id: string
  readonly suite: string
  readonly suiteHash: string
  readonly grader: string
  readonly kind: SampleKind
  /** How much the suite says about the task, in (0, 1]. */
  readonly informs: number
}

export type BasisSample = Sample & { readonly basis: Basis; readonly calibrated: boolean }

/** Everything known about one candidate. */
export type CandidateEvidence = {
  readonly target: Target
  readonly samples: readonly BasisSample[]
  /** Ids of the task's bases that this target was not graded on. */
  readonly missing: readonly string[]
  /** What the target did on suites that say nothing about this task. */
  readonly elsewhere: Elsewhere | undefined
  readonly production: ProductionRow | undefined
  /** Its trials' tokens and dollars, for a target that has no traffic yet. */
  readonly trialCosts: { readonly priced: number; readonly costUsd: number; readonly counted: number; readonly inputTokens: number; readonly outputTokens: number }
}

export type TaskEvidence = {
  readonly task: Task
  readonly simulated: boolean
  /** Whether the config has a suite for this task at all. */
  readonly informed: boolean
  readonly bases: readonly Basis[]
  readonly candidates: readonly CandidateEvidence[]
  /** Scored trials behind the candidates, and the days they ran on. */
  readonly trials: number
  readonly days: number
  readonly unscored: number
  readonly calls: number
}

/** Error codes of an attempt that are the provider's fault; the others say nothing about a target. */
export const FAULT_CODES: readonly string[] = Object.entries(ERROR_CATALOGUE)
  .filter(([code, answer]) => code.startsWith('provider_') && answer.failOver)
  .map(([code]) => code)

/** Gathers the evidence of a task. Rows of the other side of the divide give none: real and simulated never meet. */
export function gatherEvidence(config: Config, task: Task, rows: EvidenceRows): TaskEvidence {
  const targets = candidateNames(task).flatMap((name) => config.targets.get(name) ?? [])
  const comparable = rows.simulated === task.simulated
  const keys = new Set(targets.map((target) => target.evidenceKey))
  const evals = comparable ? rows.evals.filter((row) => keys.has(row.evidence_key)) : []
  const production = comparable ? rows.production.filter((row) => row.task === task.name) : []
  const bases = [...config.suites.values()].flatMap((suite) => {
    const informs = suite.informs.get(task.name) ?? 0
    return informs > 0 ? basesOf(suite.name, informs, evals) : []
  })
  const elsewhereBases = [...config.suites.values()].filter((suite) => (suite.informs.get(task.name) ?? 0) === 0).flatMap((suite) => basesOf(suite.name, 1, evals))
  const elsewhere = elsewhereOf(elsewhereBases.map((basis) => samplesOn(basis, targets, evals)))
  const candidates = targets.map((target) => candidateOf(target, bases, elsewhere, evals, production, rows.calibrations ?? []))
  const samples = uniqueByKey(candidates).flatMap((candidate) => candidate.samples)
  return {
    task,
    simulated: rows.simulated,
    informed: [...config.suites.values()].some((suite) => (suite.informs.get(task.name) ?? 0) > 0),
    bases,
    candidates,
    trials: samples.reduce((sum, sample) => sum + sample.trials, 0),
    days: new Set(samples.flatMap((sample) => sample.days)).size,
    unscored: samples.reduce((sum, sample) => sum + sample.unscored, 0),
    calls: uniqueByKey(candidates).reduce((sum, candidate) => sum + (candidate.production?.calls ?? 0), 0),
  }
}

// Two names for the same provider, model and effort share their evidence; it is counted once.
function uniqueByKey(candidates: readonly CandidateEvidence[]): CandidateEvidence[] {
  return [...new Map(candidates.map((candidate) => [candidate.target.evidenceKey, candidate])).values()]
}

/**
 * The version and grader of a suite that graded the most candidates, the newest of those: a run under a new grader counts
 * once it covers as many, and until then the complete comparison stands.
 */
function basesOf(suite: string, informs: number, evals: readonly EvalRow[]): Basis[] {
  type Choice = { basis: Basis; keys: Set<string>; lastAt: number }
  const choices = new Map<string, Choice>()
  for (const row of evals) {
    if (row.suite !== suite || row.trials === 0) continue
    const kind = sampleKind(row)
    const name = JSON.stringify([kind, row.suite_hash, row.grader])
    const choice = choices.get(name) ?? { basis: { id: `${suite}/${kind}`, suite, suiteHash: row.suite_hash, grader: row.grader, kind, informs }, keys: new Set<string>(), lastAt: 0 }
    choice.keys.add(row.evidence_key)
    choice.lastAt = Math.max(choice.lastAt, row.last_at)
    choices.set(name, choice)
  }
  const best = new Map<string, Choice>()
  for (const [, choice] of [...choices].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const other = best.get(choice.basis.id)
    const better = other === undefined || choice.keys.size > other.keys.size || (choice.keys.size === other.keys.size && choice.lastAt > other.lastAt)
    if (better) best.set(choice.basis.id, choice)
  }
  return [...best.values()].map((choice) => choice.basis).sort((a, b) => (a.id < b.id ? -1 : 1))
}

function candidateOf(
  target: Target,
  bases: readonly Basis[],
  elsewhere: ReadonlyMap<string, Elsewhere>,
  evals: readonly EvalRow[],
  production: readonly ProductionRow[],
  calibrations: readonly Calibration[],
): CandidateEvidence {
  const own = evals.filter((row) => row.evidence_key === target.evidenceKey)
  const samples: BasisSample[] = []
  const missing: string[] = []
  for (const basis of bases) {
    const sample = sampleOn(basis, own)
    if (sample === undefined) missing.push(basis.id)
    else samples.push(calibrate(sample, basis, target, calibrations))
  }
  const costRows = bases.flatMap((basis) => own.filter((row) => isOf(basis, row)))
  const total = (pick: (row: EvalRow) => number): number => costRows.reduce((sum, row) => sum + pick(row), 0)
  return {
    target,
    samples,
    missing,
    elsewhere: elsewhere.get(target.evidenceKey),
    production: production.find((row) => row.evidence_key === target.evidenceKey),
    trialCosts: {
      priced: total((row) => row.priced),
      costUsd: total((row) => row.usd),
      counted: total((row) => row.counted),
      inputTokens: total((row) => row.tokens_in),
      outputTokens: total((row) => row.tokens_out),
    },
  }
}

function isOf(basis: Basis, row: EvalRow): boolean {
  return row.suite === basis.suite && row.suite_hash === basis.suiteHash && row.grader === basis.grader && sampleKind(row) === basis.kind
}

function sampleOn(basis: Basis, rows: readonly EvalRow[]): Sample | undefined {
  return estimateSample(basis.kind, rows.filter((row) => isOf(basis, row)))
}

/** By evidence key, for the two names of one model count once. */
function samplesOn(basis: Basis, targets: readonly Target[], evals: readonly EvalRow[]): Map<string, Sample> {
  return new Map(
    targets.flatMap(({ evidenceKey }) => {
      const sample = sampleOn(basis, evals.filter((row) => row.evidence_key === evidenceKey))
      return sample === undefined ? [] : [[evidenceKey, sample] as const]
    }),
  )
}

function calibrate(sample: Sample, basis: Basis, target: Target, calibrations: readonly Calibration[]): BasisSample {
  const found = calibrations.find((c) => c.suite === basis.suite && c.grader === basis.grader && c.kind === basis.kind && c.evidenceKey === target.evidenceKey)
  if (found === undefined) return { ...sample, basis, calibrated: false }
  // The interval of the labelled rows decides how many questions the estimate is worth, never more than were asked.
  const perItem = Math.max(0.05, found.e * (1 - found.e))
  const items = found.sd > 0 ? Math.min(sample.items, perItem / found.sd ** 2) : sample.items
  return { ...sample, e: found.e, variance: Math.max(found.sd ** 2, 1e-9), items, basis, calibrated: true }
}
