// Whom the collector was told to forget: rows that arrive late, out of a router's spool or a write-ahead log, must not bring them
// back. Names are kept as hashes, for as long as anything may still be on its way.
import { createHash } from 'node:crypto'
import { open, readFile, rename } from 'node:fs/promises'
import { z } from 'zod'
import { GEN_AI, WB } from '../../core/attributes.ts'
import type { Clock } from '../../core/seams.ts'
import type { TableName } from '../../core/tables.ts'
import { columnAt, encodeRows, keyOf, rowAt } from '../decode/encoded-rows.ts'
import type { BatchRow } from './batch-rows.ts'

export const SUBJECTS = ['user', 'session', 'trace'] as const
export type Subject = (typeof SUBJECTS)[number]

const entrySchema = z.object({ subject: z.enum(SUBJECTS), sha256: z.string().regex(/^[0-9a-f]{64}$/), before_ms: z.number() })
const fileSchema = z.object({ v: z.literal(1), forgotten: z.array(entrySchema) })
type Entry = z.infer<typeof entrySchema>

/** Rows this much older than now are not expected any more. */
const KEPT_MS = 7 * 86_400_000

export interface Forgotten {
  /** Remembers that what began before now about a subject is to be forgotten; resolves once it is on disk. */
  add(subject: Subject, name: string): Promise<void>
  /** The same rows, those about forgotten subjects without what tells of them. */
  amend(table: TableName, rows: readonly BatchRow[]): readonly BatchRow[]
}

const hash = (name: string): string => createHash('sha256').update(name).digest('hex')

/** Reads the list; an unreadable one counts as empty, and `onUnreadable` is told. */
export async function openForgotten(path: string, clock: Clock, onUnreadable: (error: unknown) => void): Promise<Forgotten> {
  let entries: Entry[] = []
  try {
    entries = fileSchema.parse(JSON.parse(await readFile(path, 'utf8'))).forgotten
  } catch (error) {
    // Node's file errors carry a code.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') onUnreadable(error)
  }
  const live = (): readonly Entry[] => entries.filter(({ before_ms }) => clock.nowMs() - before_ms < KEPT_MS)
  const isForgotten = (subject: Subject, name: unknown, atMs: number, all: readonly Entry[]): boolean => {
    if (typeof name !== 'string' || name === '') return false
    const sha256 = hash(name)
    return all.some((entry) => entry.subject === subject && entry.sha256 === sha256 && atMs <= entry.before_ms)
  }
  const timeOf = (value: unknown): number => Date.parse(String(value))

  const amendContent = (row: BatchRow, all: readonly Entry[]): BatchRow => {
    const stored = rowAt(row.rows, row.index)
    const attributes = stored['attributes'] as Readonly<Record<string, string>> // a map of texts, as its codec reads it
    const atMs = timeOf(stored['at'])
    const found = isForgotten('user', attributes[GEN_AI.userId], atMs, all) || isForgotten('session', attributes[WB.sessionId], atMs, all) || isForgotten('trace', stored['trace_id'], atMs, all)
    if (!found) return row
    const left = { ...stored, body: '', attributes: { [WB.contentForgotten]: 'true' } }
    return { ...row, rows: encodeRows('content', [{ key: keyOf(row.rows, row.index), row: left }]), index: 0 }
  }
  const amendSignal = (row: BatchRow, all: readonly Entry[]): BatchRow => {
    const stored = rowAt(row.rows, row.index)
    const { [WB.feedbackComment]: comment, ...attributes } = stored['attributes'] as Readonly<Record<string, string>> // a map of texts, as its codec reads it
    if (comment === undefined || !isForgotten('trace', stored['trace_id'], timeOf(stored['at']), all)) return row
    return { ...row, rows: encodeRows('signals', [{ key: keyOf(row.rows, row.index), row: { ...stored, attributes } }]), index: 0 }
  }
  const amendSpan = (row: BatchRow, all: readonly Entry[]): BatchRow => {
    const read = (column: string): unknown => columnAt(row.rows, row.index, column)
    const [user, session] = [read('user_id'), read('session_id')]
    if (user === '' && session === '') return row
    const atMs = timeOf(read('started_at'))
    const whole = isForgotten('trace', read('trace_id'), atMs, all)
    const [noUser, noSession] = [whole || isForgotten('user', user, atMs, all), whole || isForgotten('session', session, atMs, all)]
    if (!noUser && !noSession) return row
    const left = { ...rowAt(row.rows, row.index), ...(noUser ? { user_id: '' } : {}), ...(noSession ? { session_id: '' } : {}) }
    return { ...row, rows: encodeRows('spans', [{ key: '', row: left }]), index: 0 }
  }

  return {
    async add(subject, name) {
      entries = [...live(), { subject, sha256: hash(name), before_ms: clock.nowMs() }]
      const file = await open(`${path}.new`, 'w', 0o600)
      try {
        await file.writeFile(JSON.stringify({ v: 1, forgotten: entries }))
        await file.datasync()
      } finally {
        await file.close()
      }
      await rename(`${path}.new`, path)
    },
    amend(table, rows) {
      if (entries.length === 0 || (table !== 'content' && table !== 'spans' && table !== 'signals')) return rows
      const all = live()
      if (all.length === 0) return rows
      const amendOne = { content: amendContent, spans: amendSpan, signals: amendSignal }[table]
      return rows.map((row) => amendOne(row, all))
    },
  }
}
