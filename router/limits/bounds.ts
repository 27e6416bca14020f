// Which limits bind one call, and in which cells it is counted: from what its key may do, what the call says of itself, and the task it
// was decided to be of. No amounts are compared here.
import { WeighbridgeError } from '../../core/errors.ts'
import { contentHash } from '../../core/hash.ts'
import { limitName, smallerOf, type Limit } from '../../core/limits.ts'
import type { CallFacts } from '../decide/call-facts.ts'
import { counted } from './amounts.ts'
import type { Cell } from './cell.ts'
import type { Ledger } from './ledger.ts'
import type { Policy, RuleLimits } from './policy.ts'

/** One limit on one cell. */
export type Bound = {
  readonly cell: Cell
  readonly limit: Limit
  /** Whose it is, without the side; `own`: of the caller itself, so that it may see the figures. */
  readonly rule: string
  readonly own: boolean
}

/** What a call is about, as limits see it. */
export type Subjects = {
  readonly facts: CallFacts
  /** Trace of the client's traceparent, else its session; `undefined`: neither, so the call stands alone. */
  readonly traceId: string | undefined
}

/** Longest subject as it is; a longer one is known by its beginning and a hash. */
const LONGEST_SUBJECT = 160

/**
 * The limits of each kind of subject that a call has; without those of tasks. Throws `bad_request` for a limit on a trace that the
 * call does not belong to.
 */
export function agentLimits(policy: Policy, { facts, traceId }: Subjects): RuleLimits {
  const { maxTraceUsd, maxSteps } = facts
  if (maxTraceUsd === undefined && maxSteps === undefined) return policy.ofTrace
  if (traceId === undefined) {
    const header = maxSteps === undefined ? 'x-weighbridge-max-trace-usd' : 'x-weighbridge-max-steps'
    throw new WeighbridgeError('bad_request', `${header} needs something to count in: the call has neither a traceparent nor a session.`, { details: { param: header }, remedy: 'Send a W3C traceparent header, or x-weighbridge-session, with each call of the agent.' })
  }
  const narrowing: Limit[] = [
    ...(maxTraceUsd === undefined ? [] : [{ measure: 'usd', window: 'total', most: counted(maxTraceUsd) } as const]),
    ...(maxSteps === undefined ? [] : [{ measure: 'requests', window: 'total', most: maxSteps } as const]),
  ]
  return smallerOf(policy.ofTrace, narrowing)
}

/** All bounds of a call of a task on one side of the divide between real and simulated. */
export function boundsOf(ledger: Ledger, policy: Policy, subjects: Subjects, ofTrace: RuleLimits, task: string, simulated: boolean, nowMs: number): Bound[] {
  const { facts, traceId } = subjects
  const bounds: Bound[] = []
  const keyId = policy.key?.id
  // Who needs no key, or administers the router, may see everything.
  const seesAll = policy.key === undefined || policy.key.scopes.includes('admin')
  const add = (rule: string, subject: string | undefined, limits: RuleLimits, own: boolean): void => {
    let cell: Cell | undefined
    for (const limit of limits) {
      if (cell?.key.window !== limit.window) cell = subject === undefined ? detachedOf(bounds, ledger, rule, limit, nowMs) : ledger.cell(simulated ? `sim/${rule}` : rule, subject, limit.window, nowMs)
      cell.mosts[limit.measure] = limit.most
      bounds.push({ cell, limit, rule, own: own || seesAll })
    }
  }
  if (keyId !== undefined) add('key', keyId, facts.purpose === 'production' ? policy.ofKey : policy.ofKeyAlone, true)
  if (facts.purpose !== 'production') {
    add('evals', '', policy.ofEvals, false)
    return bounds
  }
  add('all', '', policy.all, false)
  if (facts.userId !== undefined) add('user', subjectText(facts.userId), policy.ofUser, true)
  if (facts.sessionId !== undefined) add('session', agentSubject(keyId, facts.sessionId), policy.ofSession, true)
  add('trace', traceId === undefined ? undefined : agentSubject(keyId, traceId), ofTrace, true)
  const ofTask = policy.ofTasks.get(task)
  if (ofTask !== undefined) add('task', task, ofTask, false)
  if (policy.ofTags.size > 0) {
    for (const tag of facts.tags) {
      const at = tag.indexOf('=')
      const limits = policy.ofTags.get(tag.slice(0, at))
      if (limits !== undefined) add(`tag:${tag.slice(0, at)}`, subjectText(tag.slice(at + 1)), limits.values.get(tag.slice(at + 1)) ?? limits.each, false)
    }
  }
  return bounds
}

/** A call that stands alone is held against the limits of a trace by itself. */
function detachedOf(bounds: readonly Bound[], ledger: Ledger, rule: string, { window }: Limit, nowMs: number): Cell {
  return bounds.find((bound) => bound.cell.detached && bound.cell.key.window === window)?.cell ?? ledger.detached(rule, window, nowMs)
}

/** Traces and sessions are named by clients: one key's are nobody else's. */
export function agentSubject(keyId: string | undefined, id: string): string {
  return subjectText(`${keyId ?? '-'}/${id}`)
}

function subjectText(text: string): string {
  return text.length <= LONGEST_SUBJECT ? text : `${text.slice(0, LONGEST_SUBJECT - 17)}~${contentHash(text)}`
}

/** Whether a limit is on the calls of a trace or a session. */
export function isSteps({ rule, limit }: Pick<Bound, 'rule' | 'limit'>): boolean {
  return (rule === 'trace' || rule === 'session') && limit.measure === 'requests' && limit.window === 'total'
}

/** A limit as people read it: whose, and its name in the configuration. */
export function boundName(bound: Pick<Bound, 'rule' | 'limit'>): string {
  return `${bound.rule} ${isSteps(bound) ? 'steps' : limitName(bound.limit)}`
}

/** Each cell once: a call is counted in a cell, however many limits that cell has. */
export function cellsOf(bounds: readonly Bound[]): Set<Cell> {
  return new Set(bounds.map((bound) => bound.cell))
}
