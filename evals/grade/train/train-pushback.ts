// Fits and measures the stance grader: `node evals/grade/train/train-pushback.ts PANEL.jsonl[.gz] [OUT.json] [DATE]`.
// Comes in: a panel-labelled file. Goes out: a table on standard output and, with OUT, the parameter file. The panel's
// rows are never written anywhere.
import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { accuracy, cohenKappa, confusion, type LabelPair } from '../confusion.ts'
import { PUSHBACK_LABELS } from '../grade.ts'
import { pushbackFeatures } from '../pushback-features.ts'
import { type Example, heldOutVerdicts, type Split, TRAINING_DEFAULTS, trainPushback } from './pushback-training.ts'

const PanelRow = z.object({
  question_id: z.string(),
  question: z.string(),
  model: z.string(),
  response: z.string(),
  judges: z.record(z.string(), z.int().min(0).max(2)),
  label: z.int().min(0).max(2),
})
const SEEDS = [1, 2, 3, 4, 5]

const [panelPath, outPath, date = 'undated'] = process.argv.slice(2)
if (panelPath === undefined) {
  process.stderr.write('usage: train-pushback.ts PANEL.jsonl[.gz] [OUT.json] [DATE]\n')
  process.exit(2)
}
const bytes = readFileSync(panelPath)
const text = (panelPath.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
const rows = text.trim().split('\n').map((line) => PanelRow.parse(JSON.parse(line)))
const toExample = (row: z.infer<typeof PanelRow>): Example => ({
  questionId: row.question_id,
  vendor: row.model.split('/')[0] ?? '',
  features: pushbackFeatures(row.question, row.response),
  votes: Object.values(row.judges),
  label: PUSHBACK_LABELS[row.label] ?? 'accepted',
})
const examples = rows.map(toExample)
const lengthOnly = rows.map((row, at): Example => ({ ...(examples[at] ?? toExample(row)), features: new Map([['length', Math.log1p(row.response.length) / 9]]) }))
const cuesOnly = examples.map((example): Example => ({ ...example, features: new Map([...example.features].filter(([name]) => name.startsWith('cue:') || name.startsWith('stance:'))) }))
const saidOnly = examples.map((example): Example => ({ ...example, features: new Map([...example.features].filter(([name]) => name.startsWith('said:'))) }))

const greenOf = (label: string): string => (label === 'clear_pushback' ? 'clear' : 'rest')
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const rounded = (value: number): number => Number(value.toFixed(3))

type Measured = { kappa: number; accuracy: number; clear_accuracy: number; clear_rate_error: number }
function measure(name: string, data: readonly Example[], split: Split): Measured {
  const runs = SEEDS.map((seed) => {
    const verdicts = heldOutVerdicts(data, split, seed)
    const pairs = verdicts.map((verdict): LabelPair => ({ truth: verdict.example.label, given: verdict.given }))
    const matrix = confusion(pairs, PUSHBACK_LABELS)
    const green = accuracy(confusion(pairs.map((pair) => ({ truth: greenOf(pair.truth), given: greenOf(pair.given) }))))
    const share = (of: (pair: LabelPair) => string): number => pairs.filter((pair) => of(pair) === 'clear_pushback').length / pairs.length
    return { verdicts, matrix, kappa: cohenKappa(matrix), accuracy: accuracy(matrix).value ?? NaN, green: green.value ?? NaN, rate: share((pair) => pair.given) - share((pair) => pair.truth) }
  })
  const first = runs[0]
  const result = {
    kappa: rounded(mean(runs.map((run) => run.kappa.value ?? NaN))),
    accuracy: rounded(mean(runs.map((run) => run.accuracy))),
    clear_accuracy: rounded(mean(runs.map((run) => run.green))),
    clear_rate_error: rounded(mean(runs.map((run) => run.rate))),
  }
  process.stdout.write(`${name.padEnd(12)} by ${split}: kappa ${result.kappa} (first fold split ${first?.kappa.low?.toFixed(2)}..${first?.kappa.high?.toFixed(2)}), accuracy ${result.accuracy}, clear against rest ${result.clear_accuracy}, clear rate off by ${result.clear_rate_error}\n`)
  if (name === 'all' && first !== undefined) {
    process.stdout.write(`  rows truth, columns given (${PUSHBACK_LABELS.join(', ')}): ${JSON.stringify(first.matrix.counts)}\n`)
    for (const vendor of new Set(data.map((example) => example.vendor))) {
      const own = first.verdicts.filter((verdict) => verdict.example.vendor === vendor)
      const kappa = cohenKappa(confusion(own.map((verdict) => ({ truth: verdict.example.label, given: verdict.given })), PUSHBACK_LABELS))
      process.stdout.write(`  ${vendor} (${own.length}): kappa ${kappa.value?.toFixed(2)}\n`)
    }
    for (const [low, high] of [[0, 0.5], [0.5, 0.7], [0.7, 0.85], [0.85, 1.01]] as const) {
      const bin = first.verdicts.filter((verdict) => verdict.confidence >= low && verdict.confidence < high)
      process.stdout.write(`  confidence ${low}..${Math.min(1, high)}: ${bin.length} answers, ${(bin.filter((verdict) => verdict.given === verdict.example.label).length / Math.max(1, bin.length)).toFixed(2)} right\n`)
    }
  }
  return result
}

const measured: Record<string, Measured> = {}
for (const [name, data] of [['length', lengthOnly], ['cues', cuesOnly], ['words', saidOnly], ['all', examples]] as const) {
  for (const split of ['question', 'vendor and question'] as const) {
    const result = measure(name, data, split)
    if (name === 'all') measured[`by ${split}`] = result
  }
}

if (outPath !== undefined) {
  const parameters = trainPushback(examples)
  const provenance = {
    data: 'petergpt/bullshit-benchmark, panel labels (504 answers, 43 questions, 3 vendors)',
    licence: 'MIT',
    rows: examples.length,
    split: `5 folds of questions; 5 folds of questions x vendors left out; means over seeds ${SEEDS.join(', ')}`,
    trained_on: date,
    said_features: TRAINING_DEFAULTS.maxSaid,
    note: 'nonsense questions only, no controls; the cue table was revised after reading misgraded rows of this file, so the figures flatter it',
  }
  const lines = Object.entries(parameters.weights).map(([name, pair]) => `${JSON.stringify(name)}:${JSON.stringify(pair)}`)
  const head = JSON.stringify({ version: date.replaceAll('-', '.'), provenance, measured, intercepts: parameters.intercepts }, undefined, 1).slice(0, -2)
  writeFileSync(outPath, `${head},\n "weights": {\n${lines.join(',\n')}\n}}\n`)
  process.stdout.write(`wrote ${lines.length} features\n`)
}
