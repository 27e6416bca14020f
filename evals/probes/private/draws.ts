// Draws for generated probes: everything follows from the secret seed and the name of what is drawn, so that the same seed gives the
// same suite on every machine and nobody without it can foresee a question. Pure.
import { createHmac } from 'node:crypto'
import { WeighbridgeError } from '../../../core/errors.ts'
import { seededRandom } from '../../../core/seams.ts'

/** Shorter seeds could be guessed by trying. */
const LEAST_SEED_CHARACTERS = 16

/** A source of choices for one generated item. */
export type Draws = {
  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number
  /** One of the choices. */
  pick<T>(choices: readonly T[]): T
  /** `count` different ones of the choices, in drawn order. Throws a RangeError when there are fewer. */
  some<T>(choices: readonly T[], count: number): T[]
}

/** Draws for the item `name` under a secret. Throws `private_seed` when the seed is too short to be one. */
export function drawsFor(secret: string, name: string): Draws {
  if (secret.length < LEAST_SEED_CHARACTERS) throw new WeighbridgeError('private_seed', `The private seed has ${secret.length} characters; it needs at least ${LEAST_SEED_CHARACTERS}`)
  const random = seededRandom(createHmac('sha256', secret).update(name).digest('hex'))
  const whole = (low: number, high: number): number => low + Math.floor(random.next() * (high - low + 1))
  // An index below the length is inside the list; lists here are tables of ours and never empty.
  const pick = <T>(choices: readonly T[]): T => choices[whole(0, choices.length - 1)] as T
  const some = <T>(choices: readonly T[], count: number): T[] => {
    if (count > choices.length) throw new RangeError(`${count} of ${choices.length} choices`)
    const left = [...choices]
    return Array.from({ length: count }, () => left.splice(whole(0, left.length - 1), 1)[0] as T) // as above
  }
  return { whole, pick, some }
}
