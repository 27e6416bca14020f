// What speaks against each target at this moment (drains, cooldowns, keys that all rest), and waiting for the first of them
// to come back. Exclusions only; who is chosen among the rest is decide/'s business.
import type { Target } from '../../core/config.ts'
import type { Candidate } from '../decide/admit.ts'
import type { Standing } from '../decide/plan.ts'
import type { ClientGone } from './client-gone.ts'
import type { CallDependencies, Drains } from './dependencies.ts'
import type { HealthBook } from './health.ts'
import type { KeyBook } from './keys.ts'

type Books = { readonly health: HealthBook; readonly keys: KeyBook; readonly drains: Drains | undefined }

/**
 * What speaks against a target. Evals neither open a breaker nor are kept away by one; a provider's own limit binds them too.
 * `lastResort`: for when nothing else is left: an open breaker then lets one call at a time through, as a probe before its time.
 */
export function standingAgainst(books: Books, target: Target, nowMs: number, production: boolean, lastResort: boolean): ReturnType<Standing> {
  const drained = books.drains?.reason(target)
  if (drained !== undefined) return { reason: 'drained', detail: drained }
  const rests = books.keys.allRest(target.provider, target.model, nowMs)
  if (rests !== undefined) return { reason: 'rate_limited', detail: `all its keys rest (${rests.code}), the first for another ${rests.forMs} ms`, code: rests.code }
  const cooling = books.health.cooling(target, nowMs)
  if (cooling === undefined || (cooling.reason === 'cooling' && (!production || (lastResort && !cooling.probing)))) return undefined
  return { reason: cooling.reason, detail: cooling.detail, code: cooling.code }
}

/** Milliseconds until the first of these targets comes back by itself; `undefined`: none of them rests. Drained ones do not count. */
export function soonestReturn(books: Books, candidates: readonly Candidate[], nowMs: number): number | undefined {
  let soonest: number | undefined
  for (const { target } of candidates) {
    if (books.drains?.reason(target) !== undefined) continue
    const rests = books.keys.allRest(target.provider, target.model, nowMs)
    const cooling = books.health.cooling(target, nowMs)
    if (rests === undefined && cooling === undefined) continue
    const forMs = Math.max(rests?.forMs ?? 0, cooling?.forMs ?? 0)
    if (soonest === undefined || forMs < soonest) soonest = forMs
  }
  return soonest
}

/** Waits so long, or until any target's health changes, or until the client goes. Answers how long it was. */
export function waitForChange(deps: Pick<CallDependencies, 'health' | 'clock'>, ms: number, gone: ClientGone): Promise<number> {
  const startedMs = deps.clock.monotonicMs()
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    const forgetChange = deps.health.onChange(done)
    function done(): void {
      clearTimeout(timer)
      forgetChange()
      gone.forget(done)
      resolve(deps.clock.monotonicMs() - startedMs)
    }
    gone.listen(done)
  })
}

/** Waits so long, or until the client goes. */
export function pause(ms: number, gone: ClientGone): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    function done(): void {
      clearTimeout(timer)
      gone.forget(done)
      resolve()
    }
    gone.listen(done)
  })
}
