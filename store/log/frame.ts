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

function checksum(start: Position, header: Buffer, record: Uint8Array): number {
  const covered = Buffer.allocUnsafe(20)
  covered.writeDoubleLE(start, 0)
  header.copy(covered, 8, 4, 8)
  header.copy(covered, 12, 12, 20)
  return crc32(record, crc32(covered))
}

/** The header of a record that starts at `start`; the record's bytes follow it on disk. */
export function frameHeader(start: Position, timeMs: number, record: Uint8Array): Buffer {
  const header = Buffer.allocUnsafe(FRAME_HEADER_BYTES)
  MAGIC.copy(header, 0)
  header.writeUInt32LE(record.length, 4)
  header.writeDoubleLE(timeMs, 12)
  header.writeUInt32LE(checksum(start, header, record), 8)
  return header
}

/** Reads the frame at `offset` of `window`, which stands at `start` in the log. The record is a view, not a copy. */
export function readFrame(window: Buffer, offset: number, start: Position): FrameRead {
  if (window.length - offset < FRAME_HEADER_BYTES) return { kind: 'short', needed: FRAME_HEADER_BYTES }
  if (window.compare(MAGIC, 0, 4, offset, offset + 4) !== 0) return { kind: 'bad' }
  const length = window.readUInt32LE(offset + 4)
  if (length > MAX_RECORD_BYTES) return { kind: 'bad' }
  const bytes = FRAME_HEADER_BYTES + length
  if (window.length - offset < bytes) return { kind: 'short', needed: bytes }
  const header = window.subarray(offset, offset + FRAME_HEADER_BYTES)
  const record = window.subarray(offset + FRAME_HEADER_BYTES, offset + bytes)
  if (checksum(start, header, record) !== header.readUInt32LE(8)) return { kind: 'bad' }
  return { kind: 'frame', bytes, timeMs: header.readDoubleLE(12), record }
}

/** The offset of the next whole frame at or after `from`, or `undefined`; `windowStart` is the window's place in the log. */
export function findFrame(window: Buffer, from: number, windowStart: Position): number | undefined {
  for (let at = window.indexOf(MAGIC, from); at !== -1; at = window.indexOf(MAGIC, at + 1)) {
    if (readFrame(window, at, windowStart + at).kind === 'frame') return at
  }
  return undefined
}
