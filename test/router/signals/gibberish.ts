// Texts whose every piece is unlike any other text in a process, again and again the same from a seed: the child that feeds a
// book with them and the test that looks for them each make their own.
import { seededRandom } from '../../../core/seams.ts'

const LETTERS = 'bcdfghjklmnpqrstvwxz0123456789BCDFGHJKLMNPQRSTVWXZ'

/** One conversation of an exchange: what identifies it, what is asked, what is answered, what is asked next. */
export type Gibberish = { readonly keyId: string; readonly userId: string; readonly sessionId: string; readonly requestId: string; readonly responseId: string; readonly system: string; readonly question: string; readonly answer: string; readonly next: string }

/** So many of them, one at a time, so that nobody holds them all. */
export function* gibberish(count: number, seed: string): Generator<Gibberish> {
  const random = seededRandom(seed)
  const word = (): string => Array.from({ length: 9 + Math.floor(random.next() * 4) }, () => LETTERS[Math.floor(random.next() * LETTERS.length)]).join('')
  const text = (words: number): string => Array.from({ length: words }, word).join(' ')
  for (let index = 0; index < count; index += 1) {
    yield { keyId: word(), userId: word(), sessionId: word(), requestId: word(), responseId: word(), system: text(20), question: text(30), answer: text(120), next: text(15) }
  }
}
