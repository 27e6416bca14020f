// Evidence as a small file that may travel with a repository: what each target made of each probe, one letter an answer, without
// any text. Comes in: trials. Goes out: JSON lines, and trials again. About one byte a trial; a year of nights stays below some megabytes.
import { z } from 'zod'
import type { Target } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { jsonOf } from '../../core/json.ts'
import { LABEL_SOURCES, trialScore, type Trial } from '../replay/trial.ts'

/** Status or label → its letter. A letter never changes its meaning. */
const LETTERS: Readonly<Record<string, string>> = {
  clear_pushback: 'C', partial: 'p', accepted: 'a', correct: 'c', incorrect: 'i', not_attempted: 'n', pass: 'P', fail: 'F',
  refused: 'R', empty: 'E', truncated: 'T', provider_error: 'X', judge_error: 'J', budget_skipped: 'B',
}
const MEANINGS = new Map(Object.entries(LETTERS).map(([word, letter]) => [letter, word]))
const STATUSES: ReadonlySet<string> = new Set(['refused', 'empty', 'truncated', 'provider_error', 'judge_error', 'budget_skipped'])
/** The probe was not asked in this run. */
const NOTHING = '-'

const probeFacts = z.tuple([z.string(), z.enum(['nonsense', 'control', 'factual', 'task']), z.boolean(), z.string(), z.string()])
const suiteLine = z.strictObject({ t: z.literal('suite'), suite: z.string(), hash: z.string(), probes: z.array(probeFacts) })
const resultsLine = z.strictObject({
  t: z.literal('results'),
  run: z.string(),
  at: z.number(),
  suite: z.string(),
  hash: z.string(),
  target: z.string(),
  provider: z.string(),
  model: z.string(),
  effort: z.string().optional(),
  simulated: z.boolean(),
  epoch: z.number().int().min(0),
  grader: z.string(),
  source: z.enum(LABEL_SOURCES).optional(),
  self_family: z.boolean().optional(),
  answers: z.string(),
  /** Scores that the letters do not say, by place. */
  scores: z.record(z.string(), z.number()).optional(),
  usd: z.number().optional(),
  input: z.number().optional(),
  output: z.number().optional(),
  latency_ms: z.number().optional(),
})
type SuiteLine = z.infer<typeof suiteLine>
export type ResultsLine = z.infer<typeof resultsLine>

/** Everything a carried file holds. */
export type Carried = { readonly suites: readonly SuiteLine[]; readonly results: readonly ResultsLine[] }

/** Trials as carried lines, one per run, suite, target, epoch and grader. */
export function carry(trials: readonly Trial[], targets: ReadonlyMap<string, Target>): Carried {
  const suites = [...Map.groupBy(trials, (trial) => `${trial.suite}\u0000${trial.suiteHash}`).values()].map(suiteOf)
  const results = [...Map.groupBy(trials, (trial) => [trial.runId, trial.suite, trial.suiteHash, trial.target, trial.epoch, trial.grader].join('\u0000')).values()].flatMap((group) => {
    const [first] = group
    const target = targets.get(first?.target ?? '')
    const suite = suites.find((one) => one.suite === first?.suite && one.hash === first.suiteHash)
    return first === undefined || target === undefined || suite === undefined ? [] : [resultsOf(first, group, target, suite)]
  })
  return { suites, results }
}

function suiteOf(trials: readonly Trial[]): SuiteLine {
  const [first] = trials
  const probes = new Map(trials.map((trial) => [trial.probeId, [trial.probeId, trial.kind, trial.answerable, trial.domain, trial.technique] as SuiteLine['probes'][number]]))
  return { t: 'suite', suite: first?.suite ?? '', hash: first?.suiteHash ?? '', probes: [...probes.values()].sort(([a], [b]) => (a < b ? -1 : 1)) }
}

function resultsOf(first: Trial, group: readonly Trial[], target: Target, suite: SuiteLine): ResultsLine {
  const byProbe = new Map(group.map((trial) => [trial.probeId, trial]))
  const answers = suite.probes.map(([id]) => letterOf(byProbe.get(id))).join('')
  const scores = Object.fromEntries(suite.probes.flatMap(([id], at) => (byProbe.get(id)?.score === undefined ? [] : [[String(at), trialScore(byProbe.get(id) ?? first) ?? 0]])))
  const known = (pick: (trial: Trial) => number | undefined): number | undefined => (group.some((trial) => trial.status === 'scored' && pick(trial) === undefined) ? undefined : round(group.reduce((sum, trial) => sum + (pick(trial) ?? 0), 0)))
  const latencies = group.flatMap((trial) => trial.latencyMs ?? [])
  return {
    t: 'results',
    run: first.runId,
    at: Math.max(...group.map((trial) => trial.answeredAtMs)),
    suite: first.suite,
    hash: first.suiteHash,
    target: first.target,
    provider: target.provider.name,
    model: target.model,
    ...(target.effort === undefined ? {} : { effort: target.effort }),
    simulated: first.simulated,
    epoch: first.epoch,
    grader: first.grader,
    ...(first.labelSource === undefined ? {} : { source: first.labelSource }),
    ...(group.some((trial) => trial.selfFamilyJudge) ? { self_family: true } : {}),
    answers,
    ...(Object.keys(scores).length === 0 ? {} : { scores }),
    ...optional('usd', known((trial) => trial.costUsd)),
    ...optional('input', known((trial) => trial.inputTokens)),
    ...optional('output', known((trial) => trial.outputTokens)),
    ...optional('latency_ms', latencies.length === 0 ? undefined : Math.round(latencies.reduce((sum, ms) => sum + ms, 0) / latencies.length)),
  }
}

