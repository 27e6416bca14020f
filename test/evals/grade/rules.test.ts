// Graders that are rules: exact, contains, regex and number, and the grader that picks among them.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { offlineGrader } from '../../../evals/grade/offline-grader.ts'
import { taskProbeSchema } from '../../../evals/probes/task-probe.ts'
import type { Graded } from '../../../evals/replay/trial.ts'
import type { JudgeDesk } from '../../../evals/replay/grader.ts'
import { targetWith } from '../../router/support/targets.ts'

const GRADER = offlineGrader({ commands: undefined, signal: new AbortController().signal })
const NOBODY: JudgeDesk = {
  kept: () => [],
  ask: () => Promise.reject(new Error('no judge is asked')),
  record: () => Promise.reject(new Error('nothing is recorded')),
}

function grade(grader: object, answer: string, question = 'How much is it?', finishReason = 'stop'): Promise<Graded> {
  const probe = taskProbeSchema.parse({ id: 'p', kind: 'task', domain: 'd', question, grader })
  return GRADER.grade({ probe, target: targetWith(), answer: { text: answer, finishReason }, desk: NOBODY })
}
const labels = async (grader: object, answers: readonly string[]): Promise<(string | undefined)[]> => (await Promise.all(answers.map((answer) => grade(grader, answer)))).map(({ label }) => label)

describe('exact', () => {
  it('passes the key and its aliases, looking past quotes, fences, white space and a full stop', async () => {
    expect(await labels({ type: 'exact', answer: 'New York', aliases: ['NYC'] }, ['New York', ' "New  York". ', '**New York**', '```\nNew York\n```', 'NYC', 'new york', 'It is New York', 'New York City', 'York'])).toEqual(['pass', 'pass', 'pass', 'pass', 'pass', 'fail', 'fail', 'fail', 'fail'])
  })

  it('can look past case, composes accents, and keeps a stop that means something', async () => {
    expect(await labels({ type: 'exact', answer: 'Über', ignore_case: true }, ['über', 'U\u0308ber'])).toEqual(['pass', 'pass'])
    expect(await labels({ type: 'exact', answer: '"' }, ['"'])).toEqual(['pass'])
  })

  it('comes to an end on an answer of nothing but quotes', async () => {
    expect(await labels({ type: 'exact', answer: 'a' }, ['"'.repeat(60_000) + 'x', `"'`.repeat(60_000)])).toEqual(['fail', 'fail'])
  })
})

describe('contains', () => {
  it('needs all of all, one of any, none of none, and names what decided without the answer', async () => {
    const spec = { type: 'contains', all: ['refund', '14 days'], any: ['sorry', 'apologise'], none: ['cannot'] }
    expect(await grade(spec, 'We are SORRY. Your  refund comes within\n14 days.')).toMatchObject({ label: 'pass', score: 1 })
    expect(await grade(spec, 'Sorry: your refund comes.')).toMatchObject({ label: 'fail', score: 0, reason: 'contains: lacks "14 days"' })
    expect(await grade(spec, 'Sorry, a refund in 14 days cannot be')).toMatchObject({ reason: 'contains: holds "cannot"' })
    expect(await grade(spec, 'A refund in 14 days.')).toMatchObject({ reason: 'contains: holds none of the alternatives' })
    expect(await labels({ type: 'contains', any: ["don't"] }, ['I don’t know'])).toEqual(['pass'])
  })
})

describe('regex', () => {
  it('matches anywhere, with its flags', async () => {
    expect(await labels({ type: 'regex', pattern: '^total: (\\d+)$', flags: 'im' }, ['So:\nTotal: 12\nBye', 'total: x'])).toEqual(['pass', 'fail'])
  })

  it('cannot be made to hang, and refuses what would need backtracking when the suite is loaded', async () => {
    expect(await labels({ type: 'regex', pattern: '^(a+)+$' }, [`${'a'.repeat(50_000)}!`])).toEqual(['fail'])
    for (const pattern of ['(a)\\1', '(?=a)b', '(', 'a{1,100000}']) expect(taskProbeSchema.safeParse({ id: 'p', kind: 'task', domain: 'd', question: 'q', grader: { type: 'regex', pattern } }).success).toBe(false)
  })
})

describe('number', () => {
  it('reads figures as short answers are read: units, words, tolerance, the last statement binding', async () => {
    expect(await labels({ type: 'number', answer: 1500, unit: 'm', tolerance: 0.01 }, ['1,500 m', 'It is 1.5 km.', 'About 1510 metres', '1600 m', 'I do not know.'])).toEqual(['pass', 'pass', 'pass', 'fail', 'fail'])
    expect(await labels({ type: 'number', answer: 42 }, ['6 × 7 = 42', 'forty-two', 'First I thought 41, but it is 42', '42 or 43'])).toEqual(['pass', 'pass', 'pass', 'partial'])
  })
})

describe('the offline grader', () => {
  it('gives no verdict on what is no answer', async () => {
    for (const [answer, finish, status] of [['', 'stop', 'empty'], ['New', 'length', 'truncated'], ['x', 'content_filter', 'refused']] as const) {
      expect(await grade({ type: 'exact', answer: 'x' }, answer, 'q', finish)).toMatchObject({ status, label: undefined, score: undefined })
    }
  })

  it('says that a rubric needs judges instead of guessing', async () => {
    expect(await grade({ type: 'rubric', criteria: ['is polite'] }, 'Dear customer')).toMatchObject({ status: 'judge_error', label: undefined, reason: expect.stringMatching(/judge/) })
  })

  it('ends with a label or a status for every rule on every text', async () => {
    const specs = [{ type: 'exact', answer: 'Lima' }, { type: 'contains', any: ['Lima'] }, { type: 'regex', pattern: 'L.ma' }, { type: 'number', answer: 7 }]
    await fc.assert(fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 80 }), fc.constantFrom(...specs), async (answer, spec) => {
      const graded = await grade(spec, answer)
      expect(graded.status === 'scored').toBe(graded.label !== undefined)
      expect(graded.status === 'scored' ? graded.score : 0).toBeGreaterThanOrEqual(0)
    }), { numRuns: 200, seed: 3 })
  })
})
