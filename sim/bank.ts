// The texts that simulated models say, written apart from the graders: per probe and true label a few answers, and prompts
// of everyday traffic with theirs. Reads the folder's JSON lines and checks every row; judges nothing.
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { WeighbridgeError } from '../core/errors.ts'

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

/** What may be answered to one probe, by true label. */
type AnswersRow = z.infer<typeof answersSchema>
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

/** Where our own bank lies. */
export const OWN_BANK = new URL('./bank/', import.meta.url)

/** Loads nonsense.jsonl, factual.jsonl and traffic.jsonl of a folder. Throws `suite_invalid` with file and line. */
export async function loadBank(folder: URL = OWN_BANK): Promise<{ bank: Bank; traffic: readonly TrafficRow[] }> {
  const [nonsense, factual, traffic] = await Promise.all([
    readRows(new URL('nonsense.jsonl', folder), answersSchema),
    readRows(new URL('factual.jsonl', folder), factualSchema),
    readRows(new URL('traffic.jsonl', folder), trafficSchema),
  ])
  return { bank: new Map([...nonsense, ...factual].map((row): [string, BankRow] => [row.id, row])), traffic }
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
      const row = schema.safeParse(parseLine(line))
      if (row.success) return row.data
      throw new WeighbridgeError('suite_invalid', `${name}:${number}: ${row.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`)
    })
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
