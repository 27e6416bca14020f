// What the offline graders are worth on answers that people's panels have graded: `node bench/graders.ts DATA_DIR`. Prints agreement by
// both splits with baselines beside it, and the error of a green rate that 40 labels of a target correct. Every figure is seeded.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { seededRandom, type Random } from '../core/seams.ts'
import { accuracy, cohenKappa, confusion, type LabelPair } from '../evals/grade/confusion.ts'
import { gradeFactual } from '../evals/grade/factual.ts'
import { PUSHBACK_LABELS } from '../evals/grade/grade.ts'
import { pushbackFeatures } from '../evals/grade/pushback-features.ts'
import { type Example, heldOutVerdicts, type HeldOut, type Split } from '../evals/grade/train/pushback-training.ts'
import { predictionPoweredRate } from '../evals/stats/prediction-powered.ts'

const SEEDS = [1, 2, 3]
const LABELLED = 40
const DRAWS = 4_000
const GREEN = 'clear_pushback'

const panelRow = z.object({ question_id: z.string(), question: z.string(), model: z.string(), response: z.string(), judges: z.record(z.string(), z.int().min(0).max(2)), label: z.int().min(0).max(2) })
const shortRow = z.looseObject({ question: z.string(), gold: z.string(), response: z.string(), grade: z.string() })

const dir = process.argv[2]
if (dir === undefined || !existsSync(dir)) {
  process.stderr.write('usage: node bench/graders.ts DATA_DIR   (pushback_panel_labels.jsonl.gz and short_answer_grades.jsonl.gz)\n')
  process.exit(2)
}
const read = (name: string): unknown[] => gunzipSync(readFileSync(join(dir, name))).toString('utf8').trim().split('\n').map((line): unknown => JSON.parse(line))
const print = (text: string): void => void process.stdout.write(`${text}\n`)
const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

function pushback(): void {
  const rows = read('pushback_panel_labels.jsonl.gz').map((row) => panelRow.parse(row))
  const withFeatures = (features: (row: z.infer<typeof panelRow>) => Example['features']): Example[] =>
    rows.map((row) => ({ questionId: row.question_id, vendor: row.model.split('/')[0] ?? '', features: features(row), votes: Object.values(row.judges), label: PUSHBACK_LABELS[row.label] ?? 'accepted' }))
  const own = rows.map((row) => pushbackFeatures(row.question, row.response))
  const only = (prefixes: readonly string[]): Example[] => withFeatures((row) => new Map([...(own[rows.indexOf(row)] ?? [])].filter(([name]) => prefixes.some((prefix) => name.startsWith(prefix)))))
  const all = only(['said:', 'cue:', 'stance:'])
  const contenders: readonly [string, Example[]][] = [
    ['length only', withFeatures((row) => new Map([['length', Math.log1p(row.response.length) / 9]]))],
    ['model identity', withFeatures((row) => new Map([[`cue:model ${row.model}`, 1], [`cue:vendor ${row.model.split('/')[0]}`, 1]]))],
    ['cue words', only(['cue:', 'stance:'])],
    ['masked words', only(['said:'])],
    ['the grader', all],
  ]
  print(`pushback: ${rows.length} answers, ${new Set(rows.map((row) => row.question_id)).size} questions, means over ${SEEDS.length} fold assignments`)
  let unseen: HeldOut[][] = []
  for (const [name, examples] of contenders)
    for (const split of ['question', 'vendor and question'] satisfies Split[]) {
      const runs = SEEDS.map((seed) => heldOutVerdicts(examples, split, seed))
      if (name === 'the grader' && split === 'vendor and question') unseen = runs
      const kappas = runs.map((run) => cohenKappa(confusion(pairs(run), PUSHBACK_LABELS)).value ?? Number.NaN)
      const right = runs.map((run) => accuracy(confusion(pairs(run), PUSHBACK_LABELS)).value ?? Number.NaN)
      const green = runs.map((run) => accuracy(confusion(pairs(run).map(({ truth, given }) => ({ truth: truth === GREEN ? 'green' : 'rest', given: given === GREEN ? 'green' : 'rest' })))).value ?? Number.NaN)
      print(`  ${name.padEnd(15)} ${`unseen ${split}`.padEnd(28)} kappa ${mean(kappas).toFixed(3)}  accuracy ${mean(right).toFixed(3)}  green against rest ${mean(green).toFixed(3)}`)
    }
  corrected(unseen)
}

