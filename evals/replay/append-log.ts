// Lines appended to a file in order, with one write and one fsync for everything that came meanwhile. In: an open file and
// lines. Out: a promise per line that must be durable. It knows nothing of what the lines say.
import type { FileHandle } from 'node:fs/promises'
import { WeighbridgeError } from '../../core/errors.ts'

export type AppendLog = {
  /** Resolves once the line is fsynced. Rejects with `disk_full` or `internal` when it cannot be written. */
  append(line: string): Promise<void>
  /** Resolves once the line is with the system: it outlives the process, not the power. Rejects as `append` does. */
  note(line: string): Promise<void>
  /** Writes what waits and closes the file. */
  close(): Promise<void>
}

type Waiting = { readonly line: string; readonly durable: boolean; readonly done: () => void; readonly failed: (cause: unknown) => void }

/** Appends to a file opened for appending. */
export function appendLog(file: FileHandle): AppendLog {
  let queue: Waiting[] = []
  let writing: Promise<void> | undefined

  const drain = async (): Promise<void> => {
    while (queue.length > 0) {
      const batch = queue
      queue = []
      try {
        await file.appendFile(batch.map(({ line }) => `${line}\n`).join(''))
        for (const { durable, done } of batch) if (!durable) done()
        if (batch.some(({ durable }) => durable)) await file.datasync()
        for (const { done } of batch) done()
      } catch (cause) {
        for (const { failed } of batch) failed(cannotWrite(cause))
      }
    }
    writing = undefined
  }
  const push = (line: string, durable: boolean): Promise<void> =>
    new Promise((done, failed) => {
      queue.push({ line, durable, done, failed })
      writing ??= drain()
    })
  return {
    append: (line) => push(line, true),
    note: (line) => push(line, false),
    async close() {
      await writing
      await file.close()
    },
  }
}

function cannotWrite(cause: unknown): WeighbridgeError {
  const full = cause instanceof Error && 'code' in cause && (cause.code === 'ENOSPC' || cause.code === 'EDQUOT')
  return new WeighbridgeError(full ? 'disk_full' : 'internal', `The journal of the run cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
    remedy: 'Free space or make the data directory writable, then go on with --resume: what was journalled is not paid for again.',
  })
}
