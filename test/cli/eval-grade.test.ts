import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../support/run-command.ts'

async function gradeLines(lines: readonly string[], words: readonly string[] = []): Promise<{ code: number; graded: Record<string, unknown>[]; err: string }> {
  const cwd = await mkdtemp(join(tmpdir(), 'wb-grade-'))
  await writeFile(join(cwd, 'answers.jsonl'), lines.join('\n'))
  const { code, out, err } = await runCommand(['eval', 'grade', 'answers.jsonl', ...words], { cwd })
  return { code, err, graded: out.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>])) }
}

describe('weighbridge eval grade', () => {
  it('grades each line by what it carries', async () => {
    const { code, graded } = await gradeLines([
      JSON.stringify({ question: 'What is the capital of Peru?', response: 'The capital is Lima.', answer: 'Lima' }),
      JSON.stringify({ question: 'Who wrote the Codex of Blenhurst?', response: "I don't know of any such codex.", unanswerable: true }),
      JSON.stringify({ question: 'How many volts of trust does the ledger need?', response: 'Volts measure electric potential; trust has none, so the question makes no sense.', nonsense_explanation: 'Trust has no voltage.' }),
    ])
    expect(code).toBe(0)
    expect(graded).toMatchObject([
      { line: 1, label: 'correct', status: 'scored', grader: expect.stringMatching(/^offline-short-answer@/) },
      { line: 2, label: 'not_attempted' },
      { line: 3, label: 'clear_pushback', grader: expect.stringMatching(/^offline-stance@/), confidence: expect.any(Number) },
    ])
  })

  it('reads an answer as the number, date or name that its key is, unless the line says what it is', async () => {
    const row = { question: 'How many chapters has it?', response: 'It has forty-two.', answer: '42' }
    const { graded } = await gradeLines([JSON.stringify(row), JSON.stringify({ ...row, answer_type: 'text' })])
    expect(graded.map((line) => line['label'])).toEqual(['correct', 'incorrect'])
  })

  it('names the line that is not JSON, and a file that is not there', async () => {
    expect(await gradeLines(['{"question": "q"'])).toMatchObject({ code: 2, err: expect.stringMatching(/answers\.jsonl:1 is not JSON/) })
    expect(await runCommand(['eval', 'grade', 'nowhere.jsonl'], {})).toMatchObject({ code: 2, err: expect.stringMatching(/nowhere\.jsonl cannot be read/) })
    expect(await gradeLines(['{}'], ['--suite', 'poems'])).toMatchObject({ code: 2, err: expect.stringMatching(/nonsense or factual/) })
  })
})
