// A random mixture of calls and of what was said of them, as rows of `spans` and `signals`; and what the queries must answer about it,
// counted call by call in the simplest way there is.
import type { InsertRow } from '../../core/tables.ts'
import { seededRandom } from '../../core/seams.ts'

export const HOUR_MS = 3_600_000
const TASKS = ['qa', 'code'] as const
const TARGETS = ['a', 'b'] as const
const KINDS = ['retry', 'rephrase', 'edit', 'accepted', 'feedback', 'feedback', 'abandoned', 'score'] as const

export type Call = {
  readonly traceId: string
  readonly spanId: string
  readonly startMs: number
  readonly durationMs: number
  readonly task: string
  readonly target: string
  readonly effort: string
  readonly failed: boolean
  readonly costUsd: number | null
  readonly purpose: string
  readonly simulated: boolean
}
/** `spanId`: empty where the whole trace is meant. */
export type Said = { readonly id: string; readonly traceId: string; readonly spanId: string; readonly kind: string; readonly atMs: number; readonly value: number | null; readonly simulated: boolean }
export type Correction = { readonly of: Call; readonly deltaUsd: number; readonly startMs: number; readonly id: string }
export type Mixture = { readonly calls: Call[]; readonly said: Said[]; readonly corrections: Correction[] }

export const empty = (): Mixture => ({ calls: [], said: [], corrections: [] })

/** Calls at random moments of the given hours; of some of them something is said, of some a cost is corrected. */
export function mixture(seed: string, hours: readonly number[], callsPerHour: number): Mixture {
  const random = seededRandom(seed)
  const whole = (below: number): number => Math.floor(random.next() * below)
  const hex = (digits: number): string => Array.from({ length: digits }, () => whole(16).toString(16)).join('')
  const pick = <T>(from: readonly T[]): T => from[whole(from.length)] as T // from what is never empty
  const all = empty()
  for (const hour of hours) {
    for (let n = 0; n < callsPerHour; n += 1) {
      const earlier = all.calls.length > 0 && random.next() < 0.3 ? pick(all.calls) : undefined
      const simulated = earlier?.simulated ?? random.next() < 0.3
      all.calls.push({ traceId: earlier?.traceId ?? hex(32), spanId: hex(16), startMs: hour + whole(HOUR_MS - 1000), durationMs: 1 + whole(90_000), task: pick(TASKS), target: random.next() < 0.05 ? '' : pick(TARGETS), effort: random.next() < 0.2 ? 'low' : '', failed: random.next() < 0.1, costUsd: random.next() < 0.03 ? null : whole(1000) / 1e5, purpose: random.next() < 0.1 ? 'eval' : 'production', simulated })
    }
  }
  for (const call of all.calls) if (random.next() < 0.5) for (let n = 1 + whole(3); n > 0; n -= 1) all.said.push(remark(call, random.next, hex(16)))
  for (const call of all.calls) if (random.next() < 0.1) all.corrections.push({ of: call, deltaUsd: (whole(200) - 100) / 1e5, startMs: call.startMs + (random.next() < 0.3 ? HOUR_MS : 5), id: hex(16) })
  return all
}

/** Something that is said of a call, or of its whole trace; now and then by somebody who mixed the sides up. */
export function remark(call: Call, next: () => number, id: string): Said {
  const kind = KINDS[Math.floor(next() * KINDS.length)] ?? 'retry'
  const afterMs = [1_000, 29 * 60_000, 30 * 60_000, 30 * 60_000 + 1, 3 * HOUR_MS][Math.floor(next() * 5)] ?? 0
  const value = kind === 'feedback' ? ([0, 0.25, 0.5, 1, -1, null][Math.floor(next() * 6)] ?? null) : kind === 'edit' ? 0.4 : null
  // A millisecond of its own: which of two ratings is newer must not be a matter of chance.
  return { id, traceId: call.traceId, spanId: next() < 0.3 ? '' : call.spanId, kind, atMs: call.startMs + call.durationMs + afterMs + Math.floor(next() * 1000) * (afterMs === 1_000 ? 1 : 0), value, simulated: next() < 0.05 ? !call.simulated : call.simulated }
}

const ns = (ms: number): string => `${Math.floor(ms)}000000`
const usd = (value: number | null): string | null => (value === null ? null : value.toFixed(12))

