// The route table: task → weighted targets with the evidence behind every weight. Generated, immutable, small enough to
// review in a pull request. The router never routes outside the config; this says only how the draw is weighted inside it.
import { z } from 'zod'
import type { Config, Task } from './config.ts'
import { WeighbridgeError } from './errors.ts'
import { contentHash } from './hash.ts'

const interval = z.strictObject({ value: z.number(), low: z.number(), high: z.number(), n: z.number() })
/** A number with its interval (95%) and the count behind it. */
export type Interval = z.infer<typeof interval>

const evidence = z.strictObject({
  /** provider/model@effort: what the evidence is about, whatever the target is called. */
  evidence_key: z.string(),
  quality: interval.optional(),
  cost_per_call_usd: interval.optional(),
  latency_p95_ms: z.number().optional(),
  error_rate: interval.optional(),
  hallucination_rate: interval.optional(),
  pushback_rate: interval.optional(),
  p_best: z.number().optional(),
  /** What its utility was made of, in right answers: quality less the terms of cost, latency and failed attempts. */
  terms: z.strictObject({ quality: z.number(), cost: z.number(), latency: z.number(), errors: z.number(), utility: z.number() }).optional(),
  evals: z.number().optional(),
  calls: z.number().optional(),
})
export type TargetEvidence = z.infer<typeof evidence>

const shares = z.record(z.string(), z.number().min(0).max(1))

/** A challenger that gets a part of a task's traffic before it gets all of it. */
const canary = z.strictObject({
  /** The version it began with: what the calls of its arm are labelled with, as long as it runs. */
  version: z.number().int().min(1),
  /** The version whose weights the other calls keep and are labelled with; 0: configured weights. */
  base: z.number().int().min(0),
  /** Target → share of the draw in its arm; sums to 1. */
  weights: shares,
  excluded: z.record(z.string(), z.string()).default({}),
  /** Share of sessions (and of calls without one) that go to its arm. */
  share: z.number().gt(0).lt(1),
  since: z.iso.datetime(),
  /** Share of its draw that is exploration, already inside its weights. */
  exploration: z.number().min(0).max(1).default(0),
  /** Its weights without exploration; sums to 1. Absent: the weights themselves. */
  core: shares.optional(),
  /** The rule that proposed it. */
  rule: z.string(),
})
export type Canary = z.infer<typeof canary>

const taskRoute = z.strictObject({
  /** Target → share of the draw; sums to 1. */
  weights: shares,
  /** Targets taken out of the draw by a floor or ceiling, with the reason. */
  excluded: z.record(z.string(), z.string()).default({}),
  /** `Task.configHash` of the configuration it was learned under. */
  config_hash: z.string(),
  /** Share of the draw that is exploration, already inside the weights. */
  exploration: z.number().min(0).max(1).default(0),
  /** The weights without exploration, for calls that must not be experimented with; sums to 1. Absent: the weights themselves. */
  core: shares.optional(),
  rule: z.string(),
  evidence: z.record(z.string(), evidence).default({}),
  /** The weights above are the champion's while it runs. */
  canary: canary.optional(),
})
export type TaskRoute = z.infer<typeof taskRoute>

/** The file `route-table.json`. */
export const routeTableSchema = z.strictObject({
  schema: z.literal(1),
  version: z.number().int().min(1),
  /** The version it replaces; 0 means configured weights. */
  parent: z.number().int().min(0),
  created_at: z.iso.datetime(),
  author: z.string(),
  rule: z.string(),
  /** Whether its evidence comes from simulated targets. */
  simulated: z.boolean(),
  tasks: z.record(z.string(), taskRoute),
  /** `contentHash` of all other members. */
  hash: z.string(),
})
export type RouteTable = z.infer<typeof routeTableSchema>

/** Puts the hash on a table. */
export function sealRouteTable(table: Omit<RouteTable, 'hash'>): RouteTable {
  return { ...table, hash: contentHash(table) }
}

/** Parses and checks a route table's text. Throws `route_table_invalid` for bad JSON, a bad shape, weights that do not sum to 1, or a wrong hash. */
export function parseRouteTable(text: string): RouteTable {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new WeighbridgeError('route_table_invalid', 'The route table is not JSON.', { cause })
  }
  const parsed = routeTableSchema.safeParse(value)
  if (!parsed.success) {
    const first = parsed.error.issues[0]
    throw new WeighbridgeError('route_table_invalid', `The route table is malformed at ${first?.path.join('.')}: ${first?.message}`)
  }
  const { hash, ...content } = parsed.data
  if (contentHash(content) !== hash) throw new WeighbridgeError('route_table_invalid', `The route table's hash ${hash} does not match its content: it was edited by hand or cut short.`)
  for (const [task, route] of Object.entries(content.tasks)) {
    checkSum(`The weights of task ${task}`, route.weights)
    if (route.core !== undefined) checkSum(`The core weights of task ${task}`, route.core)
    if (route.canary === undefined) continue
    checkSum(`The canary's weights of task ${task}`, route.canary.weights)
    if (route.canary.core !== undefined) checkSum(`The canary's core weights of task ${task}`, route.canary.core)
    const { version, base } = route.canary
    if (version > content.version || base >= version) throw new WeighbridgeError('route_table_invalid', `The canary of task ${task} is of version ${version} over ${base}, in a table of version ${content.version}.`)
  }
  return parsed.data
}

