// How many tokens an input will be, guessed from its text: four characters each, one each beyond Latin scripts. No tokenizer:
// models differ, and this runs on every call. Pure; it reads lengths only.
import { fault } from './faults.ts'
import { CHARACTERS_PER_TOKEN } from '../../execute/cost.ts'

/** Tokens that an image or a file counts for while only its encoding is known; OpenAI's low-detail image is 85, a high-detail one up to 1,105. */
export const TOKENS_PER_MEDIA_PART = 800
/** Tokens that frame each message (OpenAI cookbook, "How to count tokens"). */
export const TOKENS_PER_MESSAGE = 4

/** Estimated tokens of a text, with fractions. */
export function textTokens(text: string): number {
  const bytes = Buffer.byteLength(text)
  // UTF-8 spends two bytes on other alphabets and three on CJK, whose characters are about one token each.
  const beyondAscii = (bytes - text.length) / 2
  return Math.max(0, text.length - beyondAscii) / CHARACTERS_PER_TOKEN + beyondAscii
}

/** Estimated tokens of a value that a model sees as JSON: tool definitions, structured arguments. Throws `bad_request` when it nests too deep to be written. */
export function jsonTokens(value: unknown, path: string): number {
  return textTokens(jsonText(value, path))
}

/** The value as JSON text. Throws `bad_request` when it nests too deep to be written. */
export function jsonText(value: unknown, path: string): string {
  try {
    return JSON.stringify(value) ?? 'null'
  } catch {
    // Parsing has no depth limit, writing has the stack's.
    throw fault(path, 'nests too deep')
  }
}
