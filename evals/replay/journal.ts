// The run's own record on disk, one JSON line per event: what the run is, each call before it is made, each answer, vote and
// finished trial. Answers and votes are fsynced before they count, so that a killed run goes on where it stopped and pays for
// none of them twice. Holds answers; it never leaves the data directory.
import { mkdir, open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { WeighbridgeError } from '../../core/errors.ts'
import { appendLog } from './append-log.ts'
import { fold, type JournalEvent, type RunHead, type RunRecord } from './journal-events.ts'
import { trialKey, type Trial } from './trial.ts'

const FILE = 'trials.jsonl'

/** An open journal. */
export type Journal = {
  /** What was read back at opening; a torn last line is left out. */
  readonly record: RunRecord
  /** Resolves once the event is on disk (fsynced); for what must not be paid for twice. */
  append(event: JournalEvent): Promise<void>
  /** Resolves once the event outlives the process, if not the power; for what a call is accounted by. */
  note(event: JournalEvent): Promise<void>
  close(): Promise<void>
}

/** Opens (or makes) the journal of a run in `evalsDir`. */
export async function openJournal(evalsDir: string, runId: string): Promise<Journal> {
  const dir = join(evalsDir, runId)
  await mkdir(dir, { recursive: true })
  const path = join(dir, FILE)
  const { events, wholeBytes } = await readBack(path)
  const file = await open(path, 'a')
  await file.truncate(wholeBytes)
  const log = appendLog(file)
  return {
    record: fold(events),
    append: (event) => log.append(JSON.stringify(event)),
    note: (event) => log.note(JSON.stringify(event)),
    close: () => log.close(),
  }
}

/** All that is known of a finished or stopped run. Throws `eval_run_unknown`. */
export async function readRun(evalsDir: string, runId: string): Promise<RunRecord> {
  const { events } = await readBack(join(evalsDir, runId, FILE))
  if (events.length === 0) throw new WeighbridgeError('eval_run_unknown', `There is no eval run "${runId}" in ${evalsDir}`)
  return fold(events)
}

/** The trials of a finished or stopped run, one per key: one that was asked again counts as what it came to last. Throws `eval_run_unknown`. */
export async function readJournal(evalsDir: string, runId: string): Promise<readonly Trial[]> {
  const { trials } = await readRun(evalsDir, runId)
  if (trials.length === 0) throw new WeighbridgeError('eval_run_unknown', `There is no eval run "${runId}" with finished trials`)
  return [...new Map(trials.map((trial) => [trialKey(trial), trial])).values()]
}

/** Run ids in the data directory, newest first (ids sort by time). */
export async function listRuns(evalsDir: string): Promise<string[]> {
  try {
    const entries = await readdir(evalsDir, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
      .map((entry) => entry.name)
      .sort()
      .reverse()
  } catch {
    return []
  }
}

/** The head of a run; `undefined` when nothing is known of it. */
export async function readHead(evalsDir: string, runId: string): Promise<RunHead | undefined> {
  return fold((await readBack(join(evalsDir, runId, FILE))).events).head
}

async function readBack(path: string): Promise<{ events: JournalEvent[]; wholeBytes: number }> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch {
    return { events: [], wholeBytes: 0 }
  }
  const end = text.lastIndexOf('\n') + 1
  const events: JournalEvent[] = []
  // Lines were written by `append` and `note` alone; a torn one can only be the last.
  for (const line of text.slice(0, end).split('\n')) if (line !== '') events.push(JSON.parse(line) as JournalEvent)
  return { events, wholeBytes: Buffer.byteLength(text.slice(0, end)) }
}
