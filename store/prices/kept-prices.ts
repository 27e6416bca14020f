// The price list of a data directory, `prices.json`: kept by `prices update`, followed by every router on that directory.
// Replaced as a whole (a reader sees the old or the new one), and a damaged one is reported, never half used.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { asWeighbridgeError } from '../../core/errors.ts'
import { jsonOf } from '../../core/json.ts'
import type { PriceBook } from '../../core/prices.ts'
import { genaiPriceBook, momentOf, type PricesAt } from './genai.ts'
import { checkPriceList, listPriceBook, type PriceList } from './price-file.ts'

const NAME = 'prices.json'

const keptSchema = z.strictObject({
  format: z.literal('weighbridge-kept-prices'),
  from: z.string().max(2048),
  fetched_at: z.iso.datetime(),
  list: z.unknown(),
})

/** A list with where and when it was fetched. */
export type KeptPrices = { readonly list: PriceList; readonly from: string; readonly fetchedAt: string }

/** Where the list of a data directory stands. */
export function keptPricesPath(dataDir: string): string {
  return join(dataDir, NAME)
}

/** The kept list; `undefined` when there is none. Throws `prices_invalid` for a damaged one. */
export function readKeptPrices(dataDir: string): KeptPrices | undefined {
  let text: string
  try {
    text = readFileSync(keptPricesPath(dataDir), 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  return parseKept(text)
}

/** A list that a person put there by hand is as good as one that was fetched. */
function parseKept(text: string): KeptPrices {
  const value: unknown = jsonOf(text)
  const kept = keptSchema.safeParse(value)
  return kept.success ? { list: checkPriceList(kept.data.list), from: kept.data.from, fetchedAt: kept.data.fetched_at } : { list: checkPriceList(value), from: NAME, fetchedAt: '' }
}

/** Replaces the kept list atomically, flushed to disk. */
export function keepPrices(dataDir: string, kept: KeptPrices): void {
  const path = keptPricesPath(dataDir)
  const fresh = `${path}.${process.pid}.new`
  const file = openSync(fresh, 'w', 0o600)
  try {
    writeFileSync(file, `${JSON.stringify({ format: 'weighbridge-kept-prices', from: kept.from, fetched_at: kept.fetchedAt, list: kept.list.content })}\n`)
    fsyncSync(file)
  } catch (error) {
    rmSync(fresh, { force: true })
    throw error
  } finally {
    closeSync(file)
  }
  renameSync(fresh, path)
}

/** Goes back to the packaged data. */
export function forgetPrices(dataDir: string): void {
  rmSync(keptPricesPath(dataDir), { force: true })
}

/** A price book that can look again whether its data changed. */
export interface FollowedPriceBook extends PriceBook {
  /** Looks at the file and takes a changed one up; says whether prices may be others now. Costs one stat when nothing changed. */
  refresh(): boolean
  /** Why the file as it stands is not in force; `undefined` when it is, or there is none. */
  fault(): string | undefined
  /** What is in force beside the packaged data. */
  kept(): KeptPrices | undefined
}

/** The prices of a data directory: its kept list first, then the packaged data. A faulty list leaves the last good one in force. */
export function priceBookIn(dataDir: string, options: PricesAt = {}): FollowedPriceBook {
  const packaged = genaiPriceBook(options)
  const nowMs = momentOf(options)
  let stamp: string | undefined
  let kept: KeptPrices | undefined
  let book: PriceBook | undefined
  let fault: string | undefined
  const refresh = (): boolean => {
    const now = stampOf(keptPricesPath(dataDir))
    if (now === stamp) return false
    stamp = now
    const before = kept?.list.hash
    try {
      kept = readKeptPrices(dataDir)
      book = kept === undefined ? undefined : listPriceBook(kept.list, nowMs)
      fault = undefined
    } catch (thrown) {
      fault = asWeighbridgeError(thrown).message
      return true
    }
    return kept?.list.hash !== before
  }
  refresh()
  return {
    nowMs,
    refresh,
    fault: () => fault,
    kept: () => kept,
    find: (hint, model) => book?.find(hint, model) ?? packaged.find(hint, model),
    contextWindow: (hint, model) => book?.contextWindow?.(hint, model) ?? packaged.contextWindow?.(hint, model),
  }
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.mtimeMs}:${stat.size}:${stat.ino}`
}
