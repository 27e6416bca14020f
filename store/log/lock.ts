// One owner per directory. Node has no file lock of its own; SQLite's exclusive transaction is one, on every platform,
// and the system drops it when the process dies, however it dies.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { WeighbridgeError } from '../../core/errors.ts'

/** Takes the directory; the returned function gives it back. Throws `data_dir_locked` when another owner has it. */
export function lockDirectory(dir: string): () => void {
  const database = new DatabaseSync(join(dir, 'lock.sqlite'))
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (cause) {
    database.close()
    throw new WeighbridgeError('data_dir_locked', `The log in ${dir} belongs to another process.`, { cause })
  }
  return () => database.close()
}
