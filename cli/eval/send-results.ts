// A run's results on their way to the collector, after the run: what a run that was cut short has found is no evidence and stays
// here. In: trials and the journal. Out: how many could not be delivered. What is delivered is journalled, so that a second try sends the rest.
import type { Target } from '../../core/config.ts'
import type { AnswerCache } from '../../evals/replay/answer-cache.ts'
import { evaluationRecord } from '../../evals/replay/emit.ts'
import type { Journal } from '../../evals/replay/journal.ts'
import { resultKey } from '../../evals/replay/journal-events.ts'
import { trialKey, type Trial } from '../../evals/replay/trial.ts'
import type { LogRecord } from '../../store/otlp/logs.ts'

const AT_ONCE = 200

export type Emit = (records: readonly LogRecord[]) => Promise<void>

/** Sends what has not been sent; resolves with the number of results that the collector did not take. */
export async function sendResults(trials: readonly Trial[], targets: ReadonlyMap<string, Target>, journal: Pick<Journal, 'record' | 'append'>, emit: Emit, cache?: AnswerCache): Promise<number> {
  const known = new Map([...(cache?.values() ?? [])].map(({ answer, graders }) => [answer.traceId, graders]))
  // An answer out of the cache that the same grader has graded before is no second observation.
  const isKnown = (trial: Trial): boolean => trial.cachedFrom !== undefined && known.get(trial.traceId)?.has(trial.grader) === true
  const waiting = trials.filter((trial) => !journal.record.sent.has(resultKey(trialKey(trial), trial.grader)) && !isKnown(trial))
  let undelivered = 0
  for (let at = 0; at < waiting.length; at += AT_ONCE) {
    const batch = waiting.slice(at, at + AT_ONCE)
    const records = batch.flatMap((trial) => {
      const target = targets.get(trial.target)
      return target === undefined ? [] : [evaluationRecord(trial, target)]
    })
    try {
      await emit(records)
      await journal.append({ t: 'sent', results: batch.map((trial) => resultKey(trialKey(trial), trial.grader)) })
    } catch {
      // A collector that is down costs a count, not the run: the journal keeps everything.
      undelivered += batch.length
    }
  }
  return undelivered
}
