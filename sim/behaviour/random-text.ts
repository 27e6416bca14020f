// Ids as providers make them: letters and digits from a given source of randomness. Pure.
import type { Random } from '../../core/seams.ts'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** So many letters and digits. */
export function randomText(random: Random, length: number): string {
  return Array.from({ length }, () => LETTERS[Math.floor(random.next() * LETTERS.length)] ?? 'A').join('')
}
