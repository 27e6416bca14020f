// What budgets have counted, in a file of its own: it is written many times a second, by the one router that owns the data directory, and
// must not hold up what people write in state.sqlite. In: whole cells as they stand. Out: the same after a restart or a kill -9.
import { randomBytes } from 'node:crypto'
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { z } from 'zod'
import { WINDOWS, type Window } from '../../core/limits.ts'
import { BUDGET_MIGRATIONS } from './budget-migrations.ts'
import { guarded, openDatabase, transaction } from './open-database.ts'

/** One counted thing: a subject of a rule in one window. */
export type CellKey = {
  /** `all`, `key`, `user`, `session`, `trace`, `task`, `evals` or `tag:NAME`; `sim/` before it for simulated calls. */
  readonly rule: string
  readonly subject: string
  readonly window: Window
  /** Start of the window in milliseconds since the Unix epoch; 0 for `total`. */
  readonly startMs: number
}

/** Dollars in units of 1e-12 USD (whole numbers, so that sums are exact up to $9,007), tokens, and calls. */
export type Amounts = { readonly usd: number; readonly tokens: number; readonly requests: number }

export type StoredCell = CellKey & {
  readonly spent: Amounts
  /** Set aside for calls under way; requests never are. */
  readonly held: Amounts
  /** Of `spent`: what was only set aside when a process was killed, and counts as spent since. */
  readonly lost: Amounts
  /** What an operator's reset took off. */
  readonly forgiven: Amounts
  /** What this router may use of it in all, as its primary granted; `undefined`: it has no primary, or never asked. */
  readonly granted: Amounts | undefined
  /** Whether the grant holds the slice that is taken without the primary. */
  readonly alone: boolean
  readonly touchedMs: number
}

/** What a router that follows this one was granted of a cell, and has used by its own word. */
export type StoredGrant = { readonly holder: string; readonly granted: Amounts; readonly used: Amounts; readonly heardMs: number }

/** Which cells are asked for; what is left out does not matter. */
export type CellFilter = {
  /** On both sides of the divide. */
  readonly rule?: string | undefined
  /** A trace or session also without the key before it. */
  readonly subject?: string | undefined
  /** Whether traces, sessions and users, which are many, or only the others. */
  readonly named?: 'only' | 'never' | undefined
}

