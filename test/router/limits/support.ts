// Limits under test: a real ledger file, a clock that a test sets, calls planned as the router plans them, and no provider at all.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig, type Config, type Target } from '../../../core/config.ts'
import { asWeighbridgeError, type WeighbridgeError } from '../../../core/errors.ts'
import type { KeyFacts } from '../../../core/mount.ts'
import type { Clock } from '../../../core/seams.ts'
import { openBudgetBook, type BudgetBook } from '../../../store/state/budgets.ts'
import type { CallFacts } from '../../../router/decide/call-facts.ts'
import { learningExpectedOutput } from '../../../router/decide/expected-output.ts'
import { planCall, type Plan } from '../../../router/decide/plan.ts'
import { Limits } from '../../../router/limits/limits.ts'
import type { AskPrimary } from '../../../router/limits/lease-line.ts'
import type { Ticket } from '../../../router/limits/ticket.ts'
import { Metrics } from '../../../router/metrics.ts'
import { silent } from '../support/running.ts'

export const START = Date.parse('2026-03-10T12:00:30Z')

/** A clock that stands still until it is moved; both of its times move together. */
export function scriptedClock(atMs = START): Clock & { move(ms: number): void } {
  let now = atMs
  return { nowMs: () => now, monotonicMs: () => now, move: (ms) => void (now += ms) }
}

/** Two priced targets: a call of 1,000 tokens in and at most 100 out sets $0.0014 aside at cheap, $0.016 at dear. */
export const TWO_TARGETS = `
providers: { p: { base_url: "http://127.0.0.1:1/v1" }, q: { base_url: "http://127.0.0.1:2/v1" } }
targets:
  cheap: { provider: p, model: small, price: { input: 1, output: 2 } }
  dear: { provider: q, model: large, price: { input: 10, output: 40 } }
chains: { default: [ { target: cheap }, { target: dear } ], costly: [ { target: dear }, { target: cheap } ] }
tasks: { hard: { chain: costly, route: { dear: 1 } } }
`

export const FACTS: CallFacts = {
  model: 'auto', task: undefined, pin: undefined, failover: true, maxCostPer1k: undefined, maxCostUsd: undefined, purpose: 'production',
  sessionId: undefined, userId: undefined, tags: [], effort: undefined, stream: false, inputTokens: 1_000, maxOutputTokens: 100,
}

export function keyFacts(over: Partial<KeyFacts> = {}): KeyFacts {
  return { id: 'key_1', name: 'app', scopes: ['call'], ...over }
}

export type Call = { readonly key?: KeyFacts; readonly traceId?: string; readonly native?: Record<string, unknown> } & Partial<CallFacts>

export type World = {
  readonly limits: Limits
  readonly metrics: Metrics
  config: Config
  ticket(call?: Call): Ticket
  /** The call's plan with everything set aside, or why it is refused. */
  ask(call?: Call): Promise<{ ticket: Ticket; plan: Plan | undefined; error: WeighbridgeError | undefined }>
  target(name: string): Target
}

/** Limits under a configuration, over the ledger in a folder. */
export function worldIn(folder: string, extra: string, clock: Clock, askPrimary?: AskPrimary, name = 'budgets.sqlite'): World {
  const book: BudgetBook = openBudgetBook(join(folder, name))
  const metrics = new Metrics()
  const expected = learningExpectedOutput()
  const world: World = {
    config: parseConfig(TWO_TARGETS + extra, {}, { find: () => undefined }),
    limits: new Limits({ book, config: () => world.config, askPrimary, expected, metrics, clock, log: silent }),
    metrics,
    ticket: ({ key, traceId, native, ...facts } = {}) => world.limits.ticket({ config: world.config, key, facts: world.limits.tagged(world.config, key, { ...FACTS, ...facts }), traceId, native: native ?? {} }),
    async ask(call) {
      const ticket = world.ticket(call)
      try {
        const plan = await ticket.plan((barred) => planCall({ config: world.config, table: undefined, expected, prices: undefined, barred }, ticket.facts()))
        return { ticket, plan, error: undefined }
      } catch (thrown) {
        return { ticket, plan: undefined, error: asWeighbridgeError(thrown) }
      }
    },
    target(wanted) {
      const target = world.config.targets.get(wanted)
      if (target === undefined) throw new Error(`no target ${wanted}`)
      return target
    },
  }
  return world
}

/** A folder of a test's own, and how to be rid of it. */
export function ownFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'weighbridge-limits-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** Settles a ticket at a cost, served by a target. */
export function settle({ ticket, world, target = 'cheap' }: { ticket: Ticket; world: World; target?: string }, costUsd: number | undefined, tokens = 1_100): void {
  ticket.settle({ costUsd, tokens, target: world.target(target) })
}
