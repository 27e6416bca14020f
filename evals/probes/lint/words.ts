// Texts as the lints compare them: words without case and accents, runs of words, and the overlap of sets. Pure.

/** Words of a text, lower-case, without accents and punctuation, numbers included. Scripts without spaces give one word a run. */
export function wordsOf(text: string): string[] {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}

/** All runs of `size` words in a row. */
export function runsOf(text: string, size: number): Set<string> {
  const words = wordsOf(text)
  return new Set(words.slice(size - 1).map((_, at) => words.slice(at, at + size).join(' ')))
}

/** Share of two sets' members that are in both, 0 when both are empty. */
export function jaccard(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let common = 0
  for (const member of a) if (b.has(member)) common += 1
  const union = a.size + b.size - common
  return union === 0 ? 0 : common / union
}

/** Whether `part` stands in `whole` as a run of complete words; an empty part never does. */
export function containsPhrase(whole: string, part: string): boolean {
  const words = wordsOf(part)
  return words.length > 0 && ` ${wordsOf(whole).join(' ')} `.includes(` ${words.join(' ')} `)
}
