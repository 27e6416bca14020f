// The operational state of one installation: keys, drains, published route tables, recommendations, the publish lease, settings.
// One SQLite file in the data directory, owned by one process and safe under a second. Answers are synchronous and local:
// nothing here waits for a network, and no call of a client needs it.
import type { KeyRing } from '../../core/mount.ts'
import type { Clock } from '../../core/seams.ts'
import { drainsIn, type DrainBook } from './drains.ts'
import { freezesIn, type Freezes } from './freezes.ts'
import { keysIn, type Keys } from './keys.ts'
import { learningEventsIn, type LearningEvents } from './learning-events.ts'
import { leasesIn, type Leases } from './lease.ts'
import { STATE_MIGRATIONS } from './migrations.ts'
import { guarded, openDatabase } from './open-database.ts'
import { publicationsIn, type Publications } from './publications.ts'
import { recommendationsIn, type Recommendations } from './recommendations.ts'

/** Small named values that outlive a restart. */
export interface Settings {
  get(name: string): string | undefined
  set(name: string, value: string): void
}

/** Open state. Every method may throw `data_dir_locked`, `disk_full`, `log_corrupt` or `internal` for the file itself. */
export type State = {
  readonly keys: Keys
  /** The keys as the router's guard sees them. */
  readonly keyRing: KeyRing
  readonly drains: DrainBook
  readonly publications: Publications
  readonly recommendations: Recommendations
  readonly freezes: Freezes
  readonly learningEvents: LearningEvents
  readonly lease: Leases
  readonly settings: Settings
  /** Folds the write-ahead log in and closes the file; no method may be used afterwards. */
  close(): void
}

/** Opens `<data directory>/state.sqlite`, creating and migrating it as needed. Throws as `State` says, and `schema_outdated` for a newer file. */
export function openState({ path, clock }: { readonly path: string; readonly clock: Clock }): State {
  const db = openDatabase(path, STATE_MIGRATIONS)
  const getSetting = db.prepare('SELECT value FROM settings WHERE name = ?')
  const setSetting = db.prepare('INSERT INTO settings (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value')
  const keys = keysIn(db, path, clock)
  return {
    keys,
    keyRing: keys,
    drains: drainsIn(db, path, clock),
    publications: publicationsIn(db, path, clock),
    recommendations: recommendationsIn(db, path, clock),
    freezes: freezesIn(db, path, clock),
    learningEvents: learningEventsIn(db, path, clock),
    lease: leasesIn(db, path, clock),
    settings: {
      get: (name) =>
        guarded(path, () => {
          const value = getSetting.get(name)?.['value']
          return typeof value === 'string' ? value : undefined
        }),
      set: (name, value) => guarded(path, () => void setSetting.run(name, value)),
    },
    close: () => guarded(path, () => db.close()),
  }
}
