// Plain JSON lines: rows of our own format as they are (they have `kind`), or rows that only hold a question and an answer under
// one of the usual names.
import { z } from 'zod'
import { idFrom, present, type Draft, type DraftRow, type Importer, type RowFault } from './draft.ts'

const QUESTION = ['question', 'prompt', 'input', 'problem'] as const
const ANSWER = ['answer', 'expected', 'ideal', 'target', 'expected_answer', 'gold'] as const
const value = z.union([z.string().min(1), z.number().finite()])
const plain = z.looseObject({
  id: z.union([z.string().min(1), z.number()]).optional(),
  domain: z.string().min(1).optional(),
  topic: z.string().min(1).optional(),
  category: z.string().min(1).optional(),
  source: z.string().min(1).optional(),
  difficulty: z.enum(['easy', 'medium', 'hard']).optional(),
  aliases: z.array(z.string().min(1)).optional(),
  /** Taken over where it is one of ours; other sets use the name for words of their own. */
  answer_type: z.enum(['number', 'date', 'text', 'name']).optional().catch(undefined),
  grader: z.unknown().optional(),
})
const TAKEN = new Set<string>(['id', 'domain', 'topic', 'category', 'source', 'difficulty', 'aliases', 'answer_type', 'grader', ...QUESTION, ...ANSWER])

export const jsonl: Importer = {
  title: 'Imported questions',
  licence: undefined,
  source: undefined,
  read(text): Draft {
    const rows: DraftRow[] = []
    const faults: RowFault[] = []
    const left = new Set<string>()
    for (const [at, line] of text.replace(/^\uFEFF/, '').split(/\r?\n/).entries()) {
      if (line.trim() === '') continue
      const where = `line ${at + 1}`
      const made = rowOf(line, at + 1, left)
      if (typeof made === 'string') faults.push({ where, message: made })
      else rows.push({ where, row: made })
    }
    return { rows, faults, leftOut: [...left] }
  },
}

/** A probe's row, or what is wrong with the line. */
function rowOf(line: string, number: number, left: Set<string>): Record<string, unknown> | string {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch {
    return 'is not JSON'
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'is not a JSON object'
  if ('kind' in parsed) return { ...parsed }
  const shape = plain.safeParse(parsed)
  if (!shape.success) return shape.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
  const row = shape.data
  const question = QUESTION.map((name) => row[name]).find((one) => one !== undefined)
  if (typeof question !== 'string' || question.trim() === '') return `has no question (one of ${QUESTION.join(', ')})`
  for (const name of Object.keys(row)) if (!TAKEN.has(name)) left.add(`member ${name}`)
  if ('answer_type' in parsed && row.answer_type === undefined) left.add('values of answer_type that are none of ours')
  const common = { id: idFrom(row.id === undefined ? '' : String(row.id), `row-${number}`), domain: row.domain ?? row.topic ?? row.category ?? 'unknown', question: question.trim(), source: row.source, difficulty: row.difficulty }
  if (row.grader !== undefined) return present({ ...common, kind: 'task', grader: row.grader })
  const answer = value.safeParse(ANSWER.map((name) => row[name]).find((one) => one !== undefined))
  if (!answer.success) return `has neither kind, grader nor an answer (one of ${ANSWER.join(', ')})`
  return present({ ...common, kind: 'factual', answer: String(answer.data), answer_type: row.answer_type ?? (typeof answer.data === 'number' ? 'number' : 'text'), aliases: row.aliases })
}
