// Lints the two probe suites that ship with the product, straight from their files: what a run and a grader rely on must
// hold for every row. Judges the data only; the loader and the graders have their own tests.
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'

const row = z.strictObject({
  id: z.string().regex(/^(ns|nc|fa|fu)-[a-z]+-\d{3}$/),
  kind: z.enum(['nonsense', 'control', 'factual']),
  domain: z.string().min(1),
  question: z.string().min(15),
  difficulty: z.enum(['easy', 'medium', 'hard']),
  technique: z.string().optional(),
  pair: z.string().optional(),
  explanation: z.string().optional(),
  unanswerable: z.literal(true).optional(),
  answer: z.string().min(1).optional(),
  answer_type: z.enum(['number', 'date', 'text', 'name']).optional(),
  aliases: z.array(z.string().min(1)).optional(),
  tolerance: z.number().positive().max(0.05).optional(),
  unit: z.string().optional(),
  source: z.string().optional(),
  checked: z.enum(['computed', 'reference', 'derived', 'recalled']).optional(),
})
type Row = z.infer<typeof row>

const suiteFile = z.strictObject({
  name: z.string(),
  version: z.number().int().positive(),
  title: z.string(),
  description: z.string(),
  licence: z.literal('Apache-2.0'),
  source: z.string().optional(),
  kinds: z.array(z.string()).min(1),
  instructions: z.string().optional(),
})

const root = new URL('../../evals/probes/', import.meta.url)
const readSuite = async (name: string) => suiteFile.parse(parseYaml(await readFile(new URL(`${name}/suite.yaml`, root), 'utf8')))
const readRows = async (name: string): Promise<Row[]> =>
  (await readFile(new URL(`${name}/probes.jsonl`, root), 'utf8')).trimEnd().split('\n').map((line) => row.parse(JSON.parse(line)))

const nonsenseSuite = await readSuite('nonsense')
const factualSuite = await readSuite('factual')
const nonsenseRows = await readRows('nonsense')
const factualRows = await readRows('factual')

const nonsense = nonsenseRows.filter((probe) => probe.kind === 'nonsense')
const controls = nonsenseRows.filter((probe) => probe.kind === 'control')
const answerable = factualRows.filter((probe) => probe.unanswerable !== true)
const unanswerable = factualRows.filter((probe) => probe.unanswerable === true)

const words = (text: string): string[] => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []

function countBy(rows: readonly Row[], key: (probe: Row) => string | undefined): Map<string, number> {
  const counts = new Map<string, number>()
  for (const probe of rows) {
    const value = key(probe)
    if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1)
  }
  return counts
}

function fourGrams(text: string): Set<string> {
  const list = words(text)
  return new Set(list.slice(3).map((_, i) => list.slice(i, i + 4).join(' ')))
}

/** Share of four-word runs that two questions have in common, 0 when neither has any. */
function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let common = 0
  for (const gram of a) if (b.has(gram)) common++
  const union = a.size + b.size - common
  return union === 0 ? 0 : common / union
}

/** Whether `part` stands in `whole` as a run of complete words. */
const containsPhrase = (whole: string, part: string): boolean => ` ${words(whole).join(' ')} `.includes(` ${words(part).join(' ')} `)

describe('both suites', () => {
  it('carry the name of their folder and list the kinds that their rows have', () => {
    expect(nonsenseSuite).toMatchObject({ name: 'nonsense', kinds: ['nonsense', 'control'] })
    expect(nonsenseSuite.instructions).toBeUndefined()
    expect(factualSuite).toMatchObject({ name: 'factual', kinds: ['factual'] })
    expect(factualSuite.instructions).toContain('three sentences')
    expect(factualRows.every((probe) => probe.kind === 'factual')).toBe(true)
  })

  it('use every id once, with the prefix of its kind and the name of its domain', () => {
    const all = [...nonsenseRows, ...factualRows]
    expect(new Set(all.map((probe) => probe.id)).size).toBe(all.length)
    for (const probe of all) {
      const prefix = probe.kind === 'nonsense' ? 'ns' : probe.kind === 'control' ? 'nc' : probe.unanswerable === true ? 'fu' : 'fa'
      expect(probe.id.startsWith(`${prefix}-${probe.domain}-`), probe.id).toBe(true)
    }
  })

  it('hold no two questions that are nearly the same', () => {
    const grams = [...nonsenseRows, ...factualRows].map((probe) => ({ probe, set: fourGrams(probe.question) }))
    const close: string[] = []
    for (const [i, a] of grams.entries()) {
      for (const b of grams.slice(i + 1)) {
        // A control repeats the frame of its pair on purpose, and may therefore come closer to it than to anything else.
        const paired = a.probe.pair === b.probe.id || b.probe.pair === a.probe.id
        const score = jaccard(a.set, b.set)
        if (score > (paired ? 0.5 : 0.25)) close.push(`${a.probe.id} ~ ${b.probe.id}: ${score.toFixed(2)}`)
      }
    }
    expect(close).toEqual([])
  })
})

