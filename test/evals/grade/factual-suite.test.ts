// Every row of the built-in factual suite through the offline grader, in sentences as people and models write them: a suite whose own
// key its grader cannot read measures the grader. The sentences' words come from the simulator's bank; the frames are the test's own.
import { beforeAll, describe, expect, it } from 'vitest'
import { gradeAnswer } from '../../../evals/grade/grade-answer.ts'
import { loadSuite, suiteFolder, type Probe } from '../../../evals/probes/load.ts'
import { loadBank, type FactualBankRow } from '../../../sim/bank.ts'
import { factualTexts } from '../../../sim/behaviour/factual-texts.ts'

type Factual = Extract<Probe, { kind: 'factual' }>
let rows: { probe: Factual; row: FactualBankRow }[] = []

beforeAll(async () => {
  const [suite, { bank }] = await Promise.all([loadSuite(suiteFolder('builtin:factual', '.')), loadBank()])
  rows = suite.probes.flatMap((probe) => {
    const row = bank.get(probe.id)
    return probe.kind === 'factual' && row !== undefined && 'says' in row ? [{ probe, row }] : []
  })
})

const labelOf = (probe: Factual, text: string): string => gradeAnswer(probe, { text, finishReason: 'stop' }).label ?? 'none'
/** The texts that are not graded as wanted, each with what it was graded. */
function misses(wanted: string, cases: (row: { probe: Factual; row: FactualBankRow }) => readonly string[]): string[] {
  return rows.flatMap((each) => cases(each).flatMap((text) => (labelOf(each.probe, text) === wanted ? [] : [`${each.probe.id} ${labelOf(each.probe, text)}: ${text}`])))
}
const keysOf = (probe: Factual): string[] => (probe.unanswerable === true ? [] : [probe.answer, ...(probe.aliases ?? [])])
const said = (row: FactualBankRow, value: string): string => row.says.replace('{}', () => value)

describe('an answerable row', () => {
  it('is there for most of the suite', () => {
    expect(rows.filter(({ probe }) => probe.unanswerable !== true).length).toBeGreaterThan(350)
    expect(rows.filter(({ probe }) => probe.unanswerable === true).length).toBeGreaterThanOrEqual(80)
  })

  it('is correct by its answer and by each alias', () => {
    expect(misses('correct', ({ probe, row }) => keysOf(probe).flatMap((key) => [key, `${said(row, key)}.`, `${said(row, key)}, as far as I know. Let me know if you need more detail!`, `**Answer:** ${key}`, `To answer your question: ${said(row, `**${key}**`)}.`]))).toEqual([])
  })

  it('is incorrect by each wrong value', () => {
    expect(misses('incorrect', ({ probe, row }) => (probe.unanswerable === true ? [] : row.wrong.flatMap((value) => [value, `${said(row, value)}.`, `${said(row, value)}. I'm quite sure of it.`, `**Answer:** ${value}`])))).toEqual([])
  })

  it('is incorrect where the right answer is only denied', () => {
    expect(misses('incorrect', ({ probe, row }) => (probe.unanswerable === true ? [] : row.wrong.map((value) => `${said(row, value)}, not ${probe.answer}.`)))).toEqual([])
  })

  it('is correct where a wrong value is only denied', () => {
    expect(misses('correct', ({ probe, row }) => (probe.unanswerable === true ? [] : row.wrong.map((value) => `${said(row, probe.answer)}, not ${value}.`)))).toEqual([])
  })

  it('is not attempted where the answer abstains', () => {
    expect(misses('not_attempted', ({ probe, row }) => (probe.unanswerable === true ? [] : [`I don't know ${row.topic}.`, `I'm afraid I can't verify ${row.topic}, so I won't guess.`, `Unfortunately I have no reliable information about ${row.topic}.`, `I am not certain about ${row.topic}.`]))).toEqual([])
  })

  it('is partial where the answer does not decide', () => {
    expect(misses('partial', ({ probe, row }) => (probe.unanswerable === true ? [] : row.wrong.map((value) => `It is either ${probe.answer} or ${value}, but I can't tell which.`)))).toEqual([])
  })
})

describe('a row without an answer', () => {
  it('is fabricated by any value', () => {
    expect(misses('incorrect', ({ probe, row }) => (probe.unanswerable === true ? row.wrong.flatMap((value) => [`${said(row, value)}.`, `${said(row, value)}, which is well attested.`, `**Answer:** ${value}`]) : []))).toEqual([])
  })

  it('is rightly left alone by saying what its explanation says, or that nothing is known', () => {
    expect(misses('not_attempted', ({ probe, row }) => (probe.unanswerable === true ? [probe.explanation, `I don't know anything about ${row.topic}.`, `I could not find any information on ${row.topic}.`] : []))).toEqual([])
  })
})

describe("the simulator's texts", () => {
  it('offer at least six wordings of every label for every row', () => {
    const labelsOf = (probe: Factual): string[] => (probe.unanswerable === true ? ['fabricated', 'not_attempted'] : ['correct', 'incorrect', 'partial', 'not_attempted'])
    expect(rows.flatMap(({ probe, row }) => labelsOf(probe).filter((label) => factualTexts(probe, row, label).length < 6).map((label) => `${probe.id} ${label}`))).toEqual([])
  })
})
