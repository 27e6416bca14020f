// The run's own record on disk: one JSON line per finished trial, fsynced before the trial counts, so that a killed run goes
// on where it stopped and pays for no answer twice. Holds answers; it never leaves the data directory.
import { mkdir, open, readdir, readFile, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { WeighbridgeError } from '../../core/errors.ts'
import { trialKey, type Trial } from './trial.ts'

/** An open journal. */
export type Journal = {
  /** Trials read back at opening, oldest first; a torn last line is left out. */
  readonly trials: readonly Trial[]
  /** Resolves once the line is on disk. */
  append(trial: Trial): Promise<void>
  close(): Promise<void>
}

/** Opens (or makes) the journal of a run in `evalsDir`. */
export async function openJournal(evalsDir: string, runId: string): Promise<Journal> {
  const dir = join(evalsDir, runId)
  await mkdir(dir, { recursive: true })
  const path = join(dir, 'trials.jsonl')
  const { trials, wholeBytes } = await readBack(path)
  const file = await open(path, 'a')
  await file.truncate(wholeBytes)
  let queue: { line: string; done: () => void; failed: (cause: unknown) => void }[] = []
  let writing = false
  // One write and one fsync for everything that finished meanwhile.
  const drain = async (): Promise<void> => {
    writing = true
    while (queue.length > 0) {
      const batch = queue
      queue = []
      try {
        await file.appendFile(batch.map((entry) => entry.line).join(''))
        await file.datasync()
        for (const entry of batch) entry.done()
      } catch (cause) {
        for (const entry of batch) entry.failed(cause)
      }
    }
    writing = false
  }
  return {
    trials,
    append: (trial) =>
      new Promise<void>((done, failed) => {
        queue.push({ line: `${JSON.stringify(trial)}\n`, done, failed })
        if (!writing) void drain()
      }),
    close: () => closeFile(file),
  }
}

/** The trials of a finished or stopped run. Throws `eval_run_unknown`. */
export async function readJournal(evalsDir: string, runId: string): Promise<readonly Trial[]> {
  const { trials } = await readBack(join(evalsDir, runId, 'trials.jsonl'))
  if (trials.length === 0) throw new WeighbridgeError('eval_run_unknown', `There is no eval run "${runId}" with finished trials`)
  // A trial that was asked again after a failure counts as what it came to last.
  return [...new Map(trials.map((trial) => [trialKey(trial), trial])).values()]
}

/** Run ids in the data directory, newest first (ids sort by time). */
export async function listRuns(evalsDir: string): Promise<string[]> {
  try {
    const entries = await readdir(evalsDir, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort()
      .reverse()
  } catch {
    return []
  }
}

async function readBack(path: string): Promise<{ trials: Trial[]; wholeBytes: number }> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch {
    return { trials: [], wholeBytes: 0 }
  }
  const end = text.lastIndexOf('\n') + 1
  const trials: Trial[] = []
  // Lines were written by `append` alone; a torn one can only be the last.
  for (const line of text.slice(0, end).split('\n')) if (line !== '') trials.push(JSON.parse(line) as Trial)
  return { trials, wholeBytes: Buffer.byteLength(text.slice(0, end)) }
}

async function closeFile(file: FileHandle): Promise<void> {
  await file.close()
}
