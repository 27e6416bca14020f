// Reads one segment file from a position on: whole records, and the stretches between them that cannot be read.
// Never writes. A stretch is damage; at the end of a segment it is what an interrupted write left behind.
import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { findFrame, readFrame } from './frame.ts'
import type { Position } from './frame.ts'

const CHUNK_BYTES = 1024 * 1024
const SUFFIX = '.seg'

/** The file name of the segment that begins at `base`: names sort in the order of the log. */
export function segmentName(base: Position): string {
  return `${String(base).padStart(16, '0')}${SUFFIX}`
}

/** The position at which the segment of this file name begins; `undefined` for other files. */
export function segmentBase(name: string): Position | undefined {
  return /^\d{16}\.seg$/.test(name) ? Number(name.slice(0, -SUFFIX.length)) : undefined
}

/** A record, or a stretch that holds none. `end` is the position after it. */
export type SegmentPart =
  | { readonly kind: 'record'; readonly end: Position; readonly timeMs: number; readonly record: Buffer }
  /** `tail`: nothing readable follows in this segment. `unfinished`: it looks like a frame whose end was never written. */
  | { readonly kind: 'damage'; readonly start: Position; readonly end: Position; readonly tail: boolean; readonly unfinished: boolean }

async function readAt(file: FileHandle, offset: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes)
  let filled = 0
  while (filled < bytes) {
    const { bytesRead } = await file.read(buffer, filled, bytes - filled, offset + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return buffer.subarray(0, filled)
}

/**
 * The parts of a segment between two positions. `to` may lie beyond the file's end. Ends quietly when the file is gone:
 * a released segment may be deleted under a slow reader.
 */
export async function* readSegment(path: string, base: Position, from: Position, to: Position): AsyncGenerator<SegmentPart> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return // Node's file errors carry a code
    throw error
  }
  try {
    const limit = Math.min(to, base + (await file.stat()).size)
    let window: Buffer = Buffer.alloc(0)
    let windowStart = from
    let at = from
    while (at < limit) {
      const read = readFrame(window, at - windowStart, at)
      if (read.kind === 'frame') {
        at += read.bytes
        yield { kind: 'record', end: at, timeMs: read.timeMs, record: read.record }
      } else if (read.kind === 'short' && at + read.needed <= limit) {
        window = await readAt(file, at - base, Math.min(limit - at, Math.max(CHUNK_BYTES, read.needed)))
        windowStart = at
        if (window.length < read.needed) {
          yield { kind: 'damage', start: at, end: limit, tail: true, unfinished: true }
          return
        }
      } else {
        const rest = await readAt(file, at - base, limit - at)
        const next = findFrame(rest, 1, at)
        yield { kind: 'damage', start: at, end: next === undefined ? limit : at + next, tail: next === undefined, unfinished: read.kind === 'short' && next === undefined }
        if (next === undefined) return
        window = rest
        windowStart = at
        at += next
      }
    }
  } finally {
    await file.close()
  }
}
