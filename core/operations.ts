// What an operator sees and does, as the documents of the admin routes: /admin/operations, /admin/drains and /admin/keyring.
// One schema each, used by the router that serves it, by routers that follow it, and by the commands. Pure. Times are
// milliseconds since the Unix epoch (`…_at`) or lengths (`…_ms`); `null`: not known, or there is none.
import { z } from 'zod'
import { keyPolicySchema } from './key-policy.ts'
import { budgetsDocument } from './leases.ts'
import { KEY_SCOPES } from './mount.ts'

const count = z.number().int().nonnegative()
const length = z.number().nonnegative()
/** A moment; within what a Date can hold, so that writing it as text cannot fail. */
const moment = z.number().int().min(0).max(8.64e15)
/** Sums of shares may be a rounding above 1. */
const share = z.number().nonnegative()

/** How the breaker stands to a target. `limited`: its provider asked for a pause; `half_open`: one probe is under way or due. */
export const BREAKER_STATES = ['ok', 'cooling', 'limited', 'half_open'] as const
export type BreakerState = (typeof BREAKER_STATES)[number]

/** A key of a provider that rests; `number` counts a provider's keys from 1, the key itself is never shown. */
const restingKey = z.object({ number: z.number().int().min(1), code: z.string(), left_ms: length })

/** One enabled target as one router sees it. */
const targetOperations = z.object({
  target: z.string(),
  provider: z.string(),
  model: z.string(),
  effort: z.string().nullable(),
  kind: z.enum(['chat', 'embedding']),
  state: z.enum(BREAKER_STATES),
  /** Error code of the failure that brought it into this state. */
  code: z.string().nullable(),
  /** How long it has been in this state; `null` where it was never in another. */
  held_ms: length.nullable(),
  /** How long until it may be used again. */
  left_ms: length.nullable(),
  keys: z.object({ total: count, resting: z.array(restingKey).readonly() }),
  /** Attempts under way. */
  in_flight: count,
  /** Attempts that ended in the last 60 seconds, and those of them that failed. */
  last_minute: z.object({ attempts: count, errors: count }),
})
export type TargetOperations = Readonly<z.infer<typeof targetOperations>>

/** One task's traffic: what the route gives each target, and what each gets now that some are out. */
const taskOperations = z.object({
  task: z.string(),
  /** By the route in force, before any exclusion; sums to 1 (or is empty). */
  weights: z.record(z.string(), share),
  /** First attempts now: without drained, cooling and limited targets, for a request of `for_request`. Empty: nothing is left. */
  shares: z.record(z.string(), share),
  /** Chain order after a failure, without what is out now. */
  failover: z.array(z.string()).readonly(),
  /** Why each target that is out is out. */
  excluded: z.array(z.object({ target: z.string(), reason: z.string(), detail: z.string() })).readonly(),
})
export type TaskOperations = Readonly<z.infer<typeof taskOperations>>

/** What one router knows of itself: `RunningRouter.operations()`. */
export const routerOperations = z.object({
  config_hash: z.string(),
  route_version: count,
  /** The request that shares are worked out for, since ceilings depend on its size. */
  for_request: z.object({ input_tokens: count, output_tokens: count }),
  targets: z.array(targetOperations).readonly(),
  tasks: z.array(taskOperations).readonly(),
  spool: z.object({ records: count, bytes: count, oldest_ms: length.nullable(), dropped: count }),
})
export type RouterOperations = Readonly<z.infer<typeof routerOperations>>

/** What a drain is about. */
export const DRAIN_SCOPES = ['target', 'provider'] as const
export type DrainScope = (typeof DRAIN_SCOPES)[number]
/** How a drain came to its end: by a person, by its time, by a newer drain of the same subject. */
export const DRAIN_ENDINGS = ['undrained', 'expired', 'replaced'] as const
export type DrainEnding = (typeof DRAIN_ENDINGS)[number]

