// Ids of tool calls that a provider's rules do not allow, because another provider made them. Each becomes an allowed one, always
// the same, so that a call and its result still belong together. Pure.
import { createHash } from 'node:crypto'

const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

/** An id of exactly nine letters or digits (Mistral). */
export function nineLetterId(id: string): string {
  return /^[A-Za-z0-9]{9}$/.test(id) ? id : digest(id, 9)
}

/** An id of at most so many characters. */
export function boundedId(id: string, most: number): string {
  return id.length <= most ? id : `call_${digest(id, 24)}`
}

function digest(id: string, length: number): string {
  const bytes = createHash('sha256').update(id).digest()
  return Array.from(bytes.subarray(0, length), (byte) => LETTERS[byte % LETTERS.length]).join('')
}
