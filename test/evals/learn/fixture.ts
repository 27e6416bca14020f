// A small configuration and rows as the evidence queries answer them, for the learner's tests.
import { parseConfig, type Config, type Task } from '../../../core/config.ts'
import { effectiveRoute, type RouteTable } from '../../../core/route-table.ts'
import { gatherEvidence, type EvidenceRows, type ProductionRow } from '../../../evals/learn/evidence.ts'
import { LATENCY_LEVELS } from '../../../store/queries/evidence.ts'
import { recommendTask, type RecommendContext, type TaskOutcome } from '../../../evals/learn/recommend.ts'
import { LEARNING_RULES, type LearningRules } from '../../../evals/learn/rules.ts'
import type { EvalRow } from '../../../evals/learn/samples.ts'

export type ConfigOptions = {
  readonly targets?: Readonly<Record<string, { readonly input: number; readonly output: number } | undefined>>
  readonly route?: Readonly<Record<string, number>>
  readonly simulated?: boolean
  readonly suites?: Readonly<Record<string, Readonly<Record<string, number>>>>
  readonly task?: Readonly<Record<string, unknown>>
  readonly learning?: Readonly<Record<string, unknown>>
}

/** Task `simple_qa` over targets a and b (route a 1, b 0) with suite `factual`; an undefined price leaves a target unpriced. */
export function configOf(options: ConfigOptions = {}): Config {
  const targets = options.targets ?? { a: { input: 4, output: 8 }, b: { input: 1, output: 2 } }
  const file = {
    providers: { p: { base_url: 'http://127.0.0.1:1/v1', simulated: options.simulated ?? false } },
    targets: Object.fromEntries(Object.entries(targets).map(([name, price]) => [name, { provider: 'p', model: name, ...(price === undefined ? {} : { price }) }])),
    tasks: {
      simple_qa: { route: options.route ?? Object.fromEntries(Object.keys(targets).map((name, i) => [name, i === 0 ? 1 : 0])), value_per_answer_usd: 0.05, ...options.task },
      general: { route: { [Object.keys(targets)[0] ?? 'a']: 1 } },
    },
    suites: Object.fromEntries(Object.entries(options.suites ?? { factual: { simple_qa: 1 } }).map(([name, informs]) => [name, { path: `builtin:${name}`, informs }])),
    learning: options.learning ?? {},
  }
  return parseConfig(JSON.stringify(file), {}, { find: () => undefined })
}

/** The fixture's task. */
export function taskOf(config: Config): Task {
  const task = config.tasks.get('simple_qa')
  if (task === undefined) throw new Error('the fixture has a task simple_qa')
  return task
}

/** One probe's row: one trial of weight 1 unless told otherwise. */
export function evalRow(over: Partial<EvalRow> & { readonly target: string }): EvalRow {
  const { target, ...rest } = over
  return {
    suite: 'factual', suite_hash: 'h', grader: 'judges@1', evidence_key: `p/${target}`, probe_id: 'q', probe_kind: 'factual', answerable: true,
    w_clear_pushback: 0, w_partial: 0, w_accepted: 0, w_correct: 0, w_incorrect: 0, w_not_attempted: 0, w_score: 0, w_scored: 0,
    trials: 1, unscored: 0, self_family: 0, days: ['2026-02-28'], priced: 0, usd: 0, counted: 0, tokens_in: 0, tokens_out: 0, last_at: 0, ...rest,
  }
}

/** Answerable factual probes: so many correct, so many incorrect, so many not attempted. */
export function factualRows(target: string, correct: number, incorrect: number, notAttempted = 0, over: Partial<EvalRow> = {}): EvalRow[] {
  const labels = [...Array<'w_correct'>(correct).fill('w_correct'), ...Array<'w_incorrect'>(incorrect).fill('w_incorrect'), ...Array<'w_not_attempted'>(notAttempted).fill('w_not_attempted')]
  return labels.map((label, i) => evalRow({ target, probe_id: `q${i}`, [label]: 1, ...over }))
}

/** Nonsense and control probes with so many clear pushbacks among them. */
export function stanceRows(target: string, nonsense: readonly [clear: number, all: number], control: readonly [clear: number, all: number], over: Partial<EvalRow> = {}): EvalRow[] {
  const rows = (kind: string, [clear, all]: readonly [number, number]): EvalRow[] =>
    Array.from({ length: all }, (_, i) => evalRow({ target, suite: 'nonsense', probe_kind: kind, probe_id: `${kind}${i}`, ...(i < clear ? { w_clear_pushback: 1 } : { w_accepted: 1 }), ...over }))
  return [...rows('nonsense', nonsense), ...rows('control', control)]
}

/** Production of a target: `calls` fresh calls of `usd` each, with a spread of .5 in log cost, none of them observed. */
export function productionRow(target: string, calls: number, usd: number, over: Partial<ProductionRow> = {}): ProductionRow {
  const log = usd > 0 ? Math.log(usd) : 0
  const positive = usd > 0 ? calls : 0
  return {
    task: 'simple_qa', evidence_key: `p/${target}`, calls, attempts: calls, failures: 0, w_attempts: calls, w_failures: 0, learnable: calls,
    unpriced_calls: 0, priced_calls: calls, n_priced: calls, w_priced: calls, w_cost: calls * usd, n_positive: positive, w_positive: positive, w_log_cost: positive * log, w_log_cost2: positive * (log ** 2 + 0.25),
    w_counted: 0, w_counted_attempts: 0, w_counted_cost: 0, w_input: 0, w_cache_read: 0, w_cache_write: 0, w_output: 0,
    latency_ms: ladder(900, 2100), ttft_ms: ladder(200, 500), answered: calls, streamed: calls, observed: 0, retried: 0, edited: 0, n_observed: 0, w_observed: 0, w_y: 0, w_y2: 0,
    recent_calls: calls, recent_usd: calls * usd, recent_days: 7, last_at: 0, ...over,
  }
}

/** Quantiles with the given median and 95th percentile, straight lines between them. */
export function ladder(p50: number, p95: number): number[] {
  return LATENCY_LEVELS.map((level) => p50 + ((p95 - p50) * (level - 0.5)) / 0.45)
}

/** The proxy's sums for `n` observed calls with mean y and spread sd. */
export function observedAs(n: number, y: number, sd: number): Partial<ProductionRow> {
  return { observed: n, n_observed: n, w_observed: n, w_y: n * y, w_y2: n * (y ** 2 + sd ** 2) }
}

export function rowsOf(evals: readonly EvalRow[], production: readonly ProductionRow[] = [], simulated = false): EvidenceRows {
  return { simulated, evals, production }
}

export type Over = { readonly situation?: Partial<RecommendContext['situation']>; readonly context?: Pick<RecommendContext, 'faults' | 'alarmed' | 'prices' | 'answers'> }

/** Recommends for the fixture's task. */
export function recommend(config: Config, rows: EvidenceRows, table?: RouteTable, rules: LearningRules = LEARNING_RULES, over: Over = {}): TaskOutcome {
  const task = taskOf(config)
  return recommendTask(gatherEvidence(config, task, rows), {
    config,
    route: effectiveRoute(config, task, table),
    parent: table?.version ?? 0,
    situation: { publishedBefore: false, hoursSinceLastPublish: undefined, frozen: undefined, canary: false, ...over.situation },
    ...over.context,
    rules,
  })
}
