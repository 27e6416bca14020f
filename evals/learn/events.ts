// What the learner found and did, as log records for the collector: kept in the state until it took them, told once each. In:
// findings. Out: records. Answers to probes stay out of them.
import type { Logger } from 'pino'
import { EVENT, WB, type LearningKind } from '../../core/attributes.ts'
import { asWeighbridgeError } from '../../core/errors.ts'
import { contentHash } from '../../core/hash.ts'
import type { LogRecord } from '../../store/otlp/logs.ts'
import type { State } from '../../store/state/state.ts'
import type { DriftMark } from './drift.ts'
import type { Recommendation } from './recommendation.ts'

export type LearningEvent = {
  /** Findings of one id are told once. */
  readonly id: string
  readonly kind: LearningKind
  readonly atMs: number
  readonly task?: string | undefined
  readonly target?: string | undefined
  readonly evidenceKey?: string | undefined
  readonly metric?: string | undefined
  readonly value?: number | undefined
  readonly reference?: number | undefined
  /** In force when it happened. */
  readonly version: number
  readonly message: string
  readonly simulated: boolean
  readonly body?: unknown
}

export interface EventLog {
  /** Keeps events and starts to send them; those of a known id are left out. Gives back the new ones. */
  tell(events: readonly LearningEvent[]): readonly LearningEvent[]
  /** Sends what the collector has not taken yet; a failure is logged and tried again with the next. */
  flush(): Promise<void>
}

export function createEventLog({ state, log, emit }: { readonly state: State; readonly log: Logger; readonly emit: (records: readonly LogRecord[]) => Promise<void> }): EventLog {
  let sending: Promise<void> = Promise.resolve()
  const flush = (): Promise<void> => {
    sending = sending.then(async () => {
      try {
        for (let waiting = state.learningEvents.unsent(); waiting.length > 0; waiting = state.learningEvents.unsent()) {
          // Written by `tell` below alone.
          await emit(waiting.map(({ json }) => JSON.parse(json) as LogRecord))
          state.learningEvents.markSent(waiting.map(({ id }) => id))
        }
      } catch (error) {
        const { code, message } = asWeighbridgeError(error)
        log.warn({ code }, `what the learner found waits to be recorded: ${message}`)
      }
    })
    return sending
  }
  return {
    tell(events) {
      const fresh = events.filter((event) => state.learningEvents.add({ id: event.id, at: event.atMs, json: JSON.stringify(eventRecord(event)) }))
      for (const { kind, task, target, message, version } of fresh) log[kind === 'drift' || kind === 'hold' || kind === 'rollback' ? 'warn' : 'info']({ kind, task, target, version }, message)
      if (fresh.length > 0) void flush()
      return fresh
    },
    flush,
  }
}

/** An event as the log record that the collector stores as a row of `learning_events`. */
export function eventRecord(event: LearningEvent): LogRecord {
  return {
    eventName: EVENT.learning,
    timeMs: event.atMs,
    attributes: {
      [WB.learningId]: event.id,
      [WB.learningKind]: event.kind,
      [WB.task]: event.task,
      [WB.target]: event.target,
      [WB.evidenceKey]: event.evidenceKey,
      [WB.learningMetric]: event.metric,
      [WB.learningValue]: event.value,
      [WB.learningReference]: event.reference,
      [WB.routeVersion]: event.version,
      [WB.learningMessage]: event.message,
      [WB.simulated]: event.simulated,
    },
    ...(event.body === undefined ? {} : { body: JSON.stringify(event.body) }),
  }
}

/** A drift mark as an event; `target` is the name the config gives the model, where it has one. */
export function driftEvent(mark: DriftMark, target: string | undefined, version: number, simulated: boolean): LearningEvent {
  return {
    id: mark.id,
    kind: 'drift',
    atMs: mark.at,
    target,
    evidenceKey: mark.evidenceKey,
    metric: mark.kind,
    value: mark.value,
    reference: mark.reference,
    version,
    message: `${target ?? mark.evidenceKey}: ${mark.text}. Did the provider change the model?`,
    simulated,
    body: { level: mark.level, suite: mark.suite, since: new Date(mark.since).toISOString() },
  }
}

/** A task that is held because of its data; one event a day for the same reasons. */
export function holdEvent(task: string, reasons: readonly string[], at: { readonly nowMs: number; readonly version: number; readonly simulated: boolean }): LearningEvent {
  const day = new Date(at.nowMs).toISOString().slice(0, 10)
  return { id: `hold_${contentHash({ task, reasons, day })}`, kind: 'hold', atMs: at.nowMs, task, version: at.version, message: `${task} is left as it is: ${reasons.join('; ')}`, simulated: at.simulated }
}

/** One event for each task that a recommendation would move. */
export function recommendationEvents(recommendation: Recommendation): LearningEvent[] {
  return recommendation.tasks
    .filter(({ verdict }) => verdict === 'move')
    .map(({ contradicting, ...advice }) => ({
      id: `${recommendation.id}_${advice.task}`,
      kind: 'recommendation',
      atMs: Date.parse(recommendation.created_at),
      task: advice.task,
      metric: advice.rule,
      value: advice.gain?.value,
      version: recommendation.parent,
      message: advice.headline,
      simulated: recommendation.simulated,
      body: { id: recommendation.id, ...advice, contradicting: contradicting.map(({ suite, probe }) => ({ suite, probe })) },
    }))
}
