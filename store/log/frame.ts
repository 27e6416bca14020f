// One record on disk: a header with length, time and checksum, then the bytes. Bytes in, frames out; no I/O.
// The checksum covers the record's own position, so bytes that merely look like a frame inside another record never pass for one.
import { crc32 } from 'node:zlib'

/** Where a record ends in the log: a byte count from the log's first byte, growing for ever. Orders records and names them. */
export type Position = number

/** Bytes before a record: magic, length, CRC-32, time of the append. */
export const FRAME_HEADER_BYTES = 20
/** No record may be longer; a greater length on disk is damage, not a length. */
export const MAX_RECORD_BYTES = 256 * 1024 * 1024

const MAGIC = Buffer.from('WBF1', 'latin1')

/** What stands at a place in a segment. */
export type FrameRead =
  | { readonly kind: 'frame'; readonly bytes: number; readonly timeMs: number; readonly record: Buffer }
  /** The window ends before the frame does; `needed` bytes from its start would settle it. */
  | { readonly kind: 'short'; readonly needed: number }
  | { readonly kind: 'bad' }

/** What the checksum covers beside the record: position, length and time, laid out in a header's own bytes. */
function coverChecked(into: Buffer, at: number, start: Position, length: number, timeMs: number): void {
  into.writeDoubleLE(start, at)
  into.writeUInt32LE(length, at + 8)
  into.writeDoubleLE(timeMs, at + 12)
}

/**
 * Writes the frame of a record that starts at `start` of the log into `into` at `at`, and answers the offset behind it. In
 * place: a frame is written for every call that the router answers.
 */
export function writeFrame(into: Buffer, at: number, start: Position, timeMs: number, record: Uint8Array): number {
  const body = at + FRAME_HEADER_BYTES
  into.set(record, body)
  coverChecked(into, at, start, record.length, timeMs)
  // One pass: what is covered lies right before the record.
  const checksum = crc32(into.subarray(at, body + record.length))
  MAGIC.copy(into, at)
  into.writeUInt32LE(record.length, at + 4)
  into.writeUInt32LE(checksum, at + 8)
  return body + record.length
}

/** Reads the frame at `offset` of `window`, which stands at `start` in the log. The record is a view, not a copy. */
export function readFrame(window: Buffer, offset: number, start: Position): FrameRead {
  if (window.length - offset < FRAME_HEADER_BYTES) return { kind: 'short', needed: FRAME_HEADER_BYTES }
  if (window.compare(MAGIC, 0, 4, offset, offset + 4) !== 0) return { kind: 'bad' }
  const length = window.readUInt32LE(offset + 4)
  if (length > MAX_RECORD_BYTES) return { kind: 'bad' }
  const bytes = FRAME_HEADER_BYTES + length
  if (window.length - offset < bytes) return { kind: 'short', needed: bytes }
  const record = window.subarray(offset + FRAME_HEADER_BYTES, offset + bytes)
  const timeMs = window.readDoubleLE(offset + 12)
  const covered = Buffer.allocUnsafe(FRAME_HEADER_BYTES)
  coverChecked(covered, 0, start, length, timeMs)
  if (crc32(record, crc32(covered)) !== window.readUInt32LE(offset + 8)) return { kind: 'bad' }
  return { kind: 'frame', bytes, timeMs, record }
}

/** The offset of the next whole frame at or after `from`, or `undefined`; `windowStart` is the window's place in the log. */
export function findFrame(window: Buffer, from: number, windowStart: Position): number | undefined {
  for (let at = window.indexOf(MAGIC, from); at !== -1; at = window.indexOf(MAGIC, at + 1)) {
    if (readFrame(window, at, windowStart + at).kind === 'frame') return at
  }
  return undefined
}
