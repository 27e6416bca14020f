// Spoiled requests at a collector's door: bodies, compression, content types and paths; every answer must be one of those that OTLP/HTTP
// knows, in the encoding that was asked in, and none may be an error of the collector's own.
import { gzipSync } from 'node:zlib'
import { Pool } from 'undici'
import type { Random } from '../../core/seams.ts'
import { spoil } from './mutate.ts'
import { seeds } from './seeds.ts'

export type DoorFuzz = { readonly requests: number; readonly byStatus: Readonly<Record<string, number>>; /** Answers that no sender could use, the first twenty. */ readonly faults: readonly string[] }

/** What may be answered to a request that is anything at all. 503 would be pressure, which there is none of here. */
const ALLOWED = new Set([200, 400, 413, 415])

/** Sends so many, a few at once. */
export async function fuzzDoor({ url, requests, random, onPart }: { readonly url: string; readonly requests: number; readonly random: Random; readonly onPart?: (done: number) => void }): Promise<DoorFuzz> {
  const all = seeds()
  const pool = new Pool(url, { connections: 4 })
  const byStatus: Record<string, number> = {}
  const faults: string[] = []
  let done = 0
  const one = async (): Promise<void> => {
    const seed = all[Math.floor(random.next() * all.length)]
    if (seed === undefined) return
    const spoiled = spoil(seed, random, all)
    const way = random.next()
    const zipped = way < 0.4 ? gzipSync(spoiled) : spoiled
    const body = way < 0.1 && zipped.length > 4 ? Buffer.concat([zipped.subarray(0, Math.floor(zipped.length * random.next())), Buffer.from([0])]) : zipped
    const type = seed.encoding === 'json' ? 'application/json' : 'application/x-protobuf'
    try {
      const answer = await pool.request({ method: 'POST', path: `/v1/${seed.signal}`, headers: { 'content-type': type, ...(way < 0.4 ? { 'content-encoding': 'gzip' } : {}) }, body })
      const bytes = Buffer.from(await answer.body.arrayBuffer())
      byStatus[answer.statusCode] = (byStatus[answer.statusCode] ?? 0) + 1
      const problem = !ALLOWED.has(answer.statusCode) ? `status ${answer.statusCode}` : answer.headers['content-type'] !== type ? `content type ${String(answer.headers['content-type'])}` : type === 'application/json' && !isJson(bytes) ? 'a body that is no JSON' : undefined
      if (problem !== undefined && faults.length < 20) faults.push(`${problem}: ${seed.signal} ${seed.encoding} ${body.toString('base64').slice(0, 2_000)}`)
    } catch (error) {
      if (faults.length < 20) faults.push(`${String(error)}: ${seed.signal} ${seed.encoding} ${body.toString('base64').slice(0, 2_000)}`)
    }
    done += 1
    if (done % 1_000 === 0) onPart?.(done)
  }
  const lane = async (): Promise<void> => {
    while (done < requests) await one()
  }
  await Promise.all(Array.from({ length: 4 }, lane))
  await pool.close()
  return { requests: done, byStatus, faults }
}

function isJson(bytes: Buffer): boolean {
  try {
    JSON.parse(bytes.toString())
    return true
  } catch {
    return false
  }
}
