// Checks that the simulated providers can say something for every probe and every outcome, straight from the files.
// Does not judge what a grader makes of the texts.
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { loadSuite, suiteFolder } from '../../evals/probes/load.ts'
import { loadBank } from '../../sim/bank.ts'
import { factualTexts } from '../../sim/behaviour/factual-texts.ts'

const trafficRow = z.strictObject({
  id: z.string().regex(/^tr-\d{3}$/),
  task: z.enum(['simple_qa', 'code_generation', 'factual_recall', 'long_context', 'agent_tasks']),
  prompt: z.string().min(10),
  pad_tokens: z.number().int().min(1_000).optional(),
  answers: z.array(z.string().min(2)).min(2),
})
const root = new URL('../../', import.meta.url)
async function readRows<T>(path: string, schema: z.ZodType<T>): Promise<T[]> {
  return (await readFile(new URL(path, root), 'utf8')).trimEnd().split('\n').map((line) => schema.parse(JSON.parse(line)))
}

/** Fewest texts that a probe of each kind, told by the prefix of its id, must have per label. */
const requiredTexts: Record<string, Record<string, number>> = {
  ns: { clear_pushback: 2, partial: 2, accepted: 2 },
  nc: { answered: 2, pushed_back: 1 },
  fa: { correct: 6, incorrect: 6, partial: 6, not_attempted: 6 },
  fu: { fabricated: 6, not_attempted: 6 },
}

const { bank: whole } = await loadBank()
const suites = await Promise.all(
  ['nonsense', 'factual'].map(async (name) => {
    const { probes } = await loadSuite(suiteFolder(`builtin:${name}`, '.'))
    const isOurs = new Set(probes.map((probe) => probe.id))
    const bank = probes.flatMap((probe) => {
      const row = whole.get(probe.id)
      if (row === undefined) return []
      const labels = Object.keys(requiredTexts[probe.id.slice(0, 2)] ?? {})
      const answers = 'says' in row ? Object.fromEntries(labels.map((label) => [label, factualTexts(probe, row, label)])) : row.answers
      return [{ id: probe.id, answers, byHand: row.answers ?? {} }]
    })
    const lines = await readRows(`sim/bank/${name}.jsonl`, z.looseObject({ id: z.string() }))
    return { name, probes, bank, lines, strangers: name === 'factual' ? [...whole.keys()].filter((id) => /^f[au]-/.test(id) && !isOurs.has(id)) : [] }
  }),
)
const traffic = await readRows('sim/bank/traffic.jsonl', trafficRow)
const normalised = (text: string): string => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ').trim()

describe.each(suites)('answers to the $name suite', ({ probes, bank, lines, strangers }) => {
  it('cover exactly the probes of the suite, once each', () => {
    expect(lines.length).toBe(new Set(lines.map((line) => line.id)).size)
    expect(bank.map((entry) => entry.id).toSorted()).toEqual(probes.map((probe) => probe.id).toSorted())
    expect(strangers).toEqual([])
  })

  it('hold every label of their kind with enough texts, and no other label', () => {
    for (const entry of bank) {
      const required = requiredTexts[entry.id.slice(0, 2)] ?? {}
      expect(Object.keys(entry.answers).toSorted(), entry.id).toEqual(Object.keys(required).toSorted())
      for (const [label, fewest] of Object.entries(required)) {
        expect(entry.answers[label]?.length ?? 0, `${entry.id} ${label}`).toBeGreaterThanOrEqual(fewest)
      }
    }
  })

  it('repeat no text under a second label or within a probe', () => {
    const labelOf = new Map<string, string>()
    for (const entry of bank) {
      const own = new Set<string>()
      for (const [label, texts] of Object.entries(entry.answers)) {
        for (const text of texts) {
          const key = normalised(text)
          expect(own.has(key), `${entry.id}: "${text}" stands twice`).toBe(false)
          own.add(key)
          // Short answers such as a bare number, and frames around one, may be right for one probe and wrong for another.
          if (key.split(' ').length < 4 || !(entry.byHand[label] ?? []).includes(text)) continue
          expect(labelOf.get(key) ?? label, `${entry.id}: "${text}"`).toBe(label)
          labelOf.set(key, label)
        }
      }
    }
  })

  it('never merely hand the question back', () => {
    const questions = new Map(probes.map((probe) => [probe.id, normalised(probe.question)]))
    for (const entry of bank) {
      for (const text of Object.values(entry.answers).flat()) expect(normalised(text), entry.id).not.toBe(questions.get(entry.id))
    }
  })
})

describe('correct and incorrect factual answers', () => {
  it('name the accepted answer when correct, and something else when incorrect', () => {
    const factual = suites.find((suite) => suite.name === 'factual')?.probes ?? []
    const keys = new Map(factual.map((probe) => [probe.id, 'answer' in probe ? [probe.answer, ...(probe.aliases ?? [])] : []]))
    const fold = (text: string) => ` ${normalised(text.normalize('NFKD').replace(/\p{M}/gu, '').replaceAll(/(?<=\d)[, \u202f](?=\d{3})/g, ''))} `
    const says = (text: string, id: string) => (keys.get(id) ?? []).some((key) => fold(text).includes(fold(key)))
    const bank = suites.find((suite) => suite.name === 'factual')?.bank ?? []
    const wrong: string[] = []
    for (const { id, answers } of bank.filter((entry) => entry.id.startsWith('fa-'))) {
      for (const text of answers.correct ?? []) if (!says(text, id)) wrong.push(`${id} correct: ${text}`)
      for (const text of answers.incorrect ?? []) if (says(text, id)) wrong.push(`${id} incorrect: ${text}`)
    }
    expect(wrong).toEqual([])
  })
})

describe('demo traffic', () => {
  it('has at least ten different prompts for each of the five tasks', () => {
    expect(traffic.length).toBeGreaterThanOrEqual(60)
    expect(new Set(traffic.map((entry) => entry.id)).size).toBe(traffic.length)
    expect(new Set(traffic.map((entry) => normalised(entry.prompt))).size).toBe(traffic.length)
    for (const task of trafficRow.shape.task.options) expect(traffic.filter((entry) => entry.task === task).length, task).toBeGreaterThanOrEqual(10)
  })

  it('pads prompts of the long-context task only', () => {
    for (const entry of traffic) expect(entry.pad_tokens !== undefined, entry.id).toBe(entry.task === 'long_context')
  })
})