export function spanRows({ calls, corrections }: Pick<Mixture, 'calls' | 'corrections'>): InsertRow[] {
  const ingested_at = new Date().toISOString()
  const shared = (call: Call): InsertRow => ({ trace_id: call.traceId, task: call.task, target: call.target, effort: call.effort, purpose: call.purpose, is_simulated: call.simulated, status: call.failed ? 'Error' : 'Ok', ingested_at })
  return [
    ...calls.flatMap((call) => [
      { ...shared(call), span_id: call.spanId, role: 'call', attempts: 1, started_at: ns(call.startMs), duration_ns: ns(call.durationMs), call_cost_usd: usd(call.costUsd) },
      { ...shared(call), span_id: `a${call.spanId.slice(1)}`, parent_span_id: call.spanId, role: 'attempt', attempt: 1, started_at: ns(call.startMs + 1), duration_ns: ns(call.durationMs), cost_usd: usd(call.costUsd), cost_source: call.costUsd === null ? 'unpriced' : 'priced', input_tokens: 10, output_tokens: 5 },
    ]),
    ...corrections.map(({ of, deltaUsd, startMs, id }) => ({ ...shared(of), span_id: id, parent_span_id: of.spanId, role: 'correction', started_at: ns(startMs), duration_ns: '0', cost_usd: usd(deltaUsd), call_cost_usd: usd(deltaUsd), cost_source: of.costUsd === null ? 'unpriced' : 'priced', attributes: { 'weighbridge.corrects': `a${of.spanId.slice(1)}` } })),
  ]
}

export function signalRows(said: readonly Said[]): InsertRow[] {
  return said.map((one) => ({ signal_id: one.id, at: ns(one.atMs), kind: one.kind, trace_id: one.traceId, span_id: one.spanId, value: one.value, is_simulated: one.simulated, ingested_at: new Date().toISOString() }))
}

export type Figures = { calls: number; observed: number; retried: number; edited: number; accepted: number; rating: number | null; cost_per_accepted_usd: number | null }

const HALF_AN_HOUR_MS = 30 * 60_000
const isNegative = ({ kind, value }: Said): boolean => ['retry', 'rephrase', 'edit', 'abandoned'].includes(kind) || (kind === 'feedback' && value !== null && value < 0.5)

/** What became of one call. */
export function fateOf(call: Call, { said, corrections }: Mixture): { observed: boolean; retried: boolean; edited: boolean; accepted: boolean; rating: number | null; usd: number | null } {
  const about = said.filter((one) => one.kind !== 'score' && one.traceId === call.traceId && one.simulated === call.simulated && (one.spanId === '' || one.spanId === call.spanId) && one.atMs >= call.startMs - 24 * HOUR_MS)
  const newest = (some: readonly Said[]): number | null => some.filter(({ kind, value }) => kind === 'feedback' && value !== null).toSorted((a, b) => b.atMs - a.atMs)[0]?.value ?? null
  const deltas = corrections.filter(({ of }) => of === call).map(({ deltaUsd }) => deltaUsd)
  const observed = about.length > 0
  return {
    observed,
    retried: about.some(({ kind }) => kind === 'retry' || kind === 'rephrase'),
    edited: about.some(({ kind }) => kind === 'edit'),
    accepted: observed && !call.failed && !about.some((one) => isNegative(one) && one.atMs <= call.startMs + call.durationMs + HALF_AN_HOUR_MS),
    rating: newest(about.filter(({ spanId }) => spanId !== '')) ?? newest(about.filter(({ spanId }) => spanId === '')),
    usd: deltas.length === 0 ? call.costUsd : (call.costUsd ?? 0) + deltas.reduce((sum, delta) => sum + delta, 0),
  }
}

export function figuresOf(calls: readonly Call[], all: Mixture): Figures {
  const fates = calls.map((call) => fateOf(call, all))
  const observed = fates.filter((fate) => fate.observed)
  const accepted = fates.filter((fate) => fate.accepted).length
  const ratings = fates.flatMap(({ rating }) => (rating === null ? [] : [rating]))
  const isKnown = accepted > 0 && observed.length / calls.length >= 0.2 && observed.every((fate) => fate.usd !== null)
  return {
    calls: calls.length,
    observed: observed.length,
    retried: fates.filter((fate) => fate.retried).length,
    edited: fates.filter((fate) => fate.edited).length,
    accepted,
    rating: ratings.length === 0 ? null : ratings.reduce((sum, rating) => sum + rating, 0) / ratings.length,
    cost_per_accepted_usd: isKnown ? observed.reduce((sum, fate) => sum + (fate.usd ?? 0), 0) / accepted : null,
  }
}
