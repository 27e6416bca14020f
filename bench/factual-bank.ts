// `node bench/factual-bank.ts [--misses]`: what the offline short-answer grader makes of everything the simulated providers can say to the
// factual suite, texts written by hand and texts made by rule apart. The figures of docs/graders.md and docs/factual-suite.md come from here.
import { parseArgs } from 'node:util'
import { accuracy, cohenKappa, confusion, type LabelPair } from '../evals/grade/confusion.ts'
import { gradeAnswer } from '../evals/grade/grade-answer.ts'
import { loadSuite, suiteFolder } from '../evals/probes/load.ts'
import { loadBank } from '../sim/bank.ts'
import { factualTexts } from '../sim/behaviour/factual-texts.ts'

const { values } = parseArgs({ options: { misses: { type: 'boolean', default: false } } })
const LABELS = ['correct', 'partial', 'incorrect', 'not_attempted']
const [suite, { bank }] = await Promise.all([loadSuite(suiteFolder('builtin:factual', '.')), loadBank()])
const groups = new Map<string, LabelPair[]>()

for (const probe of suite.probes) {
  const row = bank.get(probe.id)
  if (probe.kind !== 'factual' || row === undefined || !('says' in row)) continue
  const answerable = probe.unanswerable !== true
  for (const label of answerable ? LABELS : ['fabricated', 'not_attempted']) {
    const truth = label === 'fabricated' ? 'incorrect' : label
    const byHand = new Set(row.answers?.[label] ?? [])
    for (const text of factualTexts(probe, row, label)) {
      const grade = gradeAnswer(probe, { text, finishReason: 'stop' })
      const given = grade.label ?? grade.status
      const name = `${answerable ? 'answerable' : 'without an answer'}, ${byHand.has(text) ? 'by hand' : 'by rule'}`
      const pairs = groups.get(name) ?? []
      pairs.push({ truth, given })
      groups.set(name, pairs)
      if (values.misses && given !== truth) process.stdout.write(`${probe.id} ${truth} -> ${given}: ${text} (${grade.reason})\n`)
    }
  }
}

for (const [name, pairs] of groups) {
  const matrix = confusion(pairs, LABELS)
  process.stdout.write(`\n${name}: ${matrix.n} texts, accuracy ${accuracy(matrix).value?.toFixed(3)}, kappa ${cohenKappa(matrix).value?.toFixed(2)}\n`)
  process.stdout.write(`${'truth'.padEnd(15)}${matrix.labels.map((label) => label.padStart(15)).join('')}\n`)
  matrix.counts.forEach((row, at) => process.stdout.write(`${(matrix.labels[at] ?? '').padEnd(15)}${row.map((count) => String(count).padStart(15)).join('')}\n`))
}
