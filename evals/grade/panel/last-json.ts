// The JSON objects in a judge's text, found by reading strings as strings: braces and quotes inside an explanation do not end an
// object. Pure; it does not know what a verdict is.
import { jsonOf } from '../../../core/json.ts'
import { endOfStructure } from '../task/json-answer.ts'

/** Every complete object at the top level of a text, in order; text around them is passed over. Bounded by the text's length. */
export function jsonObjects(text: string): unknown[] {
  const found: unknown[] = []
  let at = 0
  let unclosed = 0
  while (at < text.length) {
    const start = text.indexOf('{', at)
    if (start === -1) break
    const end = endOfStructure(text, start, start + MOST_SCANNED)
    const value = end === undefined ? undefined : jsonOf(text.slice(start, end))
    if (value !== undefined) found.push(value)
    // A brace that begins no object ("{reason}") may still stand before one.
    at = value === undefined || end === undefined ? start + 1 : end
    if (end === undefined && text.length - start > MOST_SCANNED && (unclosed += 1) > MOST_UNCLOSED) break
  }
  return found
}

/** An unclosed brace is looked for its end this far at most, and so many of them in a longer text, so that many cost no quadratic time. */
const MOST_SCANNED = 20_000
const MOST_UNCLOSED = 50
