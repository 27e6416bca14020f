// The route table as a file that routers read and people review. A router may read at any moment and power may fail at any
// moment: the name always stands for a whole table.
import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { WeighbridgeError } from '../../core/errors.ts'
import type { RouteTable } from '../../core/route-table.ts'

/** File name of the table in the data directory. */
export const ROUTE_TABLE_FILE = 'route-table.json'

/** Writes the table. Throws `disk_full`, or `internal` naming the file. */
export async function writeTable(path: string, table: RouteTable): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    const handle = await open(temporary, 'w', 0o644)
    try {
      await handle.writeFile(textOf(table))
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
    const folder = await open(dirname(path), 'r')
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  } catch (error) {
    await rm(temporary, { force: true })
    const full = error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    throw new WeighbridgeError(full ? 'disk_full' : 'internal', `The route table was published but ${path} could not be written: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
      remedy: 'Make the data directory writable and free space; the file is written again at the next start or publish.',
    })
  }
}

/** Makes the file say what the table says; whether it had to be written. */
export async function restoreTable(path: string, table: RouteTable): Promise<boolean> {
  if ((await readFile(path, 'utf8').catch(() => undefined)) === textOf(table)) return false
  await writeTable(path, table)
  return true
}

// Indented and with a final line break: the file is made to be read and to be reviewed as a diff.
function textOf(table: RouteTable): string {
  return `${JSON.stringify(table, undefined, 2)}\n`
}