export interface BudgetBook {
  /** Names this data directory to a primary. */
  readonly holder: string
  /** `undefined`: never counted, or forgotten. */
  read(key: CellKey): StoredCell | undefined
  grants(key: CellKey): StoredGrant[]
  /** Writes cells and grants as they stand, all or none. */
  write(cells: readonly StoredCell[], grants?: readonly (CellKey & StoredGrant)[]): void
  /** Cells of the windows that begin at these times, and of all time; the latest used first. */
  list(starts: Readonly<Record<Exclude<Window, 'total'>, number>>, most: number, filter?: CellFilter): StoredCell[]
  /** Counts as spent what a killed process had set aside; for the owner, at its start. Answers how many cells that concerned. */
  recover(): number
  /** Forgets up to `most` cells whose time is long over; answers how many. */
  prune(nowMs: number, most: number): number
  close(): void
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** How long after its last use a cell is kept: a stream may end, or a clock be set back, long after its window. */
const KEPT_MS = { window: { minute: 2 * DAY_MS, hour: 2 * DAY_MS, day: 9 * DAY_MS, month: 70 * DAY_MS }, agent: 7 * DAY_MS, user: 400 * DAY_MS } as const
/** How long a trace or a session is known after its last call, in milliseconds. */
export const AGENT_MEMORY_MS = KEPT_MS.agent
/** A checkpoint waits for the disk, which holds everything up: it comes after so many pages (40 MB), not after SQLite's 1,000. */
const CHECKPOINT_PAGES = 10_000

const amount = z.number()
const cellRow = z.object({
  rule: z.string(), subject: z.string(), win: z.enum(WINDOWS), starts_at: z.number(),
  usd: amount, tokens: amount, requests: amount,
  held_usd: amount, held_tokens: amount,
  lost_usd: amount, lost_tokens: amount,
  forgiven_usd: amount, forgiven_tokens: amount, forgiven_requests: amount,
  granted_usd: amount.nullable(), granted_tokens: amount.nullable(), granted_requests: amount.nullable(),
  alone: z.number(), touched_hour: z.number(),
})
const grantRow = z.object({ holder: z.string(), granted_usd: amount, granted_tokens: amount, granted_requests: amount, used_usd: amount, used_tokens: amount, used_requests: amount, heard_at: z.number() })

/** Opens (or makes) the file. Throws `log_corrupt`, `disk_full`, `data_dir_locked`, `schema_outdated` or `internal` for the file itself. */
export function openBudgetBook(path: string): BudgetBook {
  const db = openDatabase(path, BUDGET_MIGRATIONS)
  return guarded(path, () => {
    // Survives a killed process; losing power may lose the last seconds, never the file.
    db.exec(`PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    return bookIn(db, path)
  })
}

function bookIn(db: DatabaseSync, path: string): BudgetBook {
  const key = 'rule = ? AND subject = ? AND win = ? AND starts_at = ?'
  const columns = Object.keys(cellRow.shape)
  const changing = columns.slice(4)
  const upsert = db.prepare(`INSERT INTO cells (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT DO UPDATE SET ${changing.map((name) => `${name} = excluded.${name}`).join(', ')}`)
  const one = db.prepare(`SELECT ${columns.join(', ')} FROM cells WHERE ${key}`)
  const running = "win = 'total' OR (win = 'minute' AND starts_at = :minute) OR (win = 'hour' AND starts_at = :hour) OR (win = 'day' AND starts_at = :day) OR (win = 'month' AND starts_at = :month)"
  /** For people and restarts, not for calls: put together when it is asked. */
  const recent = ({ rule, subject, named }: CellFilter): StatementSync => {
    const many = "rule IN ('trace', 'session', 'user', 'sim/trace', 'sim/session', 'sim/user')"
    const conditions = [
      `(${running})`,
      ...(rule === undefined ? [] : ["rule IN (:rule, 'sim/' || :rule)"]),
      ...(subject === undefined ? [] : [`(subject = :subject OR (${many} AND substr(subject, -length(:subject) - 1) = '/' || :subject))`]),
      ...(named === undefined ? [] : [named === 'only' ? `NOT (${many})` : many]),
    ]
    return db.prepare(`SELECT ${columns.join(', ')} FROM cells WHERE ${conditions.join(' AND ')} ORDER BY touched_hour DESC, rowid LIMIT :most`)
  }
  const grant = db.prepare('INSERT INTO grants VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET granted_usd = excluded.granted_usd, granted_tokens = excluded.granted_tokens, granted_requests = excluded.granted_requests, used_usd = excluded.used_usd, used_tokens = excluded.used_tokens, used_requests = excluded.used_requests, heard_at = excluded.heard_at')
  const grantsOf = db.prepare(`SELECT * FROM grants WHERE ${key}`)
  const lose = db.prepare('UPDATE cells SET usd = usd + held_usd, lost_usd = lost_usd + held_usd, tokens = tokens + held_tokens, lost_tokens = lost_tokens + held_tokens, held_usd = 0, held_tokens = 0 WHERE held_usd <> 0 OR held_tokens <> 0')
  const agents = "rule IN ('trace', 'session', 'sim/trace', 'sim/session')"
  const old = `rowid IN (SELECT rowid FROM cells WHERE touched_hour < :windows AND (
      win IN ('minute', 'hour')
      OR (${agents} AND touched_hour < :agent)
      OR (win = 'day' AND touched_hour < :day)
      OR (win = 'month' AND touched_hour < :month)
      OR (win = 'total' AND (rule IN ('user', 'sim/user') OR rule LIKE 'tag:%' OR rule LIKE 'sim/tag:%') AND touched_hour < :user)) LIMIT :most)`
  const forget = db.prepare(`DELETE FROM cells WHERE ${old}`)
  const orphans = db.prepare('DELETE FROM grants WHERE NOT EXISTS (SELECT 1 FROM cells c WHERE c.rule = grants.rule AND c.subject = grants.subject AND c.win = grants.win AND c.starts_at = grants.starts_at)')
  const name = db.prepare('INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET name = excluded.name RETURNING value').get('holder', `router_${randomBytes(8).toString('hex')}`)

  return {
    holder: z.object({ value: z.string() }).parse(name).value,
    read: (of) =>
      guarded(path, () => {
        const row = one.get(of.rule, of.subject, of.window, of.startMs)
        return row === undefined ? undefined : cellOf(row)
      }),
    grants: (of) => guarded(path, () => grantsOf.all(of.rule, of.subject, of.window, of.startMs).map(grantOf)),
    write: (cells, grants = []) =>
      guarded(path, () =>
        transaction(db, () => {
          for (const cell of cells) {
            const { spent, held, lost, forgiven, granted } = cell
            upsert.run(
              cell.rule, cell.subject, cell.window, cell.startMs, spent.usd, spent.tokens, spent.requests, held.usd, held.tokens, lost.usd, lost.tokens,
              forgiven.usd, forgiven.tokens, forgiven.requests, granted?.usd ?? null, granted?.tokens ?? null, granted?.requests ?? null, cell.alone ? 1 : 0, hourOf(cell.touchedMs),
            )
          }
          for (const { rule, subject, window, startMs, holder, granted, used, heardMs } of grants) {
            grant.run(rule, subject, window, startMs, holder, granted.usd, granted.tokens, granted.requests, used.usd, used.tokens, used.requests, heardMs)
          }
        }),
      ),
    list: ({ minute, hour, day, month }, most, filter = {}) =>
      guarded(path, () => {
        const { rule, subject } = filter
        const named = { minute, hour, day, month, most, ...(rule === undefined ? {} : { rule }), ...(subject === undefined ? {} : { subject }) }
        return recent(filter).all(named).map(cellOf)
      }),
    recover: () => guarded(path, () => Number(lose.run().changes)),
    prune: (nowMs, most) =>
      guarded(path, () => {
        const before = (ms: number): number => hourOf(nowMs - ms)
        const { window, agent, user } = KEPT_MS
        const forgotten = Number(forget.run({ windows: before(window.minute), agent: before(agent), day: before(window.day), month: before(window.month), user: before(user), most }).changes)
        if (forgotten > 0) orphans.run()
        return forgotten
      }),
    close: () => guarded(path, () => db.close()),
  }
}

/** Times are kept to the hour: an index over them then hardly ever changes. */
function hourOf(ms: number): number {
  return Math.max(0, Math.floor(ms / HOUR_MS))
}

function cellOf(row: unknown): StoredCell {
  const r = cellRow.parse(row)
  return {
    rule: r.rule, subject: r.subject, window: r.win, startMs: r.starts_at,
    spent: { usd: r.usd, tokens: r.tokens, requests: r.requests },
    held: { usd: r.held_usd, tokens: r.held_tokens, requests: 0 },
    lost: { usd: r.lost_usd, tokens: r.lost_tokens, requests: 0 },
    forgiven: { usd: r.forgiven_usd, tokens: r.forgiven_tokens, requests: r.forgiven_requests },
    granted: r.granted_usd === null && r.granted_tokens === null && r.granted_requests === null ? undefined : { usd: r.granted_usd ?? 0, tokens: r.granted_tokens ?? 0, requests: r.granted_requests ?? 0 },
    alone: r.alone !== 0,
    touchedMs: r.touched_hour * HOUR_MS,
  }
}

function grantOf(row: unknown): StoredGrant {
  const r = grantRow.parse(row)
  return {
    holder: r.holder,
    granted: { usd: r.granted_usd, tokens: r.granted_tokens, requests: r.granted_requests },
    used: { usd: r.used_usd, tokens: r.used_tokens, requests: r.used_requests },
    heardMs: r.heard_at,
  }
}
