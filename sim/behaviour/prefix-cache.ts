// Which part of a prompt a provider would have in its cache: the longest beginning, in blocks of 128 tokens, that the same
// model saw recently, from 1,024 tokens on (OpenAI, prompt caching guide). Holds hashes only.
import { fnv1a } from '../../core/seams.ts'

const BLOCK_UNITS = 512
/** Tokens of one block. */
export const BLOCK_TOKENS = 128
const LEAST_TOKENS = 1_024
const KEEP_MS = 10 * 60_000
const MOST_BLOCKS = 100_000

/** Remembers the prompts of all models. */
export interface PrefixCache {
  /** Tokens of this prompt found in cache, and remembers it from now on. */
  read(model: string, prompt: string, nowMs: number): number
}

export function prefixCache(): PrefixCache {
  // Insertion order is age: a block seen again moves to the end.
  const seen = new Map<string, number>()
  return {
    read(model, prompt, nowMs) {
      let found = 0
      let unbroken = true
      let chain = 0
      const blocks = Math.floor(prompt.length / BLOCK_UNITS)
      for (let i = 0; i < blocks; i += 1) {
        chain = fnv1a(`${chain}:${prompt.slice(i * BLOCK_UNITS, (i + 1) * BLOCK_UNITS)}`)
        const key = `${model}:${i}:${chain}`
        const at = seen.get(key)
        unbroken = unbroken && at !== undefined && nowMs - at <= KEEP_MS
        if (unbroken) found += 1
        seen.delete(key)
        seen.set(key, nowMs)
      }
      for (const key of seen.keys()) {
        if (seen.size <= MOST_BLOCKS) break
        seen.delete(key)
      }
      const tokens = found * BLOCK_TOKENS
      return tokens >= LEAST_TOKENS ? tokens : 0
    },
  }
}
