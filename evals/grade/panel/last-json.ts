// The JSON objects in a judge's text, found by reading strings as strings: braces and quotes inside an explanation do not end an
// object. Pure; it does not know what a verdict is.

/** Every complete object at the top level of a text, in order; text around them is passed over. Bounded by the text's length. */
export function jsonObjects(text: string): unknown[] {
  const found: unknown[] = []
  let at = 0
  while (at < text.length) {
    const start = text.indexOf('{', at)
    if (start === -1) break
    const end = endOfObject(text, start)
    const value = end === undefined ? undefined : parse(text.slice(start, end))
    if (value !== undefined) found.push(value)
    // A brace that begins no object ("{reason}") may still stand before one.
    at = value === undefined || end === undefined ? start + 1 : end
    if (end === undefined && text.length - start > MOST_SCANNED) break
  }
  return found
}

/** An unclosed brace is looked for its end this far at most, so that many of them cost no quadratic time. */
const MOST_SCANNED = 20_000

function endOfObject(text: string, start: number): number | undefined {
  let depth = 0
  let inString = false
  const limit = Math.min(text.length, start + MOST_SCANNED)
  for (let at = start; at < limit; at += 1) {
    const char = text[at]
    if (inString) {
      if (char === '\\') at += 1
      else if (char === '"') inString = false
    } else if (char === '"') inString = true
    else if (char === '{') depth += 1
    else if (char === '}') {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
