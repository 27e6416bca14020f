// What a disk and a power cut do to the files of a collector that is not running: torn tails, flipped bits, lost cursors. Each
// answers which acknowledged spans it destroyed, so that the oracle excuses exactly those.
import { appendFileSync, closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import type { Random } from '../../core/seams.ts'
import { decodeRequest } from '../../collector/decode/decode-request.ts'
import { keyOf } from '../../collector/decode/encoded-rows.ts'
import { splitRecord } from '../../collector/wal/wal.ts'
import { FRAME_HEADER_BYTES } from '../../store/log/frame.ts'
import { readSegment, segmentBase } from '../../store/log/segment.ts'
import type { SpanId } from './ledger.ts'

type StoredRecord = { readonly path: string; /** In its file. */ readonly offset: number; readonly bytes: number; readonly end: number; readonly record: Buffer }

function segments(dir: string): string[] {
  return existsSync(dir) ? readdirSync(dir).filter((name) => segmentBase(name) !== undefined).toSorted() : []
}

async function records(dir: string): Promise<StoredRecord[]> {
  const found: StoredRecord[] = []
  for (const name of segments(dir)) {
    const base = segmentBase(name) ?? 0
    const path = join(dir, name)
    for await (const part of readSegment(path, base, base, Number.MAX_SAFE_INTEGER)) {
      if (part.kind === 'record') found.push({ path, offset: part.end - base - part.record.length - FRAME_HEADER_BYTES, bytes: part.record.length + FRAME_HEADER_BYTES, end: part.end, record: Buffer.from(part.record) })
    }
  }
  return found
}

function flipAt(path: string, offset: number, random: Random): void {
  const bytes = readFileSync(path)
  const value = (bytes[offset] ?? 0) ^ (1 << Math.floor(random.next() * 8))
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.from([value]), 0, 1, offset)
  closeSync(file)
}

function releasedOf(dir: string): number {
  try {
    return Number((JSON.parse(readFileSync(join(dir, 'cursor.json'), 'utf8')) as { released: number }).released)
  } catch {
    return 0
  }
}

/** An interrupted write behind the last record: noise, or the first half of a record that was there before. */
export async function tearTail(dir: string, random: Random): Promise<void> {
  const last = segments(dir).at(-1)
  if (last === undefined) return
  const path = join(dir, last)
  const some = (await records(dir)).at(-1)
  const isNoise = some === undefined || random.next() < 0.5
  const noise = Buffer.from(Array.from({ length: 1 + Math.floor(random.next() * 300) }, () => Math.floor(random.next() * 256)))
  const half = some === undefined ? noise : readFileSync(some.path).subarray(some.offset, some.offset + 1 + Math.floor(random.next() * (some.bytes - 1)))
  appendFileSync(path, isNoise ? noise : half)
}

/** Flips a bit of one acknowledged record that is not in ClickHouse yet, and answers the spans it held. */
export async function flipWaiting(dir: string, random: Random): Promise<SpanId[]> {
  const released = releasedOf(dir)
  const waiting = (await records(dir)).filter(({ end }) => end > released)
  const victim = waiting[Math.floor(random.next() * waiting.length)]
  if (victim === undefined) return []
  const { header, body } = splitRecord(victim.record)
  if (header.signal !== 'traces') return []
  const plain = header.compressed ? gunzipSync(body) : body
  const ids = decodeRequest('traces', header.encoding, plain, header.received_ms).rows.flatMap((rows) => rows.ends.map((_, index) => keyOf(rows, index)))
  flipAt(victim.path, victim.offset + Math.floor(random.next() * victim.bytes), random)
  return ids
}

/** Flips a bit of a record that is in ClickHouse already, or of the journal of recent keys: nothing may be lost or doubled by it. */
export async function flipSettled(walDir: string, journalDir: string, random: Random): Promise<void> {
  const released = releasedOf(walDir)
  const settled = [...(await records(walDir)).filter(({ end }) => end <= released), ...(await records(journalDir))]
  const victim = settled[Math.floor(random.next() * settled.length)]
  if (victim !== undefined) flipAt(victim.path, victim.offset + Math.floor(random.next() * victim.bytes), random)
}

/** Loses or garbles one of the small files beside the segments, or both names of the log at once. */
export function spoilSmallFiles(dir: string, random: Random): void {
  const cursor = join(dir, 'cursor.json')
  const name = join(dir, 'log-id')
  const kind = Math.floor(random.next() * 4)
  if (kind === 0) rmSync(cursor, { force: true })
  if (kind === 1 && existsSync(cursor) && statSync(cursor).size > 0) writeFileSync(cursor, '{"id":')
  if (kind === 2) rmSync(name, { force: true })
  if (kind === 3) {
    writeFileSync(cursor, '')
    writeFileSync(name, '')
  }
}
