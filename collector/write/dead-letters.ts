// What ClickHouse can never take → one JSON line each in `dead-letter.jsonl`, synced before the write-ahead log lets go; and the
// way back, when a person has mended what was in the way.
import { createReadStream } from 'node:fs'
import { access, open, rename, unlink } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import type { Clock } from '../../core/seams.ts'
import type { RequestHeader } from '../wal/wal.ts'

/** A row that the server refuses, or a stored request that cannot be decoded any more. */
export type DeadLetter =
  | { readonly kind: 'row'; readonly table: string; readonly key: string; readonly batch: string; readonly reason: string; readonly row: unknown }
  | { readonly kind: 'request'; readonly signal: string; readonly batch: string; readonly reason: string; readonly header: RequestHeader; readonly body: string }

const letterSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('row'), table: z.string(), key: z.string(), row: z.record(z.string(), z.unknown()) }),
  z.object({ kind: z.literal('request'), header: z.looseObject({}), body: z.base64() }),
])
export type ReadLetter = z.infer<typeof letterSchema>

export interface DeadLetters {
  /** Appends a line; resolves once it has reached the device. */
  add(letter: DeadLetter): Promise<void>
  /**
   * Hands over every line, read or not (`undefined`: it is none of ours), and lets go of the file once `take` has had all of them
   * and `before` has settled. Lines that come meanwhile go into a new file. A file that an interrupted call left is handed over again.
   */
  takeAll(take: (letter: ReadLetter | undefined, line: string) => Promise<void>, before: () => Promise<void>): Promise<void>
  /** Appends a line as it was. */
  addLine(line: string): Promise<void>
}

/** Dead letters in a file, made on the first one. */
export function deadLetterFile(path: string, clock: Clock): DeadLetters {
  const taking = `${path}.replaying`
  // One at a time, so that lines do not interleave and no line goes to a file that is being let go.
  const inTurn = oneByOne()
  // Two replays at once would each hand over all of the one file.
  const inReplay = oneByOne()
  const append = async (text: string): Promise<void> => {
    const file = await open(path, 'a', 0o600)
    try {
      await file.appendFile(`${text}\n`)
      await file.datasync()
    } finally {
      await file.close()
    }
  }
  const exists = (file: string): Promise<boolean> => access(file).then(() => true, () => false)
  return {
    add: (letter) => inTurn(() => append(JSON.stringify({ at: new Date(clock.nowMs()).toISOString(), ...letter }))),
    addLine: (line) => inTurn(() => append(line)),
    takeAll: (take, before) => inReplay(async () => {
      const moved = await inTurn(async () => {
        if (await exists(taking)) return true
        if (!(await exists(path))) return false
        await rename(path, taking)
        return true
      })
      if (!moved) return
      for await (const line of createInterface({ input: createReadStream(taking), crlfDelay: Infinity })) {
        if (line.trim() === '') continue
        await take(readLetter(line), line)
      }
      await before()
      await unlink(taking)
    }),
  }
}

/** Runs what it is given one after the other, whether or not the one before failed. */
function oneByOne(): <T>(work: () => Promise<T>) => Promise<T> {
  let turn: Promise<unknown> = Promise.resolve()
  return (work) => {
    const done = turn.then(work)
    turn = done.catch(() => undefined)
    return done
  }
}

function readLetter(line: string): ReadLetter | undefined {
  try {
    const parsed = letterSchema.safeParse(JSON.parse(line))
    return parsed.success ? parsed.data : undefined
  } catch {
    return undefined
  }
}
