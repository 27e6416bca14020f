// One connection pool per provider as configured; a changed provider gets a new pool and the old one finishes its calls.
import { Pool, type Dispatcher } from 'undici'
import type { Provider } from '../../core/config.ts'

export interface Pools {
  /** The pool for a provider's origin. */
  of(provider: Provider): Dispatcher
  /** Lets go of pools that no listed provider uses; calls under way finish. */
  keepOnly(providers: Iterable<Provider>): void
  close(): Promise<void>
}

export function createPools(): Pools {
  const pools = new Map<string, Pool>()
  /** The same by provider: making the key takes longer than the rest of an attempt's start. */
  let known = new WeakMap<Provider, Pool>()
  const keyOf = (provider: Provider): string => `${provider.name} ${new URL(provider.baseUrl).origin} ${provider.maxConnections} ${provider.timeouts.connectMs}`
  return {
    of(provider) {
      const found = known.get(provider)
      if (found !== undefined) return found
      const key = keyOf(provider)
      const pool = pools.get(key) ?? new Pool(new URL(provider.baseUrl).origin, {
        connections: provider.maxConnections,
        allowH2: false,
        // undici's timers are coarse: a far backstop behind our own deadlines (see exchange.ts).
        connect: { timeout: provider.timeouts.connectMs * 2 + 1_000 },
        headersTimeout: 0,
        bodyTimeout: 0,
      })
      pools.set(key, pool)
      known.set(provider, pool)
      return pool
    },
    keepOnly(providers) {
      const used = new Set([...providers].map(keyOf))
      known = new WeakMap()
      for (const [key, pool] of pools) {
        if (used.has(key)) continue
        pools.delete(key)
        pool.close().catch(() => pool.destroy())
      }
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()))
      pools.clear()
      known = new WeakMap()
    },
  }
}
