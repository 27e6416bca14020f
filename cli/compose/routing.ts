// The router with what it is given: keys and drains from the state or from the primary, mounts from whoever composes it.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { KeyFacts, KeyRing, KeyScope, Mount } from '../../core/mount.ts'
import { systemClock, systemRandom } from '../../core/seams.ts'
import { startRouter, type RunningRouter } from '../../router/start.ts'
import type { State } from '../../store/state/state.ts'
import type { Base } from './base.ts'
import { secret } from './clickhouse-server.ts'
import { emitter } from './emit.ts'
import { startOperators } from './operators.ts'
import { keepTellingState } from './router-states.ts'

export type RouterPlan = {
  readonly collectorUrl: string
  readonly state: State
  readonly bind: { host?: string | undefined; port?: number | undefined; allowedHosts?: readonly string[] }
  /** Pages and routes over the evidence, where this router is the primary. */
  readonly mounts: readonly Mount[]
  /** Owns its drains and keys even where the configuration, which routers may share, names a primary. */
  readonly primary: boolean
}

/** Starts the router. Throws `bind_refused` for an address beyond loopback without an admin key. */
export async function startRouting(base: Base, plan: RouterPlan): Promise<RunningRouter> {
  const { holder, dataDir, env, log, stack } = base
  // The spool has the bound it was opened with until the next start.
  const { router: settings, spool } = holder.current().settings
  let running: RunningRouter | undefined
  const adminKey = secret(env, 'WEIGHBRIDGE_ADMIN_KEY')
  const operators = await startOperators(base, { state: plan.state, primary: plan.primary, guard: (ring) => withAdminKey(ring, adminKey), router: () => running })
  const router = await startRouter({
    config: holder,
    dataDir,
    collectorUrl: plan.collectorUrl,
    collectorToken: secret(env, 'WEIGHBRIDGE_COLLECTOR_TOKEN'),
    prices: base.prices,
    keys: operators.keys,
    drains: operators.drains,
    askPrimary: operators.askPrimary,
    signalSecret: operators.signalSecret,
    mounts: [...plan.mounts, ...operators.mounts],
    clock: systemClock,
    random: systemRandom,
    log,
    host: plan.bind.host ?? settings.host,
    port: plan.bind.port ?? settings.port,
    allowedHosts: plan.bind.allowedHosts ?? [],
  })
  running = router
  stack.add('router', router, () => router.close())
  const stopTelling = keepTellingState({
    router,
    drains: () => operators.drains.active(),
    spoolMaxBytes: () => spool.max_bytes,
    emit: emitter(plan.collectorUrl, env),
    clock: systemClock,
  })
  stack.add('router state', stopTelling, stopTelling)
  return router
}

/** The stored keys, and an admin key from the environment where a deployment brings one. */
function withAdminKey(ring: KeyRing, adminKey: string | undefined): KeyRing {
  if (adminKey === undefined || adminKey === '') return ring
  const facts: KeyFacts = { id: 'environment', name: 'WEIGHBRIDGE_ADMIN_KEY', scopes: ['call', 'eval', 'read', 'admin'] }
  return {
    find: (given) => (timingSafeEqual(digest(given), digest(adminKey)) ? facts : ring.find(given)),
    has: (scope: KeyScope) => facts.scopes.includes(scope) || ring.has(scope),
    byId: (id) => (id === facts.id ? facts : ring.byId?.(id)),
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
