// What a collector remembers of earlier ones when it starts: the keys of their journal, and, where the journal is new or damaged,
// what ClickHouse itself says was stored lately.
import type { Logger } from 'pino'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Clock } from '../../core/seams.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import type { KeyJournal } from './key-journal.ts'
import { createRecentKeys, type RecentKeys } from './recent-keys.ts'
import { KEY_WORDS, namedKey } from './row-keys.ts'
import { storedSince } from './stored-keys.ts'

/** The window in which a re-sent span is known again, in milliseconds of a collector's running time. */
export const KEEP_MS = 15 * 60_000
/** Beyond it (about a gigabyte of keys) the window is cut short. */
const MOST_KEYS = 24_000_000

export type RememberOptions = {
  readonly journal: KeyJournal
  readonly clickhouse: ClickHouse
  /** Whether anything was received on this directory before. */
  readonly hasHistory: boolean
  readonly clock: Clock
  readonly log: Logger
  /** Waits before another try; throws to give up. */
  readonly backOff: (attempt: number) => Promise<void>
}

/** The set of recent keys as an earlier process left it. */
export async function rememberedKeys({ journal, clickhouse, hasHistory, clock, log, backOff }: RememberOptions): Promise<RecentKeys> {
  const recent = createRecentKeys({
    windowMs: KEEP_MS,
    mostKeys: MOST_KEYS,
    onShortened: () => log.warn({ windowMs: KEEP_MS, mostKeys: MOST_KEYS }, 'more spans than can be remembered: the window in which a span sent again is recognised is shorter now'),
  })
  const isWhole = await journal.replay((key, atMs) => void recent.add(key, atMs))
  if (isWhole && !(journal.isNew() && hasHistory)) return recent
  log.warn('the journal of recent keys is new or damaged; ClickHouse is asked what was stored lately')
  for (let attempt = 1; ; attempt += 1) {
    try {
      const key = new Uint32Array(KEY_WORDS)
      // A generous while: how long the collector was down is not known.
      for await (const stored of storedSince(clickhouse, Math.floor(clock.nowMs() - 4 * KEEP_MS))) {
        namedKey(stored.table, stored.key, key)
        recent.add(key, journal.runningMs())
      }
      return recent
    } catch (error) {
      if (!(error instanceof WeighbridgeError)) throw error
      log[attempt === 1 ? 'warn' : 'debug']({ err: error, attempt }, 'ClickHouse cannot be asked yet; rows wait on disk')
      await backOff(attempt)
    }
  }
}
