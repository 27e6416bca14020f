// Rows that ClickHouse can never take → one JSON line each in `dead-letter.jsonl`, synced before the write-ahead log lets go.
import { open } from 'node:fs/promises'
import type { Clock } from '../../core/seams.ts'

export interface DeadLetters {
  /** Appends a line; resolves once it has reached the device. */
  add(entry: { readonly table: string; readonly batch: string; readonly reason: string; readonly row: unknown }): Promise<void>
}

/** Dead letters in a file, made on the first one. */
export function deadLetterFile(path: string, clock: Clock): DeadLetters {
  return {
    async add(entry) {
      const file = await open(path, 'a', 0o600)
      try {
        await file.appendFile(`${JSON.stringify({ at: new Date(clock.nowMs()).toISOString(), ...entry })}\n`)
        await file.datasync()
      } finally {
        await file.close()
      }
    },
  }
}
