// The small file that says how far a log has been released. Replaced whole, so it is either the old or the new one.
// An unreadable or missing one costs repeated deliveries, never a record.
import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { syncDirectory } from './disk.ts'

const cursorSchema = z.object({ id: z.string().min(1), released: z.number().int().min(0), released_at_ms: z.number() })
/** `id` names the log for its whole life; `released_at_ms` is the wall time of the last release. */
export type Cursor = z.infer<typeof cursorSchema>

const FILE = 'cursor.json'
const NAME_FILE = 'log-id'

/** The stored cursor, or `undefined` when there is none that can be read. */
export async function readCursor(dir: string): Promise<Cursor | undefined> {
  try {
    return cursorSchema.parse(JSON.parse(await readFile(join(dir, FILE), 'utf8')))
  } catch {
    return undefined
  }
}

/** Replaces the cursor. With `fsync` it has reached the device when this returns. */
export async function writeCursor(dir: string, cursor: Cursor, fsync: boolean): Promise<void> {
  const temporary = join(dir, `${FILE}.new`)
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(JSON.stringify(cursor))
    if (fsync) await file.datasync()
  } finally {
    await file.close()
  }
  await rename(temporary, join(dir, FILE))
  if (fsync) await syncDirectory(dir)
}

/** The log's name from the file that is written once in its life; `undefined` when it cannot be read. */
export async function readName(dir: string): Promise<string | undefined> {
  const text = await readFile(join(dir, NAME_FILE), 'utf8').catch(() => '')
  return /^[0-9a-f]{16}\n$/.test(text) ? text.trim() : undefined
}

/** Writes the name, so that a cursor that is damaged does not take it along. */
export async function writeName(dir: string, id: string, fsync: boolean): Promise<void> {
  const temporary = join(dir, `${NAME_FILE}.new`)
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(`${id}\n`)
    if (fsync) await file.datasync()
  } finally {
    await file.close()
  }
  await rename(temporary, join(dir, NAME_FILE))
  if (fsync) await syncDirectory(dir)
}
