// Token counts of the simulation: one token per four UTF-16 units, the usual rule of thumb for English. No tokenizer: what
// matters is that usage, limits, cache and prices agree with each other.

const UNITS_PER_TOKEN = 4

/** Tokens of a text; 0 for an empty one. */
export function tokensOf(text: string): number {
  return Math.ceil(text.length / UNITS_PER_TOKEN)
}

/** The beginning of a text that has at most so many tokens; never ends inside a surrogate pair. */
export function firstTokens(text: string, tokens: number): string {
  const end = Math.max(0, Math.floor(tokens)) * UNITS_PER_TOKEN
  if (end >= text.length) return text
  const inPair = end > 0 && /[\uD800-\uDBFF]/.test(text.charAt(end - 1))
  return text.slice(0, inPair ? end - 1 : end)
}

/** The pieces a stream sends a text in: about a word each, joined they are the text. */
export function pieces(text: string): string[] {
  return text.match(/\s*\S{1,24}|\s+$/g) ?? []
}

/** The pieces a stream sends arguments in: up to 24 characters each, never half a surrogate pair. */
export function slices(text: string): string[] {
  return text.match(/[\s\S]{1,24}/gu) ?? []
}
