// What a call cost, attempt by attempt and by class of tokens, with what the prompt cache saved. The split is by a price that may have
// changed since: then it says so, and the totals stay those that were charged. Pure.
import { costParts } from '../../core/prices.ts'
import { usageOf } from '../../core/usage.ts'
import { table, usd } from '../output.ts'
import { startMs, type SpanRow, type TraceStory } from './story.ts'

/** Nothing is worth a column below this. */
const NEGLIGIBLE_USD = 1e-9

/** Lines about the costs of one call; `attempts`: its own. */
export function moneyLines(call: SpanRow, attempts: readonly SpanRow[], priceOf: TraceStory['priceOf']): string[] {
  if (attempts.length === 0) return []
  const saved = attempts.reduce<number | undefined>((sum, { cache_saved_usd: some }) => (some === null ? sum : (sum ?? 0) + some), undefined)
  const head = [`cost ${usd(call.call_cost_usd)}`, ...(call.call_wasted_usd !== null && call.call_wasted_usd > 0 ? [`wasted on failed attempts: ${usd(call.call_wasted_usd)}`] : []), ...(saved === undefined ? [] : [saved >= 0 ? `the prompt cache saved ${usd(saved)}` : `writing the prompt cache cost ${usd(-saved)} more`])].join(' · ')
  const notes = new Set<string>()
  const rows = attempts.flatMap((attempt) => {
    const split = splitOf(attempt, priceOf)
    if (split === undefined) return []
    if (split.note !== undefined) notes.add(split.note)
    return [[`  #${attempt.attempt}`, ...split.cells, usd(attempt.cost_usd), attempt.cost_source]]
  })
  if (rows.length === 0) return [head]
  return [head, ...table(['  attempt', 'input', 'cache read', 'cache write', 'output', 'fees', 'total', 'source'], rows).trimEnd().split('\n'), ...[...notes].map((note) => `  ${note}`)]
}

function splitOf(attempt: SpanRow, priceOf: TraceStory['priceOf']): { readonly cells: readonly string[]; readonly note: string | undefined } | undefined {
  const price = priceOf(attempt.target)
  if (attempt.input_tokens === null || attempt.output_tokens === null) return undefined
  const usage = usageOf({ inputTotal: attempt.input_tokens, cacheRead: attempt.cache_read_tokens ?? undefined, cacheWrite: attempt.cache_write_tokens ?? undefined, outputTotal: attempt.output_tokens, raw: undefined })
  const parts = costParts(usage, price, { nowMs: startMs(attempt), serviceTier: attempt.service_tier === '' ? undefined : attempt.service_tier })
  if (parts === undefined) return undefined
  const total = parts.input + parts.cacheRead + parts.cacheWrite + parts.output + parts.fees
  const cell = (value: number): string => (Math.abs(value) < NEGLIGIBLE_USD ? '–' : usd(value))
  const differs = attempt.cost_usd !== null && Math.abs(attempt.cost_usd - total) > Math.max(NEGLIGIBLE_USD, total * 1e-6)
  const note = differs ? (attempt.cost_source === 'provider' ? 'the total is what the provider reported, the parts are by our price' : `the parts are by today's price of ${attempt.target} (${price?.version ?? 'unknown'}), the total by the one of then (${attempt.price_version || 'unknown'})`) : undefined
  return { cells: [cell(parts.input), cell(parts.cacheRead), cell(parts.cacheWrite), cell(parts.output), cell(parts.fees)], note }
}
