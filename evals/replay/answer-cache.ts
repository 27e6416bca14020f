// Answers of earlier runs, found again in their journals by what was asked. A cached answer is never a new observation: it keeps
// its own time, cost and run, costs nothing now, and counts as evidence once per grader.
import { listRuns, readRun } from './journal.ts'
import type { AnswerRecord } from './journal-events.ts'

export type CachedAnswer = { readonly answer: AnswerRecord; readonly runId: string; /** Graders whose verdict on it is known. */ readonly graders: ReadonlySet<string> }

/** By cache key; `undefined`: nobody asked this before, or too long ago. */
export type AnswerCache = ReadonlyMap<string, CachedAnswer>

/** Reads all journals of the data directory, answers newer than `sinceMs` only; a newer answer takes the place of an older one. */
export async function readAnswerCache(evalsDir: string, sinceMs: number, except: string): Promise<AnswerCache> {
  const cache = new Map<string, CachedAnswer>()
  for (const runId of (await listRuns(evalsDir)).reverse()) {
    if (runId === except) continue
    const { answers, trials, regrades } = await readRun(evalsDir, runId).catch(() => ({ answers: new Map<string, AnswerRecord>(), trials: [], regrades: new Map() }))
    const graders = new Map<string, Set<string>>()
    for (const trial of trials) {
      const key = `${trial.suite}|${trial.probeId}|${trial.target}|${trial.epoch}`
      graders.set(key, (graders.get(key) ?? new Set()).add(trial.grader))
    }
    for (const [key, list] of regrades) for (const graded of list) graders.set(key, (graders.get(key) ?? new Set()).add(graded.grader))
    for (const [key, answer] of answers) {
      // An answer that itself came out of a cache is the same one as where it came from.
      if (answer.answeredAtMs < sinceMs || answer.cachedFrom !== undefined) continue
      cache.set(answer.cacheKey, { answer, runId, graders: graders.get(key) ?? new Set() })
    }
  }
  return cache
}
