// `node bench/nonsense-bank.ts [--misses]`: what the offline stance grader makes of everything the simulated providers can say to the
// nonsense suite, texts written by hand and texts made by rule apart. The figures of docs/graders.md come from here.
import { parseArgs } from 'node:util'
import { accuracy, cohenKappa, confusion, type LabelPair } from '../evals/grade/confusion.ts'
import { gradeAnswer } from '../evals/grade/grade-answer.ts'
import { PUSHBACK_LABELS } from '../evals/grade/grade.ts'
import { loadSuite, suiteFolder } from '../evals/probes/load.ts'
import { loadBank } from '../sim/bank.ts'

/** The simulation's labels for controls, in the grader's words. */
const GRADERS_WORD: Readonly<Record<string, string>> = { answered: 'accepted', pushed_back: 'clear_pushback' }
/** Rows of the bank with ten texts and more are made by rule. */
const LEAST_BY_RULE = 6

const { values } = parseArgs({ options: { misses: { type: 'boolean', default: false } } })
const [suite, { bank }] = await Promise.all([loadSuite(suiteFolder('builtin:nonsense', '.')), loadBank()])
const groups = new Map<string, LabelPair[]>()

for (const probe of suite.probes) {
  const row = bank.get(probe.id)
  if (row === undefined || 'says' in row) continue
  for (const [label, texts] of Object.entries(row.answers))
    for (const text of texts) {
      const truth = GRADERS_WORD[label] ?? label
      const grade = gradeAnswer(probe, { text, finishReason: 'stop' })
      const given = grade.label ?? grade.status
      const name = `${probe.kind}, ${texts.length < LEAST_BY_RULE ? 'by hand' : 'by rule'}`
      const pairs = groups.get(name) ?? []
      pairs.push({ truth, given })
      groups.set(name, pairs)
      if (values.misses && given !== truth) process.stdout.write(`${probe.id} ${truth} -> ${given}: ${text} (${grade.reason})\n`)
    }
}

for (const [name, pairs] of groups) {
  const matrix = confusion(pairs, PUSHBACK_LABELS)
  process.stdout.write(`\n${name}: ${matrix.n} texts, accuracy ${accuracy(matrix).value?.toFixed(3)}, kappa ${cohenKappa(matrix).value?.toFixed(2)}\n`)
  process.stdout.write(`${'truth'.padEnd(15)}${matrix.labels.map((label) => label.padStart(15)).join('')}\n`)
  matrix.counts.forEach((row, at) => process.stdout.write(`${(matrix.labels[at] ?? '').padEnd(15)}${row.map((count) => String(count).padStart(15)).join('')}\n`))
}