describe('nonsense suite', () => {
  it('has at least 150 nonsense probes over twelve techniques and eight domains, none of which dominates', () => {
    expect(nonsense.length).toBeGreaterThanOrEqual(150)
    const techniques = countBy(nonsense, (probe) => probe.technique)
    const domains = countBy(nonsense, (probe) => probe.domain)
    expect(techniques.size).toBeGreaterThanOrEqual(12)
    expect(domains.size).toBeGreaterThanOrEqual(8)
    for (const [name, count] of [...techniques, ...domains]) {
      expect(count, name).toBeGreaterThanOrEqual(8)
      expect(count / nonsense.length, name).toBeLessThanOrEqual(0.15)
    }
  })

  it('says for every row why it is incoherent or legitimate, and names a technique for nonsense alone', () => {
    for (const probe of nonsenseRows) {
      expect(probe.explanation?.length ?? 0, probe.id).toBeGreaterThan(30)
      expect(probe.technique !== undefined, probe.id).toBe(probe.kind === 'nonsense')
      expect(probe.answer, probe.id).toBeUndefined()
    }
  })

  it('pairs every nonsense probe with one control of the same domain, difficulty and similar length', () => {
    expect(controls.length).toBe(nonsense.length)
    expect(new Set(controls.map((probe) => probe.pair)).size).toBe(controls.length)
    for (const control of controls) {
      const pair = nonsense.find((probe) => probe.id === control.pair)
      expect(pair, control.id).toMatchObject({ domain: control.domain, difficulty: control.difficulty })
      const ratio = words(control.question).length / words(pair?.question ?? '').length
      expect(ratio, control.id).toBeGreaterThan(0.7)
      expect(ratio, control.id).toBeLessThan(1.45)
    }
  })

  it('does not let length tell nonsense from controls', () => {
    const mean = (rows: readonly Row[]) => rows.reduce((sum, probe) => sum + words(probe.question).length, 0) / rows.length
    expect(mean(nonsense) / mean(controls)).toBeGreaterThan(0.9)
    expect(mean(nonsense) / mean(controls)).toBeLessThan(1.1)
  })
})

describe('factual suite', () => {
  it('has at least 400 probes over twelve domains, of which 80 have no answer', () => {
    expect(factualRows.length).toBeGreaterThanOrEqual(400)
    expect(unanswerable.length).toBeGreaterThanOrEqual(80)
    const domains = countBy(factualRows, (probe) => probe.domain)
    expect(domains.size).toBeGreaterThanOrEqual(12)
    for (const [domain, count] of domains) expect(count / factualRows.length, domain).toBeLessThanOrEqual(0.12)
  })

  it('is hard on purpose: at least half of what can be answered', () => {
    expect(answerable.filter((probe) => probe.difficulty === 'hard').length / answerable.length).toBeGreaterThanOrEqual(0.5)
  })

  it('says for every row how its second check was made, mostly by more than memory', () => {
    expect(factualRows.filter((probe) => probe.checked === undefined).map((probe) => probe.id)).toEqual([])
    expect(answerable.filter((probe) => probe.checked === 'recalled').length / answerable.length).toBeLessThan(0.2)
  })

  it('gives every answerable probe an answer of a known type and a source', () => {
    for (const probe of answerable) {
      expect(probe.answer, probe.id).toBeDefined()
      expect(probe.answer_type, probe.id).toBeDefined()
      expect(probe.source, probe.id).toBeDefined()
      expect(probe.technique, probe.id).toBeUndefined()
    }
  })

  it('writes numbers as plain numbers and allows a tolerance for numbers alone', () => {
    for (const probe of answerable) {
      if (probe.answer_type === 'number') expect(Number(probe.answer), probe.id).not.toBeNaN()
      else expect([probe.tolerance, probe.unit], probe.id).toEqual([undefined, undefined])
    }
  })

  it('writes dates as a year or as day, month and year, with the ISO form among the aliases', () => {
    for (const probe of answerable.filter((one) => one.answer_type === 'date')) {
      expect(probe.answer, probe.id).toMatch(/^((\d{1,2} [A-Z][a-z]+ )?\d{4}|\d{3})$/)
      if (!/^\d{3,4}$/.test(probe.answer ?? '')) expect(probe.aliases?.some((alias) => /^\d{4}-\d\d-\d\d$/.test(alias)), probe.id).toBe(true)
    }
  })

  it('leaks no answer in its question', () => {
    for (const probe of answerable) {
      for (const text of [probe.answer ?? '', ...(probe.aliases ?? [])]) {
        expect(containsPhrase(probe.question, text), `${probe.id}: "${text}"`).toBe(false)
      }
    }
  })

  it('gives unanswerable probes a technique and an explanation, and no answer', () => {
    const techniques = countBy(unanswerable, (probe) => probe.technique)
    expect([...techniques.keys()].toSorted()).toEqual(['category_mistake', 'false_premise', 'future', 'invented_entity', 'nonexistent_member', 'unknowable'])
    for (const [technique, count] of techniques) expect(count / unanswerable.length, technique).toBeLessThanOrEqual(0.35)
    for (const probe of unanswerable) {
      expect(probe.explanation, probe.id).toBeDefined()
      expect([probe.answer, probe.answer_type, probe.aliases], probe.id).toEqual([undefined, undefined, undefined])
    }
  })
})
