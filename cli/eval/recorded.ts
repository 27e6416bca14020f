// Recorded answers from elsewhere: {question, response, nonsense_explanation | answer | unanswerable, model} a line. In: a file's
// text. Out: probes with answers, and their offline grades. A faulty line is named.
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import { jsonOf } from '../../core/json.ts'
import { gradeAnswer } from '../../evals/grade/grade-answer.ts'
import type { Grade } from '../../evals/grade/grade.ts'
import type { Probe } from '../../evals/probes/load.ts'

const recorded = z.looseObject({
  question: z.string().min(1),
  response: z.string(),
  nonsense_explanation: z.string().optional(),
  answer: z.union([z.string(), z.number()]).optional(),
  answer_type: z.enum(['number', 'date', 'text', 'name']).optional(),
  aliases: z.array(z.string()).optional(),
  tolerance: z.number().min(0).max(1).optional(),
  unit: z.string().optional(),
  unanswerable: z.boolean().optional(),
  finish_reason: z.string().optional(),
})

export type RecordedAnswer = { readonly line: number; readonly probe: Probe; readonly response: string; readonly finishReason: string | undefined; readonly kindSaid: boolean }

/** Reads the lines. Throws `usage` for what is no JSON, `suite_invalid` for what is no answer, each with its line. */
export function readRecorded(text: string, path: string, suite: 'nonsense' | 'factual' | undefined): RecordedAnswer[] {
  return text.split(/\r?\n/).flatMap((line, index) => (line.trim() === '' ? [] : [readLine(line, index + 1, `${path}:${index + 1}`, suite)]))
}

function readLine(text: string, line: number, where: string, asked: 'nonsense' | 'factual' | undefined): RecordedAnswer {
  const value = jsonOf(text)
  if (value === undefined) throw new WeighbridgeError('usage', `${where} is not JSON`, { remedy: 'Give one JSON object per line.' })
  const parsed = recorded.safeParse(value)
  if (!parsed.success) throw new WeighbridgeError('suite_invalid', `${where}: ${parsed.error.issues[0]?.path.join('.')}: ${parsed.error.issues[0]?.message}`)
  const row = parsed.data
  const suite = asked ?? (row.answer === undefined && row.unanswerable !== true ? 'nonsense' : 'factual')
  if (suite === 'factual' && row.answer === undefined && row.unanswerable !== true) throw new WeighbridgeError('suite_invalid', `${where}: a factual line needs answer, or unanswerable: true`)
  const about = { id: `line-${line}`, domain: 'recorded', question: row.question }
  const probe: Probe =
    suite === 'nonsense'
      ? { ...about, kind: 'nonsense', technique: 'recorded', explanation: row.nonsense_explanation ?? '' }
      : row.answer === undefined
        ? { ...about, kind: 'factual', unanswerable: true, technique: 'recorded', explanation: '' }
        : {
            ...about,
            kind: 'factual',
            answer: String(row.answer),
            answer_type: row.answer_type ?? 'text',
            ...(row.aliases === undefined ? {} : { aliases: row.aliases }),
            ...(row.tolerance === undefined ? {} : { tolerance: row.tolerance }),
            ...(row.unit === undefined ? {} : { unit: row.unit }),
          }
  return { line, probe, response: row.response, finishReason: row.finish_reason, kindSaid: row.answer_type !== undefined }
}

/** The offline verdict. Where a line does not say what kind of thing its answer is, the grader tells by the answer. */
export function gradeOffline({ probe, response, finishReason, kindSaid }: RecordedAnswer): { label: string | undefined; confidence: number; grader: string; status: Grade['status']; reason: string } {
  const { label, confidence, grader, status, reason } = gradeAnswer(probe.kind === 'factual' && probe.unanswerable !== true && !kindSaid ? { ...probe, answer_type: undefined } : probe, { text: response, finishReason })
  return { label, confidence, grader, status, reason }
}