const letterOf = (trial: Trial | undefined): string => (trial === undefined ? NOTHING : (LETTERS[trial.status === 'scored' ? (trial.label ?? '') : trial.status] ?? NOTHING))
const optional = (name: string, value: number | undefined): Record<string, number> => (value === undefined ? {} : { [name]: value })
const round = (value: number): number => Number(value.toPrecision(12))

/** The file's text. Suites that no results speak of are left out. */
export function carriedText({ suites, results }: Carried): string {
  const used = new Set(results.map(({ suite, hash }) => `${suite}\u0000${hash}`))
  const lines = [...suites.filter(({ suite, hash }) => used.has(`${suite}\u0000${hash}`)), ...results]
  return lines.map((line) => `${JSON.stringify(line)}\n`).join('')
}

/** Reads the file's text. Throws `suite_invalid` naming the line. */
export function parseCarried(text: string, path: string): Carried {
  const suites: SuiteLine[] = []
  const results: ResultsLine[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const parsed = z.discriminatedUnion('t', [suiteLine, resultsLine]).safeParse(jsonOf(line))
    if (!parsed.success) throw new WeighbridgeError('suite_invalid', `${path}:${index + 1} is no carried evidence: ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`, { remedy: 'Restore the file from its last good version: it is written by `weighbridge eval nightly` alone.' })
    if (parsed.data.t === 'suite') suites.push(parsed.data)
    else results.push(parsed.data)
  }
  return { suites, results }
}

/** Two files as one: later lines win, results older than `sinceMs` go. */
export function mergeCarried(older: Carried, newer: Carried, sinceMs: number): Carried {
  const suites = new Map([...older.suites, ...newer.suites].map((line) => [`${line.suite}\u0000${line.hash}`, line]))
  const results = new Map([...older.results, ...newer.results].filter((line) => line.at >= sinceMs).map((line) => [[line.run, line.suite, line.hash, line.target, line.epoch, line.grader].join('\u0000'), line]))
  return { suites: [...suites.values()], results: [...results.values()].sort((a, b) => a.at - b.at) }
}

/** The trials that the lines stand for: without texts, with the line's mean cost, tokens and latency on each answered trial. */
export function carriedTrials({ suites, results }: Carried): Trial[] {
  return results.flatMap((line) => {
    const suite = suites.find((one) => one.suite === line.suite && one.hash === line.hash)
    const asked = [...line.answers].filter((letter) => letter !== NOTHING && letter !== LETTERS['budget_skipped']).length
    return (suite?.probes ?? []).flatMap(([probeId, kind, answerable, domain, technique], at) => {
      const word = MEANINGS.get(line.answers[at] ?? NOTHING)
      if (word === undefined) return []
      const each = (total: number | undefined): number | undefined => (total === undefined || asked === 0 ? undefined : total / asked)
      const scored = !STATUSES.has(word)
      return [
        {
          runId: line.run, suite: line.suite, suiteHash: line.hash, probeId, kind, answerable, domain, technique, target: line.target, epoch: line.epoch, simulated: line.simulated,
          status: scored ? 'scored' : (word as Trial['status']), label: scored ? word : undefined, score: line.scores?.[String(at)], confidence: undefined, chance: undefined,
          grader: line.grader, labelSource: line.source, reason: 'carried', votes: [], promptHash: '', selfFamilyJudge: line.self_family === true,
          answer: '', finishReason: undefined, servedModel: '', traceId: '', spanId: '', latencyMs: line.latency_ms, inputTokens: whole(each(line.input)), outputTokens: whole(each(line.output)),
          costUsd: each(line.usd), cachedFrom: undefined, answeredAtMs: line.at, startedAtMs: line.at, chargedUsd: 0, judgeCostUsd: 0,
        } satisfies Trial,
      ]
    })
  })
}

/** Tokens are counted in whole ones. */
const whole = (value: number | undefined): number | undefined => (value === undefined ? undefined : Math.round(value))