const drain = z.object({
  id: z.string().min(1).max(64),
  scope: z.enum(DRAIN_SCOPES),
  /** Name of the target or provider. */
  name: z.string().max(256),
  reason: z.string().max(1_000),
  /** Who says so: free text, as given or taken from the account of the command. */
  author: z.string(),
  /** Id of the key the request carried; `null` without one, and for a command that wrote to the state file. */
  key_id: z.string().nullable(),
  started_at: moment,
  /** When it ends by itself. */
  until_at: moment,
  ended_at: moment.nullable(),
  ended_how: z.enum(DRAIN_ENDINGS).nullable(),
  ended_by: z.string().nullable(),
})
/** A drain, in force or over. */
export type Drain = Readonly<z.infer<typeof drain>>

/** Answer of GET /admin/drains. */
export const drainsDocument = z.object({
  /** The answering router's clock: a follower whose clock differs shifts the ends by the difference. */
  now_at: moment,
  /** Address of the primary where these are kept; `null`: here. */
  primary: z.string().nullable(),
  active: z.array(drain).readonly(),
  /** Newest first; only where asked for with `?history=N`. */
  history: z.array(drain).readonly().optional(),
})
export type DrainsDocument = Readonly<z.infer<typeof drainsDocument>>

/** Answer of POST and DELETE /admin/drains. */
export const drainAnswer = z.object({
  drains: z.array(drain).readonly(),
  /** What a person should know: tasks that have no target left, and the like. */
  warnings: z.array(z.string()).readonly(),
})
export type DrainAnswer = Readonly<z.infer<typeof drainAnswer>>

/** Answer of GET /admin/keyring: keys in force, each by the SHA-256 of its secret in hex. A secret has 256 random bits. */
export const keyringDocument = z.object({
  keys: z.array(z.object({ id: z.string(), name: z.string(), scopes: z.array(z.enum(KEY_SCOPES)).readonly(), policy: keyPolicySchema.optional(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })).readonly(),
  /** The installation's secret for fingerprints, so that what several routers see can be put together. */
  signal_secret: z.string().min(16).max(128).optional(),
})
export type KeyringDocument = Readonly<z.infer<typeof keyringDocument>>

/** How a router that follows a primary stands to it. */
const following = z.object({
  url: z.string(),
  reachable: z.boolean(),
  /** Age of what it knows of drains and of keys; `null`: it never had any. */
  drains_age_ms: length.nullable(),
  keys_age_ms: length.nullable(),
  /** Why the last question was not answered; `null` when it was. */
  fault: z.string().nullable(),
})
export type Following = Readonly<z.infer<typeof following>>

/** A change of price that a router noticed. Dollars per million tokens of input and output. */
const priceNotice = z.object({
  target: z.string(),
  at: moment,
  cause: z.string(),
  before: z.string(),
  after: z.string(),
  /** Chain links that exceed their ceiling since. */
  over: z.array(z.string()).readonly(),
})
export type PriceNotice = Readonly<z.infer<typeof priceNotice>>

/** Answer of GET /admin/operations. */
export const operationsDocument = routerOperations.extend({
  now_at: moment,
  /** Whether the configuration lets it answer calls at all. */
  ready: z.boolean(),
  route_table: z.object({ source: z.string(), fault: z.string().nullable() }),
  /** What a person should know of a task's weights, by task. */
  notes: z.record(z.string(), z.string()),
  /** Why the configuration file as it stands is not in force; `null` when it is. */
  config_fault: z.string().nullable(),
  warnings: z.array(z.string()).readonly(),
  /** `null`: this router has its own state. */
  following: following.nullable(),
  drains: z.array(drain).readonly(),
  price_changes: z.array(priceNotice).readonly(),
  /** As GET /admin/budgets has them, the most used ones; left out by routers without any. */
  budgets: budgetsDocument.optional(),
})
export type OperationsDocument = Readonly<z.infer<typeof operationsDocument>>
