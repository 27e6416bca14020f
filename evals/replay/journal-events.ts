// What a run's journal says, event by event, and what those events add up to. Pure; reading and writing is journal.ts.
import type { Repeat } from './repeats.ts'
import type { Asked, Graded, Trial, Vote } from './trial.ts'

/** What a run is: enough to go on with it, to report it and to find its answers again. */
export type RunHead = {
  readonly runId: string
  readonly startedAtMs: number
  readonly suites: readonly { readonly name: string; readonly hash: string; readonly title: string; readonly probes: number }[]
  readonly targets: readonly { readonly name: string; readonly evidenceKey: string; readonly simulated: boolean }[]
  readonly epochs: number
  readonly limit: number | undefined
  readonly domains: readonly string[]
  readonly seed: number
  readonly maxOutputTokens: number
  /** What grades: `offline`, or the judge set's identity. */
  readonly grader: string
  readonly judges: readonly string[]
  /** Targets that are asked again after all others; absent: none. */
  readonly repeats?: readonly Repeat[] | undefined
}

/** An answer before it is graded. */
export type AnswerRecord = Asked & {
  readonly key: string
  /** What was asked, of whom, with which settings: the same key is the same trial, in any run. */
  readonly cacheKey: string
  readonly chargedUsd: number
}

/** A call that was begun; it is lost when nothing follows it. */
export type CallRecord = { readonly key: string; readonly traceId: string; /** Judge asked; empty for the target itself. */ readonly judge: string; /** Dollars it can cost at most. */ readonly worstUsd: number; readonly atMs: number }

/** A call that was paid for, or may have been, without leaving an answer. `known`: its spans say what it cost; else it is the most it can have been. */
export type LostCall = { readonly key: string; readonly traceId: string; readonly judge: string; readonly chargedUsd: number; readonly known: boolean }

export type JournalEvent =
  | ({ readonly t: 'run' } & RunHead)
  | ({ readonly t: 'asking' } & CallRecord)
  /** The call met a limit, or failed without an answer: it cost this much at most. */
  | { readonly t: 'unanswered'; readonly traceId: string; readonly chargedUsd: number }
  /** The run was killed under this call; found when it went on. */
  | ({ readonly t: 'lost' } & LostCall)
  | ({ readonly t: 'answer' } & AnswerRecord)
  | ({ readonly t: 'vote'; readonly key: string; readonly judgeSet: string; readonly chargedUsd: number } & Vote)
  | ({ readonly t: 'trial' } & Trial)
  /** Trials that were graded again by another grader, as evidence or as labels. */
  | ({ readonly t: 'regrade'; readonly key: string } & Graded)
  /** The results of these trials (key and grader) are stored at the collector. */
  | { readonly t: 'sent'; readonly results: readonly string[] }

/** Everything a journal adds up to. */
export type RunRecord = {
  readonly head: RunHead | undefined
  /** Finished trials in order; a key may stand several times. */
  readonly trials: readonly Trial[]
  /** Answers by trial key; graded or not. */
  readonly answers: ReadonlyMap<string, AnswerRecord>
  /** Votes by trial key and judge set (`voteKey`). */
  readonly votes: ReadonlyMap<string, readonly Vote[]>
  /** Dollars charged for votes, by trial key. */
  readonly voteCharges: ReadonlyMap<string, number>
  readonly regrades: ReadonlyMap<string, readonly Graded[]>
  /** Calls that were under way when the run was killed, not yet accounted for. */
  readonly open: readonly CallRecord[]
  /** Those of earlier kills. */
  readonly lost: readonly LostCall[]
  /** Dollars charged so far, open calls not counted. */
  readonly chargedUsd: number
  /** `trialKey|grader` of results that are stored. */
  readonly sent: ReadonlySet<string>
}

/** Key of the votes of one judge set on one trial. */
export const voteKey = (key: string, judgeSet: string): string => `${key}\u0000${judgeSet}`

/** The identity of a result: one trial under one grader. */
export const resultKey = (key: string, grader: string): string => `${key}|${grader}`

/** Adds events up, in order. */
export function fold(events: readonly JournalEvent[]): RunRecord {
  let head: RunHead | undefined
  let chargedUsd = 0
  const trials: Trial[] = []
  const answers = new Map<string, AnswerRecord>()
  const votes = new Map<string, Vote[]>()
  const voteCharges = new Map<string, number>()
  const regrades = new Map<string, Graded[]>()
  const calls = new Map<string, CallRecord>()
  const sent = new Set<string>()
  const lost: LostCall[] = []
  const add = <T>(map: Map<string, T[]>, key: string, value: T): void => void (map.get(key)?.push(value) ?? map.set(key, [value]))
  for (const event of events) {
    switch (event.t) {
      case 'run':
        head ??= event
        break
      case 'asking':
        calls.set(event.traceId, event)
        break
      case 'unanswered':
        calls.delete(event.traceId)
        chargedUsd += event.chargedUsd
        break
      case 'lost':
        calls.delete(event.traceId)
        lost.push(event)
        chargedUsd += event.chargedUsd
        break
      case 'answer':
        calls.delete(event.traceId)
        answers.set(event.key, event)
        chargedUsd += event.chargedUsd
        break
      case 'vote':
        calls.delete(event.traceId)
        add(votes, voteKey(event.key, event.judgeSet), event)
        voteCharges.set(event.key, (voteCharges.get(event.key) ?? 0) + event.chargedUsd)
        chargedUsd += event.chargedUsd
        break
      case 'trial':
        trials.push(event)
        break
      case 'regrade':
        add(regrades, event.key, event)
        break
      case 'sent':
        for (const result of event.results) sent.add(result)
        break
    }
  }
  return { head, trials, answers, votes, voteCharges, regrades, open: [...calls.values()], lost, chargedUsd, sent }
}
