// What a gate is: a limit that a run's figures are held to, as written in `evals.gates`. Schema and words only; judging is in
// evals/gates.
import { z } from 'zod'

/** Figures a gate can be about. Shares are 0..1; `index` is −100..100; costs are USD, latencies milliseconds. */
export const GATE_METRICS = [
  'pushback_rate',
  'false_pushback_rate',
  'pushback_j',
  'accuracy',
  'hallucination_rate',
  'fabrication_rate',
  'index',
  'mean_score',
  'pass_rate',
  'unscored_rate',
  'cost_per_trial_usd',
  'latency_p95_ms',
] as const
export type GateMetric = (typeof GATE_METRICS)[number]

/** One gate. A bound fails when the evidence shows it broken at the stated false-alarm rate; `strict` asks for evidence that it is kept. */
export const gateSchema = z
  .strictObject({
    metric: z.enum(GATE_METRICS).describe('Figure to hold'),
    max: z.number().finite().optional().describe('Fails above'),
    min: z.number().finite().optional().describe('Fails below'),
    max_regression: z.number().min(0).finite().optional().describe('Fails when the figure is worse than the baseline run by more than this, and the paired difference is evident; needs --baseline'),
    suites: z.array(z.string()).default([]).describe('Suites it holds for; empty: all'),
    targets: z.array(z.string()).default([]).describe('Targets it holds for; empty: all of the run'),
    false_alarms: z.number().gt(0).max(0.5).default(0.05).describe('How often a target that keeps the limit exactly may fail it'),
    strict: z.boolean().default(false).describe('An undecided gate fails as inconclusive (exit 3) instead of passing with a note'),
  })
  .refine((gate) => [gate.max, gate.min, gate.max_regression].filter((limit) => limit !== undefined).length === 1, 'needs exactly one of max, min and max_regression')
export type Gate = z.infer<typeof gateSchema>
