// Spoiled bodies through the decoders alone, in this process: each is an answer or `otlp_undecodable`, in bounded time and memory, and
// what is decoded reads back as rows of the table.
import { performance } from 'node:perf_hooks'
import { decodeRequest } from '../../collector/decode/decode-request.ts'
import { keyOf, rowAt } from '../../collector/decode/encoded-rows.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Random } from '../../core/seams.ts'
import { TABLES } from '../../core/tables.ts'
import { spoil } from './mutate.ts'
import { seeds } from './seeds.ts'

export type DecoderFuzz = {
  readonly bodies: number
  /** Bodies that were read, and rows out of them. */
  readonly decoded: number
  readonly rows: number
  readonly undecodable: number
  /** Anything but an answer or `otlp_undecodable`: message and body in base64, the first twenty. */
  readonly faults: readonly string[]
  readonly slowestMs: number
  /** Heap after a collection of garbage, at each tenth; only with --expose-gc. */
  readonly heapMb: readonly number[]
}

export type FuzzPart = { readonly bodies: number; readonly decoded: number; readonly heapMb: number }

/** Runs so many. Rows of every hundredth body are read back column by column. */
export function fuzzDecoders({ bodies, random, onPart }: { readonly bodies: number; readonly random: Random; readonly onPart?: (part: FuzzPart) => void }): DecoderFuzz {
  const all = seeds()
  const columns = Object.fromEntries(Object.entries(TABLES).map(([table, definition]) => [table, new Set(Object.keys(definition))]))
  const faults: string[] = []
  const heapMb: number[] = []
  let [decoded, rows, undecodable, slowestMs] = [0, 0, 0, 0]
  for (let n = 1; n <= bodies; n += 1) {
    const seed = all[Math.floor(random.next() * all.length)]
    if (seed === undefined) break
    const body = spoil(seed, random, all)
    const started = performance.now()
    try {
      const result = decodeRequest(seed.signal, seed.encoding, body, 1_764_000_000_000)
      decoded += 1
      rows += result.items
      if (n % 100 === 0) {
        for (const encoded of result.rows) {
          for (const index of encoded.ends.keys()) {
            const row = rowAt(encoded, index)
            const foreign = Object.keys(row).filter((column) => columns[encoded.table]?.has(column) !== true)
            if (foreign.length > 0 || keyOf(encoded, index) === '' || !JSON.stringify(row).isWellFormed()) throw new TypeError(`a row of ${encoded.table} that is none: ${foreign.join(', ')}`)
          }
        }
      }
    } catch (error) {
      if (error instanceof WeighbridgeError && error.code === 'otlp_undecodable') undecodable += 1
      else if (faults.length < 20) faults.push(`${String(error)} ${seed.signal} ${seed.encoding} ${body.toString('base64').slice(0, 2_000)}`)
    }
    slowestMs = Math.max(slowestMs, performance.now() - started)
    if (n % Math.ceil(bodies / 10) === 0) {
      globalThis.gc?.()
      heapMb.push(process.memoryUsage().heapUsed / 1e6)
      onPart?.({ bodies: n, decoded, heapMb: heapMb.at(-1) ?? 0 })
    }
  }
  return { bodies, decoded, rows, undecodable, faults, slowestMs, heapMb }
}
