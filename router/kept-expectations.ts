// What the router has learned of answers' lengths and of caches, kept in the data directory over restarts: a router that forgets
// it estimates with assumed figures again, and its ceilings bite in other places. Losing the file costs accuracy, never a call.
import { readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from 'pino'
import { z } from 'zod'
import { WeighbridgeError } from '../core/errors.ts'
import { INPUT_BUCKETS } from '../core/usage.ts'
import type { ExpectedOutput, LearnedRow } from './decide/expected-output.ts'

const fileSchema = z.object({
  v: z.literal(1),
  rows: z.array(
    z.object({
      evidenceKey: z.string(),
      task: z.string(),
      bucket: z.enum(INPUT_BUCKETS),
      warm: z.boolean(),
      calls: z.number().nonnegative(),
      outputTokens: z.number().nonnegative(),
      cacheReadShare: z.number().min(0).max(1),
    }),
  ),
})

/** How often what was learned since is written down. */
const WRITE_MS = 60_000

export interface KeptExpectations {
  /** Writes what is not written yet. */
  stop(): Promise<void>
}

/** What a router of this data directory has learned; `undefined`: nothing yet. Throws `log_corrupt` for a file that is none of ours. */
export async function readExpectations(dataDir: string): Promise<readonly LearnedRow[] | undefined> {
  const path = pathIn(dataDir)
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const parsed = fileSchema.safeParse(parseJson(text))
  if (!parsed.success) throw new WeighbridgeError('log_corrupt', `${path} cannot be read.`, { remedy: 'Delete it: what it holds is learned anew.' })
  return parsed.data.rows
}

/** Takes up what an earlier process learned and goes on keeping it. */
export async function keepExpectations(expected: ExpectedOutput, dataDir: string, log: Logger): Promise<KeptExpectations> {
  const path = pathIn(dataDir)
  try {
    expected.take((await readExpectations(dataDir)) ?? [])
  } catch (error) {
    log.warn({ err: error, path }, 'what was learned of answers cannot be read and is learned anew')
  }
  let written = expected.revision()
  let failing = false
  const write = async (): Promise<void> => {
    const revision = expected.revision()
    if (revision === written) return
    try {
      await writeFile(`${path}.new`, JSON.stringify({ v: 1, rows: expected.rows() } satisfies z.infer<typeof fileSchema>), { mode: 0o600 })
      await rename(`${path}.new`, path)
      written = revision
      failing = false
    } catch (error) {
      if (!failing) log.warn({ err: error, path }, 'what was learned of answers could not be written')
      failing = true
    }
  }
  let turn: Promise<void> = Promise.resolve()
  const timer = setInterval(() => void (turn = turn.then(write)), WRITE_MS)
  timer.unref()
  return {
    async stop() {
      clearInterval(timer)
      await turn
      await write()
    },
  }
}

function pathIn(dataDir: string): string {
  return join(dataDir, 'expected-output.json')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
