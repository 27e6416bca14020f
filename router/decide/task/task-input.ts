// What the task rules may look at. Nothing else of a call reaches them, so that a decision can be repeated from these values
// alone (`config explain`, labelled files) and no rule can depend on something that a person cannot see.
import { createHash } from 'node:crypto'
import type { RuleSurface } from '../../../core/task-rules.ts'

export type TaskInput = {
  /** The last text the user wrote; rules see no more of it than `capText` leaves. */
  readonly text: string
  /** `systemPromptHash` of the system prompt; `undefined`: there is none, or no rule asks for it. */
  readonly systemPromptHash: string | undefined
  /** Messages in the request, the system prompt counted as one wherever it stands. */
  readonly messages: number
  /** Tools the model may call. */
  readonly tools: number
  /** Whether the answer must meet a JSON schema. */
  readonly schema: boolean
  /** Estimated tokens of the whole request. */
  readonly inputTokens: number
  readonly images: boolean
  readonly keyId: string | undefined
  /** `key=value` strings. */
  readonly tags: readonly string[]
  readonly surface: RuleSurface
}

/** UTF-16 units per token where nothing better is known. */
const UNITS_PER_TOKEN = 4

/** A call of which only the given facts are known: otherwise one plain message by chat, as long as its text. */
export function taskInput(known: Partial<TaskInput> & Pick<TaskInput, 'text'>): TaskInput {
  return {
    systemPromptHash: undefined,
    messages: 1,
    tools: 0,
    schema: false,
    inputTokens: Math.ceil(known.text.length / UNITS_PER_TOKEN),
    images: false,
    keyId: undefined,
    tags: [],
    surface: 'chat',
    ...known,
  }
}

/** UTF-16 units of the user's text that are looked at: what people ask stands at the start or at the end of what they paste. */
export const HEAD_UNITS = 2_048
export const TAIL_UNITS = 1_024

/** The text itself, or its head and tail on two lines when it is longer. What is capped stays as it is when capped again. */
export function capText(text: string): string {
  return text.length <= HEAD_UNITS + TAIL_UNITS ? text : `${text.slice(0, HEAD_UNITS)}\n${text.slice(1 - TAIL_UNITS)}`
}

/** SHA-256 in hex of a system prompt without the white space around it; rules name it by its first digits. */
export function systemPromptHash(text: string): string {
  return createHash('sha256').update(text.trim()).digest('hex')
}
