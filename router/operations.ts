// What a router knows of itself at this moment, for operators: how every target stands, what it was asked lately, and where
// each task's traffic goes now. Computed when asked, from the same rules that route calls; nothing is drawn or changed.
import type { Config, Target, Task } from '../core/config.ts'
import type { RouterOperations, TargetOperations, TaskOperations } from '../core/operations.ts'
import { effectiveRoute, type RouteTable } from '../core/route-table.ts'
import type { LogStats } from '../store/log/log.ts'
import type { CallFacts } from './decide/call-facts.ts'
import { sharesNow } from './decide/choose.ts'
import type { ExpectedOutput } from './decide/expected-output.ts'
import { planCall } from './decide/plan.ts'
import type { Drains } from './execute/dependencies.ts'
import type { HealthBook } from './execute/health.ts'
import type { KeyBook } from './execute/keys.ts'
import { standingAgainst } from './execute/standing.ts'
import type { TrafficBook } from './execute/traffic.ts'

/** The request that shares are worked out for: a short question with a middling answer. */
export const TYPICAL_REQUEST = { input_tokens: 1_000, output_tokens: 350 } as const

export type OperationsInputs = {
  readonly config: Config
  readonly table: RouteTable | undefined
  readonly health: HealthBook
  readonly keys: KeyBook
  readonly traffic: TrafficBook
  readonly drains: Drains | undefined
  readonly expected: ExpectedOutput
  readonly spool: LogStats
  /** On the monotonic clock. */
  readonly nowMs: number
  /** The same moment since the Unix epoch. */
  readonly wallMs: number
}

export function routerOperations(inputs: OperationsInputs): RouterOperations {
  const { config, table, spool } = inputs
  return {
    config_hash: config.hash,
    route_version: table?.version ?? 0,
    for_request: TYPICAL_REQUEST,
    targets: [...config.targets.values()].map((target) => targetNow(target, inputs)),
    tasks: [...config.tasks.values()].map((task) => taskNow(task, inputs)),
    spool: { records: spool.records, bytes: spool.bytes, oldest_ms: spool.oldestMs === undefined ? null : Math.max(0, inputs.wallMs - spool.oldestMs), dropped: spool.dropped },
  }
}

function targetNow(target: Target, inputs: OperationsInputs): TargetOperations {
  const { provider, model } = target
  const { nowMs, keys } = inputs
  const traffic = inputs.traffic.of(target.name, nowMs)
  return {
    target: target.name,
    provider: provider.name,
    model,
    effort: target.effort ?? null,
    kind: target.kind,
    ...stateNow(target, inputs),
    keys: { total: provider.apiKeys.length, resting: keys.resting(provider, model, nowMs).map((rest) => ({ number: rest.number, code: rest.code, left_ms: rest.leftMs })) },
    in_flight: traffic.inFlight,
    last_minute: { attempts: traffic.attempts, errors: traffic.errors },
  }
}

function stateNow(target: Target, inputs: OperationsInputs): Pick<TargetOperations, 'state' | 'code' | 'held_ms' | 'left_ms'> {
  const { nowMs } = inputs
  const health = inputs.health.state(target, nowMs)
  const rests = inputs.keys.allRest(target.provider, target.model, nowMs)
  const heldMs = health === undefined || health.sinceMs === 0 ? null : nowMs - health.sinceMs
  if (rests !== undefined && (health?.cooling?.forMs ?? 0) <= rests.forMs) return { state: 'limited', code: rests.code, held_ms: heldMs, left_ms: rests.forMs }
  if (health?.cooling !== undefined) {
    const { reason, forMs, probing } = health.cooling
    if (probing) return { state: 'half_open', code: health.code, held_ms: heldMs, left_ms: null }
    return { state: reason === 'rate_limited' ? 'limited' : 'cooling', code: health.code, held_ms: heldMs, left_ms: forMs }
  }
  // Its pause is over, but nobody has tried it since: the next call is the probe.
  if (health !== undefined && health.coolUntilMs > 0) return { state: 'half_open', code: health.code, held_ms: heldMs, left_ms: 0 }
  return { state: 'ok', code: null, held_ms: null, left_ms: null }
}

function taskNow(task: Task, inputs: OperationsInputs): TaskOperations {
  const { config, table, expected, nowMs } = inputs
  const facts: CallFacts = {
    model: 'auto', task: task.name, pin: undefined, failover: true, maxCostPer1k: undefined, maxCostUsd: undefined, purpose: 'production',
    sessionId: undefined, userId: undefined, tags: [], effort: undefined, stream: false, inputTokens: TYPICAL_REQUEST.input_tokens, maxOutputTokens: TYPICAL_REQUEST.output_tokens,
  }
  const plan = planCall({ config, table, expected, prices: undefined }, facts)
  const now = sharesNow(plan, (target) => standingAgainst(inputs, target, nowMs, true, false))
  return {
    task: task.name,
    weights: Object.fromEntries(effectiveRoute(config, task, table).weights),
    shares: Object.fromEntries(now.shares),
    failover: now.failover,
    excluded: now.exclusions.map(({ target, reason, detail }) => ({ target, reason, detail })),
  }
}
