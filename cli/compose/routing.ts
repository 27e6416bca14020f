// The router with what it is given: keys from the state, mounts from whoever composes it.
import { createHash, timingSafeEqual } from 'node:crypto'
import type { KeyFacts, KeyRing, KeyScope, Mount } from '../../core/mount.ts'
import { systemClock, systemRandom } from '../../core/seams.ts'
import { startRouter, type RunningRouter } from '../../router/start.ts'
import { genaiPriceBook } from '../../store/prices/genai.ts'
import type { State } from '../../store/state/state.ts'
import type { Base } from './base.ts'
import { secret } from './clickhouse-server.ts'

export type RouterPlan = {
  readonly collectorUrl: string
  readonly state: State
  readonly bind: { host?: string | undefined; port?: number | undefined; allowedHosts?: readonly string[] }
  /** Pages and admin routes, where this router is the primary. */
  readonly mounts: readonly Mount[]
}

/** Starts the router. Throws `bind_refused` for an address beyond loopback without an admin key. */
export async function startRouting(base: Base, plan: RouterPlan): Promise<RunningRouter> {
  const { holder, dataDir, env, log, stack } = base
  const { router: settings } = holder.current().settings
  const router = await startRouter({
    config: holder,
    dataDir,
    collectorUrl: plan.collectorUrl,
    collectorToken: secret(env, 'WEIGHBRIDGE_COLLECTOR_TOKEN'),
    prices: genaiPriceBook(),
    keys: withAdminKey(plan.state.keys, secret(env, 'WEIGHBRIDGE_ADMIN_KEY')),
    mounts: plan.mounts,
    clock: systemClock,
    random: systemRandom,
    log,
    host: plan.bind.host ?? settings.host,
    port: plan.bind.port ?? settings.port,
    allowedHosts: plan.bind.allowedHosts ?? [],
  })
  return stack.add('router', router, () => router.close())
}

/** The stored keys, and an admin key from the environment where a deployment brings one. */
function withAdminKey(ring: KeyRing, adminKey: string | undefined): KeyRing {
  if (adminKey === undefined || adminKey === '') return ring
  const facts: KeyFacts = { id: 'environment', name: 'WEIGHBRIDGE_ADMIN_KEY', scopes: ['call', 'eval', 'read', 'admin'] }
  return {
    find: (given) => (timingSafeEqual(digest(given), digest(adminKey)) ? facts : ring.find(given)),
    has: (scope: KeyScope) => facts.scopes.includes(scope) || ring.has(scope),
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
