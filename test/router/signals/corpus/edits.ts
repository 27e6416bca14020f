// What people do to an answer before they send it back.
import type { Random } from '../../../../core/seams.ts'
import type { Topic } from './topic.ts'

function sentences(text: string): string[] {
  return text.split(/(?<=[.!?])\s+|(?<=。)(?=\S)/)
}

function pick<Item>(items: readonly Item[], random: Random): Item | undefined {
  return items[Math.floor(random.next() * items.length)]
}

/** A word, a number, a short clause or one sentence. */
export function smallEdit({ answer, ownSentence }: Topic, random: Random): string {
  const parts = sentences(answer)
  const at = Math.floor(random.next() * parts.length)
  const sentence = parts[at] ?? ''
  const words = sentence.split(' ')
  const edits = [
    () => words.toSpliced(Math.floor(words.length / 2), 1, 'certainly', 'not').join(' '),
    () => words.toSpliced(Math.max(1, words.length - 2), 1).join(' '),
    () => `${sentence} (see page 12)`,
    () => (parts.length > 2 ? '' : `${sentence} ${ownSentence}`),
  ]
  const edited = words.length > 3 ? (pick(edits, random)?.() ?? '') : `${sentence}${ownSentence.slice(0, 12)}`
  return parts.toSpliced(at, 1, edited).filter((part) => part !== '').join(' ')
}

/** Half of it replaced, the order turned, or cut to its first sentence with a person's own words before and behind. */
export function largeEdit({ answer, ownSentence, otherAnswer }: Topic, random: Random): string {
  const parts = sentences(answer)
  const half = Math.ceil(parts.length / 2)
  const edits = [
    () => [ownSentence, ...parts.slice(0, half), ...sentences(otherAnswer).slice(-1)].join(' '),
    () => [...parts.slice(half), ownSentence, ...parts.slice(0, half - 1)].join(' '),
    () => [ownSentence, parts[0] ?? '', ownSentence].join(' '),
  ]
  return pick(edits, random)?.() ?? ownSentence
}
