// The note a running `up`, `router` or `collector` leaves in its data directory, so that other commands find its addresses
// whatever ports it got. It holds no secret; a note whose process is gone counts as none.
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { request } from 'undici'
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'

const noteSchema = z.object({
  pid: z.number().int(),
  router: z.string().optional(),
  collector: z.string().optional(),
  clickhouse: z.string().optional(),
  demo: z.boolean(),
})
export type RunningNote = z.infer<typeof noteSchema>

const NAME = 'running.json'

/** Writes the note. */
export function writeRunning(dataDir: string, note: RunningNote): void {
  writeFileSync(join(dataDir, NAME), `${JSON.stringify(note, undefined, 2)}\n`)
}

/** Takes the note away again. */
export function clearRunning(dataDir: string): void {
  rmSync(join(dataDir, NAME), { force: true })
}

/** The note of a process that is alive, or `undefined`. */
export function readRunning(dataDir: string): RunningNote | undefined {
  try {
    const note = noteSchema.parse(JSON.parse(readFileSync(join(dataDir, NAME), 'utf8')))
    process.kill(note.pid, 0)
    return note
  } catch {
    return undefined
  }
}

/** Whether a router really is there: a note can outlive its process, and its process id can be another's by now. */
export async function isAnswering(router: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(`${router}/healthz`, { headersTimeout: 1_000, bodyTimeout: 1_000 })
    await body.dump()
    return statusCode === 200
  } catch {
    return false
  }
}

/** The router's address: `--url`, else the running one's. Throws `router_unreachable` when there is neither. */
export function routerUrl(dataDir: string, given: string | undefined): string {
  const url = given ?? readRunning(dataDir)?.router
  if (url === undefined) throw new WeighbridgeError('router_unreachable', `No weighbridge is running on ${dataDir}`)
  return url.replace(/\/+$/, '')
}