const pairs = (run: readonly HeldOut[]): LabelPair[] => run.map(({ example, given }) => ({ truth: example.label, given }))

/** The green rate of each vendor, of whom nothing was trained on: 40 of its answers labelled, the rest graded offline. */
function corrected(runs: readonly HeldOut[][]): void {
  print(`green rate of a vendor that was not trained on, ${LABELLED} of its answers labelled, ${DRAWS} draws each: root mean squared error`)
  const errors = { offline: [] as number[], labels: [] as number[], corrected: [] as number[] }
  let inside = 0
  let total = 0
  for (const run of runs)
    for (const [vendor, group] of Map.groupBy(run, (verdict) => verdict.example.vendor)) {
      const random = seededRandom(`${vendor}${runs.indexOf(run)}`)
      const items = group.map(({ example, green }) => ({ truth: example.label === GREEN ? 1 : 0, predicted: green }))
      const truth = mean(items.map((item) => item.truth))
      const squares = { offline: 0, labels: 0, corrected: 0 }
      for (let draw = 0; draw < DRAWS; draw += 1) {
        const order = shuffled(items, random)
        const judged = order.slice(0, LABELLED)
        const estimate = predictionPoweredRate(judged, order.slice(LABELLED).map((item) => item.predicted))
        squares.corrected += ((estimate.value ?? Number.NaN) - truth) ** 2
        squares.labels += (mean(judged.map((item) => item.truth)) - truth) ** 2
        if ((estimate.low ?? 1) <= truth && truth <= (estimate.high ?? 0)) inside += 1
        total += 1
      }
      squares.offline = DRAWS * (mean(items.map((item) => item.predicted)) - truth) ** 2
      const rmse = (sum: number): number => Math.sqrt(sum / DRAWS)
      if (run === runs[0]) print(`  ${vendor.padEnd(10)} ${String(items.length).padStart(4)} answers, ${(100 * truth).toFixed(0)}% green: offline alone ${rmse(squares.offline).toFixed(3)}, labels alone ${rmse(squares.labels).toFixed(3)}, corrected ${rmse(squares.corrected).toFixed(3)}`)
      errors.offline.push(squares.offline / DRAWS)
      errors.labels.push(squares.labels / DRAWS)
      errors.corrected.push(squares.corrected / DRAWS)
    }
  const whole = (squared: readonly number[]): string => Math.sqrt(mean(squared)).toFixed(3)
  print(`  all        offline alone ${whole(errors.offline)}, labels alone ${whole(errors.labels)}, corrected ${whole(errors.corrected)}; 95% intervals hold the truth in ${((100 * inside) / total).toFixed(1)}%`)
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items]
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random.next() * (at + 1))
    const [a, b] = [order[at], order[other]]
    if (a !== undefined && b !== undefined) [order[at], order[other]] = [b, a]
  }
  return order
}

function shortAnswers(): void {
  const rows = read('short_answer_grades.jsonl.gz').map((row) => shortRow.parse(row))
  const attempted = rows.filter((row) => row.grade !== 'NOT_ATTEMPTED')
  const judge = (some: typeof rows): LabelPair[] =>
    some.map((row) => ({ truth: row.grade === 'CORRECT' ? 'correct' : 'not', given: gradeFactual({ id: 'r', kind: 'factual', question: row.question, answer: row.gold }, row.response).label === 'correct' ? 'correct' : 'not' }))
  for (const [name, some] of [['attempted', attempted], ['all', rows]] as const) {
    const matrix = confusion(judge(some), ['correct', 'not'])
    print(`short answers, ${name}: ${some.length} rows, correct against not: accuracy ${(accuracy(matrix).value ?? Number.NaN).toFixed(3)}, kappa ${(cohenKappa(matrix).value ?? Number.NaN).toFixed(3)}`)
  }
  const share = attempted.filter((row) => row.grade === 'CORRECT').length / attempted.length
  print(`  baseline, always the commoner verdict: accuracy ${Math.max(share, 1 - share).toFixed(3)}, kappa 0`)
}

pushback()
shortAnswers()
