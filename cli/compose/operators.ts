// What operators need of a router: drains and keys, from its own state or from the primary it follows, and the admin routes over
// them. Starts and closes with the router; needs neither collector nor ClickHouse.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { KeyRing, Mount } from '../../core/mount.ts'
import type { Following } from '../../core/operations.ts'
import { systemClock, systemRandom } from '../../core/seams.ts'
import { askPrimaryAt } from '../../router/admin/ask-primary.ts'
import { budgetMounts } from '../../router/admin/budgets.ts'
import { followPrimary } from '../../router/admin/follow.ts'
import { adminMounts, type AdminParts } from '../../router/admin/mounts.ts'
import { drainView, type DrainView } from '../../router/drains.ts'
import type { AskPrimary } from '../../router/limits/lease-line.ts'
import type { State } from '../../store/state/state.ts'
import type { Base } from './base.ts'
import { secret } from './clickhouse-server.ts'

/** `askPrimary`: how slices of budgets are had, where there is a primary. */
export type Operators = { readonly keys: KeyRing; readonly drains: DrainView; readonly mounts: readonly Mount[]; readonly askPrimary: AskPrimary | undefined; /** See RouterOptions.signalSecret. */ readonly signalSecret: string | undefined }

export type OperatorsPlan = {
  readonly state: State
  /** Owns its state even where the configuration names a primary. */
  readonly primary: boolean
  /** Adds what the environment brings to the keys. */
  readonly guard: (ring: KeyRing) => KeyRing
  /** The router, once it runs. */
  readonly router: AdminParts['router']
}

/** How often the state file is looked at for what a command wrote there itself; one look is an index over a few rows. */
const STATE_POLL_MS = 500

/** Takes up drains and keys. With a primary it waits for one question at most, and goes on from its cache when that fails. */
export async function startOperators(base: Base, plan: OperatorsPlan): Promise<Operators> {
  const { holder } = base
  const drains = drainView(() => holder.current(), systemClock)
  const url = plan.primary ? undefined : holder.current().settings.router.primary_url
  const source = url === undefined ? followState(base, plan.state, drains) : await follow(base, url, drains)
  const keys = plan.guard(source.keys)
  const parts: AdminParts = {
    config: () => holder.current(),
    drains,
    book: source.own ? plan.state.drains : undefined,
    keyring: source.own ? () => ({ keys: plan.state.keys.hashes(), signal_secret: source.signalSecret }) : undefined,
    following: source.following,
    router: plan.router,
    priceChanges: () => holder.priceNotices(),
    keys,
    clock: systemClock,
  }
  const askPrimary = url === undefined ? undefined : askPrimaryAt(url, secret(base.env, 'WEIGHBRIDGE_PRIMARY_KEY'))
  return { keys, drains, mounts: [...adminMounts(parts), ...budgetMounts(parts)], askPrimary, signalSecret: source.signalSecret }
}

type Source = { readonly own: boolean; readonly keys: KeyRing; readonly following: () => Following | undefined; readonly signalSecret: string | undefined }

function followState({ log, stack }: Base, state: State, drains: DrainView): Source {
  drains.take(state.drains.active())
  let failed = false
  const look = (): void => {
    try {
      drains.take(state.drains.active())
      failed = false
    } catch (error) {
      if (!failed) log.error({ err: error }, 'the drains cannot be read; what was last known stays in force')
      failed = true
    }
  }
  const timer = setInterval(look, STATE_POLL_MS)
  timer.unref()
  stack.add('drains', timer, () => clearInterval(timer))
  return { own: true, keys: state.keys, following: () => undefined, signalSecret: ownSignalSecret(state) }
}

const SIGNAL_SECRET = 'signals.secret'

/** The installation's secret, made at its first use. */
function ownSignalSecret({ settings }: State): string {
  const known = settings.get(SIGNAL_SECRET)
  if (known !== undefined) return known
  const made = randomBytes(32).toString('hex')
  settings.set(SIGNAL_SECRET, made)
  return made
}

async function follow({ dataDir, env, log, stack }: Base, url: string, drains: DrainView): Promise<Source> {
  const follower = await followPrimary({
    url,
    key: secret(env, 'WEIGHBRIDGE_PRIMARY_KEY'),
    cachePath: join(dataDir, 'primary.json'),
    clock: systemClock,
    random: systemRandom,
    log,
    onDrains: (active) => drains.take(active),
  })
  stack.add('primary', follower, () => follower.stop())
  return { own: false, keys: follower.keys, following: () => follower.following(), signalSecret: follower.signalSecret() }
}