function checkSum(what: string, weights: Readonly<Record<string, number>>): void {
  const sum = Object.values(weights).reduce((total, weight) => total + weight, 0)
  if (Math.abs(sum - 1) > 1e-6) throw new WeighbridgeError('route_table_invalid', `${what} sum to ${sum}, not 1.`)
}

/** Where a task's weights come from at the moment. */
export type EffectiveRoute = RouteArm & {
  /** Quality of targets with its 95% interval, where the table has evidence. */
  readonly quality: ReadonlyMap<string, Interval>
  readonly source: 'table' | 'config'
  /** Why the table is not used for this task; `undefined` when it is. */
  readonly note: string | undefined
  /** The challenger and its share of the traffic; the weights beside it are the champion's. `undefined`: there is none. */
  readonly canary: (RouteArm & { readonly share: number; readonly since: string }) | undefined
}

/** Weights to draw by, with the version that calls drawn by them are labelled with (0: configured weights). */
export type RouteArm = {
  readonly weights: ReadonlyMap<string, number>
  /** The weights without exploration; the same where there is none. */
  readonly core: ReadonlyMap<string, number>
  /** Share of the draw that is exploration, inside the weights. */
  readonly exploration: number
  /** Out of the draw, still in the chain (unless the task is strict). */
  readonly excluded: ReadonlyMap<string, string>
  readonly version: number
}

const NO_EVIDENCE: ReadonlyMap<string, Interval> = new Map()
const NOBODY: ReadonlyMap<string, string> = new Map()

/**
 * The weights in force for a task: the table's where it was learned under this very configuration of the task, without
 * targets that the config no longer has, renormalised; the configured ones otherwise.
 */
export function effectiveRoute(config: Config, task: Task, table: RouteTable | undefined): EffectiveRoute {
  const fromConfig = (note: string | undefined): EffectiveRoute => ({ weights: task.route, core: task.route, exploration: 0, quality: NO_EVIDENCE, excluded: NOBODY, version: 0, source: 'config', note, canary: undefined })
  const learned = table?.tasks[task.name]
  if (table === undefined || learned === undefined) return fromConfig(undefined)
  if (learned.config_hash !== task.configHash) return fromConfig(`the task was changed in the config since version ${table.version}; configured weights until the next publish`)
  if (table.simulated !== task.simulated) return fromConfig(`version ${table.version} rests on ${table.simulated ? 'simulated' : 'real'} evidence and does not apply to this task`)
  const champion = armFrom(config, learned, learned.canary?.base ?? table.version)
  if (champion === undefined) return fromConfig(`none of the targets of version ${table.version} is enabled`)
  // A challenger that lost all its targets is no arm: the champion serves everybody.
  const { canary } = learned
  const challenger = canary === undefined ? undefined : armFrom(config, canary, canary.version)
  return {
    ...champion,
    quality: new Map(Object.entries(learned.evidence).flatMap(([target, { quality }]) => (quality === undefined ? [] : [[target, quality] as const]))),
    source: 'table',
    note: undefined,
    canary: canary === undefined || challenger === undefined ? undefined : { ...challenger, share: canary.share, since: canary.since },
  }
}

type Learned = Pick<TaskRoute, 'weights' | 'core' | 'exploration' | 'excluded'>

/** `undefined`: none of its targets is in the config. */
function armFrom(config: Config, learned: Learned, version: number): RouteArm | undefined {
  const weights = enabledShares(config, learned.weights)
  if (weights === undefined) return undefined
  const core = learned.core === undefined || learned.exploration <= 0 ? undefined : enabledShares(config, learned.core)
  return { weights, core: core ?? weights, exploration: core === undefined ? 0 : learned.exploration, excluded: new Map(Object.entries(learned.excluded)), version }
}

/** Shares of the targets that the config has, renormalised; `undefined`: none is left. */
function enabledShares(config: Config, weights: Readonly<Record<string, number>>): ReadonlyMap<string, number> | undefined {
  const kept = Object.entries(weights).filter(([target]) => config.targets.has(target))
  const total = kept.reduce((sum, [, weight]) => sum + weight, 0)
  return total <= 0 ? undefined : new Map(kept.map(([target, weight]) => [target, weight / total]))
}
