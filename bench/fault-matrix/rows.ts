// What the matrix runs: every fault of the sim on every surface's own wire, faults of the way there (no listener, no name, no
// TLS), and a sample across wires. Pure data; a fault that is added to the sim is a row by itself.
import { WIRES, type Wire } from '../../core/model-request.ts'
import { FAULTS, FAULT_NAMES, type FaultName } from '../../sim/faults/table.ts'
import { SURFACES, type Kind, type SurfaceName } from './asking.ts'

/** Places nobody answers from in the way a provider should. */
export const PLACES = {
  refused: 'Nobody listens at the address',
  unknown_name: 'The host name does not exist',
  no_tls: 'The address says https, the server does not',
  tls_silent: 'The connection opens, the TLS handshake is never answered',
} as const
export type Place = keyof typeof PLACES

/** One fault. `spec`: as the sim takes it; `undefined`: the fault lies in the place. */
export type Row = { readonly name: string; readonly about: string; readonly spec: string | undefined; readonly place: Place | undefined; readonly kind: Kind; readonly onRefusal: boolean }

/** Numbers that make a fault fit the short deadlines and the small bounds of the matrix. */
const NUMBERS: Partial<Record<FaultName, string>> = { slow_drip: 'bytes=64;pause_ms=2', huge_body: 'mb=3', huge_event: 'mb=3', rate_limit_429: 'retry_after_ms=60000', rate_limit_date_429: 'after_s=60' }
const KINDS: Partial<Record<FaultName, Kind>> = { schema_violation: 'schema', schema_not_json: 'schema', tool_arguments_broken: 'tool' }

const row = (name: FaultName, more: Partial<Row> = {}): Row => {
  const numbers = NUMBERS[name]
  return { name, about: FAULTS[name].about, spec: numbers === undefined ? name : `${name};${numbers}`, place: undefined, kind: KINDS[name] ?? 'text', onRefusal: false, ...more }
}

/** All rows, in the order of the page. */
export const ROWS: readonly Row[] = [
  ...(['refused', 'unknown_name', 'no_tls', 'tls_silent'] as const).map((place): Row => ({ name: place, about: PLACES[place], spec: undefined, place, kind: 'text', onRefusal: false })),
  ...FAULT_NAMES.map((name) => row(name)),
  row('slow_drip', { name: 'slow_drip_forever', about: 'A few bytes at a time, beyond every deadline', spec: 'slow_drip;bytes=4;pause_ms=25' }),
  ...(['refusal', 'content_filter', 'content_filter_400'] as const).map((name) => row(name, { name: `${name} (on_refusal)`, about: `${FAULTS[name].about}; the task has a chain for it`, onRefusal: true })),
]

/** Faults tried across wires: one of each way to go wrong. */
const CROSSED: ReadonlySet<string> = new Set<FaultName>([
  'rate_limit_429', 'quota_429', 'overloaded_503', 'server_500', 'unauthorized_401', 'bad_request_400', 'context_length_400', 'content_filter_400', 'hang_headers', 'hang_mid_stream', 'pings_forever', 'reset_connection',
  'cut_before_first_token', 'cut_mid_stream', 'cut_after_finish', 'end_mid_stream', 'missing_done', 'missing_finish', 'malformed_chunk', 'error_event_first', 'error_event_mid_stream', 'overloaded_mid_stream', 'duplicate_terminal',
  'data_after_terminal', 'unknown_events', 'crlf', 'no_usage', 'empty_answer', 'refusal', 'content_filter', 'tool_arguments_broken', 'other_model',
])

/** One thing to try. `alone`: the chain has no other target. */
export type Cell = { readonly id: string; readonly row: Row; readonly surface: SurfaceName; readonly wire: Wire; readonly stream: boolean; readonly alone: boolean }

/** The cells of these rows; `crossed`: the sample across wires instead of the surfaces' own. */
export function cellsOf(rows: readonly Row[], crossed: boolean): Cell[] {
  const surfaces = Object.entries(SURFACES) as [SurfaceName, Wire][] // Object.entries widens the keys
  let count = 0
  return rows.flatMap((one) =>
    surfaces.flatMap(([surface, own]) =>
      WIRES.filter((wire) => (crossed ? wire !== own && CROSSED.has(one.name) : wire === own)).flatMap((wire) =>
        [false, true].flatMap((stream) => [false, true].map((alone): Cell => ({ id: `${crossed ? 'x' : 'c'}${(count += 1)}`, row: one, surface, wire, stream, alone }))),
      ),
    ),
  )
}
