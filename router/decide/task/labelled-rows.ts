// The text of a labelled file (one JSON object a line) → rows, and lines that cannot be used with the reason. Pure.
import { z } from 'zod'
import { RULE_SURFACES } from '../../../core/task-rules.ts'
import { taskInput, type TaskInput } from './task-input.ts'

/** `task`: the label a person gave. All but `text` and `task` may be left out. */
const row = z.strictObject({
  text: z.string(),
  task: z.string().min(1).max(128),
  source: z.string().max(128).optional(),
  lang: z.string().max(35).optional(),
  messages: z.number().int().nonnegative().optional(),
  tools: z.number().int().nonnegative().optional(),
  schema: z.boolean().optional(),
  images: z.boolean().optional(),
  input_tokens: z.number().int().nonnegative().optional(),
  system_prompt_hash: z.string().max(64).optional(),
  key: z.string().max(128).optional(),
  tags: z.array(z.string()).optional(),
  surface: z.enum(RULE_SURFACES).optional(),
})

/** `source`: where such calls come from; '' when the row does not say. */
export type LabelledRow = { readonly input: TaskInput; readonly task: string; readonly source: string; readonly line: number }
export type LabelledFile = { readonly rows: readonly LabelledRow[]; readonly faults: readonly { readonly line: number; readonly reason: string }[] }

/** Empty lines are skipped. A line's fault never repeats the line: it may be a prompt. */
export function readLabelled(text: string): LabelledFile {
  const rows: LabelledRow[] = []
  const faults: { line: number; reason: string }[] = []
  for (const [index, line] of text.replace(/^\ufeff/, '').split('\n').entries()) {
    if (line.trim() === '') continue
    const parsed = row.safeParse(parseJson(line))
    if (parsed.success) rows.push({ input: inputOf(parsed.data), task: parsed.data.task, source: parsed.data.source ?? '', line: index + 1 })
    else faults.push({ line: index + 1, reason: parsed.error.issues.map((issue) => `${issue.path.join('.') || 'line'}: ${issue.code}`).join('; ') })
  }
  return { rows, faults }
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function inputOf({ text, task: _task, source: _source, lang: _lang, input_tokens, system_prompt_hash, key, ...rest }: z.infer<typeof row>): TaskInput {
  const members = { ...rest, inputTokens: input_tokens, systemPromptHash: system_prompt_hash, keyId: key }
  return taskInput({ text, ...Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) })
}
