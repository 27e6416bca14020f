// The JSON value in a model's answer: the whole text, a fenced block, or the last complete object or array among prose.
// String-aware, so that a brace inside a string never ends a value. Pure; it must not repair what is not JSON.

/** A value found, or why none was. `value` may be any JSON value when the whole text or a fence holds it. */
export type FoundJson = { readonly value: unknown } | { readonly fault: string }

/** A longer answer is not searched: nothing that is asked for comes near it. */
const MOST_CHARACTERS = 1_000_000
/** Starts that are tried before the search gives up; each may read to the end. */
const MOST_STARTS = 2_000

const FENCE = /^[ \t]*(`{3,}|~{3,})[^\n]*\n([\s\S]*?)^[ \t]*\1[ \t]*$/gm

/** Finds it. Of several candidates the last one binds, as a correction does. */
export function findJson(text: string): FoundJson {
  if (text.length > MOST_CHARACTERS) return { fault: `the answer is longer than ${MOST_CHARACTERS} characters` }
  const whole = parse(text.trim())
  if (whole !== undefined) return whole
  for (const block of [...text.matchAll(FENCE)].reverse()) {
    const found = parse((block[2] ?? '').trim())
    if (found !== undefined) return found
  }
  return lastStructure(text) ?? { fault: /[[{]/.test(text) ? 'its JSON is broken' : 'it holds no JSON' }
}

function parse(text: string): { value: unknown } | undefined {
  if (text === '') return undefined
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return undefined
  }
}

/** How JSON begins, as opposed to a bracket in prose. */
const BEGINS = /\{\s*["}]|\[\s*[[{"\]\d\-tfn]/y

/**
 * The last outermost object or array; `undefined` when there is none or when what begins like one last is cut or broken: its inner
 * parts are not the answer.
 */
function lastStructure(text: string): { value: unknown } | undefined {
  let last: { value: unknown } | undefined
  let starts = 0
  for (let at = text.search(/[[{]/); at !== -1 && starts < MOST_STARTS; starts += 1) {
    const end = endOfStructure(text, at)
    const found = end === undefined ? undefined : parse(text.slice(at, end))
    BEGINS.lastIndex = at
    const meant = BEGINS.test(text)
    if (found !== undefined || meant) last = found
    if (meant && end === undefined) return undefined
    const from = end !== undefined && (found !== undefined || meant) ? end : at + 1
    const next = text.slice(from).search(/[[{]/)
    at = next === -1 ? -1 : from + next
  }
  return last
}

/** Where the object or array that opens at `start` closes (exclusive); `undefined` when it does not, or not before `limit`. */
export function endOfStructure(text: string, start: number, limit = text.length): number | undefined {
  let depth = 0
  let inString = false
  const until = Math.min(text.length, limit)
  for (let i = start; i < until; i += 1) {
    const c = text[i]
    if (inString) {
      if (c === '\\') i += 1
      else if (c === '"') inString = false
      else if (c === '\n') return undefined // JSON strings do not span lines: this was prose.
    } else if (c === '"') inString = true
    else if (c === '{' || c === '[') depth += 1
    else if (c === '}' || c === ']') {
      depth -= 1
      if (depth === 0) return i + 1
    }
  }
  return undefined
}
