// The texts that simulated models say, written apart from the graders: per probe and true label a few answers, and prompts
// of everyday traffic with theirs. Reads the folder's JSON lines and checks every row; judges nothing.
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { WeighbridgeError } from '../core/errors.ts'
import { jsonOf } from '../core/json.ts'
import { controlTexts, nonsenseTexts } from './behaviour/stance-texts.ts'
import type { CodeRow } from './behaviour/task-texts.ts'

const answersSchema = z.strictObject({ id: z.string().min(1), answers: z.record(z.string(), z.array(z.string().min(1)).min(1)) })
const factualSchema = z.strictObject({
  id: z.string().min(1),
  says: z.string().includes('{}'),
  topic: z.string().min(1),
  wrong: z.array(z.string().min(1)).min(2),
  thing: z.string().min(1).optional(),
  answers: answersSchema.shape.answers.optional(),
})
const trafficSchema = z.strictObject({
  id: z.string().min(1),
  task: z.string().min(1),
  prompt: z.string().min(1),
  pad_tokens: z.number().int().min(1).max(500_000).optional(),
  answers: z.array(z.string().min(1)).min(1),
})

/** A compact row: what to make nonsense texts from, or a helpful answer to a look-alike. */
const pointSchema = z.union([z.strictObject({ id: z.string().min(1), why: z.string().min(1), plan: z.string().min(1) }), z.strictObject({ id: z.string().min(1), answer: z.string().min(1) })])
const codeSchema = z.strictObject({ id: z.string().min(1), language: z.string().min(1), right: z.array(z.string().min(1)).min(1), wrong: z.array(z.string().min(1)).min(1) })

/** What may be answered to one probe, by true label; solutions for a code probe. */
type AnswersRow = z.infer<typeof answersSchema> & { readonly code?: CodeRow }
/**
 * What answers to one factual probe are made of (behaviour/factual-texts.ts): `says` is the answer's sentence with `{}` for the value and no full
 * stop, `topic` what is asked for, `wrong` plausible wrong values, `thing` with its article what an invented name claims to be; `answers` as above.
 */
export type FactualBankRow = z.infer<typeof factualSchema>
export type BankRow = AnswersRow | FactualBankRow
/** One prompt of everyday traffic with right answers; `pad_tokens` asks for a document of about that size before it. */
export type TrafficRow = z.infer<typeof trafficSchema>
/** Rows by probe id. */
export type Bank = ReadonlyMap<string, BankRow>

/** The solutions of a code probe; `undefined` for any other. */
export function codeOf(bank: Bank, id: string): CodeRow | undefined {
  const row = bank.get(id)
  return row === undefined || 'says' in row ? undefined : row.code
}

/** Where our own bank lies. */
export const OWN_BANK = new URL('./bank/', import.meta.url)

/** Loads the folder's files. Texts of `points.jsonl` are made here by rule. Throws `suite_invalid` with file and line. */
export async function loadBank(folder: URL = OWN_BANK): Promise<{ bank: Bank; traffic: readonly TrafficRow[] }> {
  const [nonsense, points, code, factual, traffic] = await Promise.all([
    readRows(new URL('nonsense.jsonl', folder), answersSchema),
    readRows(new URL('points.jsonl', folder), pointSchema),
    readRows(new URL('code.jsonl', folder), codeSchema),
    readRows(new URL('factual.jsonl', folder), factualSchema),
    readRows(new URL('traffic.jsonl', folder), trafficSchema),
  ])
  const made = points.map((row): AnswersRow => ({ id: row.id, answers: 'why' in row ? nonsenseTexts(row) : controlTexts(row.answer) }))
  const solved = code.map(({ id, ...solutions }): AnswersRow => ({ id, answers: {}, code: solutions }))
  return { bank: new Map([...nonsense, ...made, ...solved, ...factual].map((row): [string, BankRow] => [row.id, row])), traffic }
}

async function readRows<T>(file: URL, schema: z.ZodType<T>): Promise<T[]> {
  const name = file.pathname.split('/').at(-1) ?? ''
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new WeighbridgeError('suite_invalid', `The answer bank has no readable ${name}.`, { cause })
  })
  return text
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line.trim() !== '')
    .map(({ line, number }) => {
      const row = schema.safeParse(jsonOf(line))
      if (row.success) return row.data
      throw new WeighbridgeError('suite_invalid', `${name}:${number}: ${row.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`)
    })
}
