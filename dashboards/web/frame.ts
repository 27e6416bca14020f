// What a page's request is about: its side of the divide, its window and what it is narrowed to, out of its parameters. In: parameters
// and the clock. Out: a frame whose window begins and ends at whole minutes, so that sums and single rows agree on every page.
// Throws `bad_request`.
import { WeighbridgeError } from '../../core/errors.ts'
import type { Clock } from '../../core/seams.ts'
import { dataSeen } from '../../store/queries/overview.ts'
import { DEFAULT_RANGE, isRange, RANGES, type Frame, type Range } from './api/scope.ts'
import type { Ask } from './ask.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const LONGEST_MS = 400 * DAY_MS
/** Buckets of a fixed window: the narrowest of these that makes at most so many. */
const BUCKETS_S = [60, 300, 600, 1_800, 3_600, 10_800, 21_600, 43_200, 86_400, 604_800]
const MOST_BUCKETS = 72
const MOST_NAMES = 100
const LONGEST_NAME = 300

/** Reads the frame. Asks the database only where the address leaves the range open. */
export async function frameOf(params: URLSearchParams, { ask, clock, simulatedDefault }: { readonly ask: Ask; readonly clock: Clock; readonly simulatedDefault: () => boolean }): Promise<Frame> {
  const simulated = sideOf(params) ?? simulatedDefault()
  const narrowed = { tasks: namesOf(params, 'task'), targets: namesOf(params, 'target') }
  const between = betweenOf(params)
  if (between !== undefined) return { simulated, range: null, ...between, bucketS: bucketFor(between.toMs - between.fromMs), ...narrowed }
  const now = clock.nowMs()
  const range = rangeOf(params) ?? (await fittingRange(ask, simulated, now))
  return { simulated, range, fromMs: down(now - RANGES[range].seconds * 1_000), toMs: up(now), bucketS: RANGES[range].bucketS, ...narrowed }
}

/** The side a request names; `undefined`: none. */
export function sideOf(params: URLSearchParams): boolean | undefined {
  const value = params.get('simulated')
  if (value === null) return undefined
  if (value === '1' || value === '0') return value === '1'
  throw new WeighbridgeError('bad_request', `simulated=${value.slice(0, 32)} is neither 1 nor 0.`)
}

/** A window as the queries take it. */
export function windowOf({ simulated, fromMs, toMs }: Pick<Frame, 'simulated' | 'fromMs' | 'toMs'>): { simulated: boolean; from: Date; to: Date } {
  return { simulated, from: new Date(fromMs), to: new Date(toMs) }
}

/** The same, narrowed. */
export function narrowedTo(frame: Frame): { simulated: boolean; from: Date; to: Date; tasks: string[]; targets: string[] } {
  return { ...windowOf(frame), tasks: [...frame.tasks], targets: [...frame.targets] }
}

function rangeOf(params: URLSearchParams): Range | undefined {
  const value = params.get('range')
  if (value === null) return undefined
  if (isRange(value)) return value
  throw new WeighbridgeError('bad_request', `range=${value.slice(0, 32)} is none of ${Object.keys(RANGES).join(', ')}.`)
}

function betweenOf(params: URLSearchParams): { readonly fromMs: number; readonly toMs: number } | undefined {
  const [from, to] = [params.get('from'), params.get('to')]
  if (from === null && to === null) return undefined
  const [fromMs, toMs] = [whole(from), whole(to)]
  if (fromMs === undefined || toMs === undefined || fromMs >= toMs) throw new WeighbridgeError('bad_request', 'from and to are milliseconds since the epoch, from before to.')
  if (toMs - fromMs > LONGEST_MS) throw new WeighbridgeError('bad_request', 'The window is longer than 400 days: choose a shorter one.')
  return { fromMs: down(fromMs), toMs: up(toMs) }
}

function whole(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

function namesOf(params: URLSearchParams, name: string): string[] {
  const names = params.getAll(name)
  if (names.length > MOST_NAMES || names.some((value) => value.length > LONGEST_NAME)) throw new WeighbridgeError('bad_request', `${name} may be given ${MOST_NAMES} times, with at most ${LONGEST_NAME} characters.`)
  return names
}

function bucketFor(lengthMs: number): number {
  return BUCKETS_S.find((seconds) => lengthMs / (seconds * 1_000) <= MOST_BUCKETS) ?? 604_800
}

const down = (ms: number): number => Math.floor(ms / MINUTE_MS) * MINUTE_MS
const up = (ms: number): number => Math.ceil(ms / MINUTE_MS) * MINUTE_MS

/** The range for an address that names none: the shortest that holds every call so far, and a day at most. */
async function fittingRange(ask: Ask, simulated: boolean, now: number): Promise<Range> {
  const [seen] = await ask(dataSeen, { from: new Date(down(now - RANGES[DEFAULT_RANGE].seconds * 1_000)), to: new Date(up(now)) })
  const calls = simulated ? seen?.simulated_calls : seen?.real_calls
  const first = simulated ? seen?.first_simulated : seen?.first_real
  if (first === undefined || calls === undefined || calls === 0) return DEFAULT_RANGE
  const shorter = (['15m', '1h'] as const).find((range) => now - first < RANGES[range].seconds * 1_000)
  return shorter ?? DEFAULT_RANGE
}
