// How a router stood at a moment, as it describes itself every few seconds for the dashboards: one schema for who sends it and who
// stores it. Pure. Lengths in milliseconds; `null`: none.
import { z } from 'zod'
import { BREAKER_STATES, type Drain, type RouterOperations } from './operations.ts'

const count = z.number().int().nonnegative()
const name = z.string().max(256)

/** States of a target: the breaker's, and drained, which stands above them. */
export const TARGET_STATES = [...BREAKER_STATES, 'drained'] as const

export const routerStateSchema = z.object({
  /** Which router: host and port. */
  router: z.string().min(1).max(256),
  route_version: count.max(4_294_967_295),
  ready: z.boolean(),
  /** Attempts under way. */
  in_flight: count.max(4_294_967_295),
  spool: z.object({ bytes: count, max_bytes: count, records: count, oldest_ms: z.number().nonnegative().nullable(), dropped: count }),
  /** Each enabled target; `code`: why it is not ok. */
  targets: z.array(z.object({ target: name, state: z.enum(TARGET_STATES), code: z.string().max(256) })).max(2_000),
})
export type RouterState = Readonly<z.infer<typeof routerStateSchema>>

/** What a router's operations are in this form. `spoolMaxBytes`: bound of its spool. */
export function routerState(router: string, operations: RouterOperations, drains: readonly Drain[], ready: boolean, spoolMaxBytes: number): RouterState {
  const { spool } = operations
  return {
    router,
    route_version: operations.route_version,
    ready,
    in_flight: operations.targets.reduce((sum, target) => sum + target.in_flight, 0),
    spool: { bytes: spool.bytes, max_bytes: spoolMaxBytes, records: spool.records, oldest_ms: spool.oldest_ms, dropped: spool.dropped },
    targets: operations.targets.map(({ target, provider, state, code }) => {
      const drain = drains.find((candidate) => candidate.name === (candidate.scope === 'target' ? target : provider))
      return drain === undefined ? { target, state, code: code ?? '' } : { target, state: 'drained', code: `by ${drain.author}${drain.reason === '' ? '' : `: ${drain.reason}`}`.slice(0, 256) }
    }),
  }
}
