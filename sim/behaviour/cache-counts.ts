// How many input tokens come from the prompt cache and how many go into it: by itself where a wire works so, by marks in the
// request on Anthropic's. Reads and updates the cache it is given.
import type { Asked, SimUsage, Surface } from '../surfaces/surface.ts'
import { BLOCK_TOKENS, type PrefixCache } from './prefix-cache.ts'
import { tokensOf } from './tokens.ts'

/** Anthropic writes nothing shorter (prompt caching guide, 2026-11: 1,024 tokens and more, by model). */
const LEAST_WRITTEN = 1_024

/** The cache's share of a usage; counting tokens touches nothing. */
export function countCache(cache: PrefixCache, surface: Surface, model: string, asked: Asked, inputTokens: number, nowMs: number): Pick<SimUsage, 'cached' | 'written' | 'written1h'> {
  if (surface.kind === 'count') return { cached: 0, written: 0, written1h: 0 }
  if (surface.wire !== 'anthropic-messages') return { cached: Math.min(cache.read(model, asked.prompt, nowMs), inputTokens), written: 0, written1h: 0 }
  const upTo = (marks: Asked['cacheMarks']): number => tokensOf(asked.prompt.slice(0, Math.max(0, ...marks.map(({ length }) => length))))
  const marked = upTo(asked.cacheMarks)
  if (marked < LEAST_WRITTEN) return { cached: 0, written: 0, written1h: 0 }
  const prefix = asked.prompt.slice(0, Math.max(...asked.cacheMarks.map(({ length }) => length)))
  const found = cache.read(`${model}\nmarked`, prefix, nowMs)
  // What follows the last whole block is too short to be looked up; it belongs to the block before it.
  const cached = found > 0 && marked - found < BLOCK_TOKENS ? marked : Math.min(found, marked)
  const hour = upTo(asked.cacheMarks.filter((mark) => mark.hour))
  return { cached, written: marked - cached, written1h: Math.max(0, hour - cached) }
}
