// The writing half of a log's disk, as a seam: tests make it run full or fail at a chosen write.
import { write } from 'node:fs'
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { WeighbridgeError } from '../../core/errors.ts'

/** How a log reaches its disk. Every method may throw Node's file errors. */
export interface LogDisk {
  /** Creates or empties a segment file. */
  create(path: string): Promise<FileHandle>
  /** Writes all bytes at an offset. */
  write(file: FileHandle, bytes: Uint8Array, offset: number): Promise<void>
  /** Returns when the file's data has reached the device. */
  sync(file: FileHandle): Promise<void>
}

/** The machine's own disk. */
export const realDisk: LogDisk = {
  create: (path) => open(path, 'w', 0o600),
  async write(file, bytes, offset) {
    let written = 0
    while (written < bytes.length) written += await writeSome(file.fd, bytes, written, offset + written)
  },
  sync: (file) => file.datasync(),
}

/** The callback form takes half the processor time of FileHandle.write, and every answer of the router waits for one. */
function writeSome(fd: number, bytes: Uint8Array, from: number, offset: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, from, bytes.length - from, offset, (error, written) => {
      if (error === null) resolve(written)
      else reject(error)
    })
  })
}

/** Makes a directory's new and renamed names durable. */
export async function syncDirectory(dir: string): Promise<void> {
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** What a failed write means to the caller: nothing was stored, try again later. */
export function writeFailure(cause: unknown): WeighbridgeError {
  const errno = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error'
  return new WeighbridgeError('disk_full', `The log could not be written (${errno}).`, { cause, retryAfterMs: 2000, details: { errno } })
}
