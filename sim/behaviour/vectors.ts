// Embedding vectors that mean a little: each word has a fixed direction per model, a text is the normalised sum of its words.
// So texts that share words are near each other, as people trying a search expect. Pure and the same on every machine.
import { seededRandom } from '../../core/seams.ts'

/** A unit vector of a text. A shorter one is not a prefix of a longer one, as with models that were not trained for it. */
export function vectorOf(text: string, model: string, dimensions: number): number[] {
  const sum = new Float64Array(dimensions)
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
  for (const word of words.length === 0 ? [''] : words.slice(0, 2_000)) {
    const random = seededRandom(`${model}\n${word}`)
    for (let i = 0; i < dimensions; i += 1) sum[i] = (sum[i] ?? 0) + random.next() - 0.5
  }
  const length = Math.hypot(...sum)
  return Array.from(sum, (value) => Number((value / length).toFixed(7)))
}
