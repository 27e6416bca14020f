// The JSON of the eval pages: of the database, and of the admin routes that hold words and take labels. Types only.
import type { z } from 'zod'
import type { runsListed, probeTrials, runProbes, runSummary } from '../../../store/queries/eval-pages.ts'
import type { Frame } from './scope.ts'

type RowOf<Q extends { row: z.ZodObject }> = z.output<Q['row']>
export type EvalRun = RowOf<typeof runsListed>
export type SuiteTarget = RowOf<typeof runSummary>
export type RunProbe = RowOf<typeof runProbes>
export type ProbeTrial = RowOf<typeof probeTrials>

/** GET /api/ui/evals?… */
export type EvalsAnswer = { readonly frame: Frame; readonly runsFromMs: number; readonly runs: readonly EvalRun[] }

/** GET /api/ui/evals/RUN?simulated=&against=RUN */
export type RunAnswer = {
  readonly run_id: string
  readonly simulated: boolean
  readonly summary: readonly SuiteTarget[]
  readonly probes: readonly RunProbe[]
  /** Whether there are more probes than these. */
  readonly truncated: boolean
  /** The run it is laid beside: the one named, else the newest earlier one with a suite in common; `null`: there is none. */
  readonly against: { readonly run_id: string; readonly last_at: number; readonly summary: readonly SuiteTarget[]; readonly probes: readonly RunProbe[] } | null
  /** Other runs that share a suite, newest first. */
  readonly others: readonly { readonly run_id: string; readonly last_at: number }[]
}

/** GET /api/ui/evals/RUN/probe?simulated=&suite=&probe= */
export type ProbeAnswer = { readonly trials: readonly ProbeTrial[] }

/** GET /admin/evals/answers?run=&suite=&probe=: the words, from the run's own record. */
export type WordsAnswer = {
  readonly question: string | null
  /** What is known of the right answer, for a person who judges. */
  readonly about: string | null
  readonly answers: readonly { readonly target: string; readonly epoch: number; readonly status: string; readonly label: string | null; readonly reason: string; readonly answer: string; readonly trace_id: string }[]
}

/** GET /admin/evals/runs: runs whose answers lie where the learner runs; only these can be labelled. */
export type KeptRunsAnswer = { readonly runs: readonly { readonly run: string; readonly started_at: string; readonly suites: readonly string[]; readonly targets: readonly string[]; readonly grader: string }[] }

/** GET /admin/evals/labels/next?run=&by= ; blind: nothing in it tells the target. */
export type NextLabelAnswer = {
  readonly run: string
  readonly done: number
  readonly total: number
  readonly task: { readonly id: string; readonly suite: string; readonly question: string; readonly about: string; readonly answer: string; readonly choices: readonly string[] } | null
}

/** POST /admin/evals/labels */
export type LabelledAnswer = { readonly run: string; readonly done: number; readonly total: number; /** Whether the collector has it too. */ readonly delivered: boolean }
