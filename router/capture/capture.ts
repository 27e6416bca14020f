// Captured prompts and answers: decided by rule when a call begins, put together when it has ended, written as log records to a spool
// of their own. Nothing happens while capture is off, nothing here fails a call or holds an answer up.
import type { Logger } from 'pino'
import { EVENT, GEN_AI, WB } from '../../core/attributes.ts'
import type { AnswerEvent, ModelAnswer } from '../../core/model-answer.ts'
import type { ModelRequest } from '../../core/model-request.ts'
import type { Clock } from '../../core/seams.ts'
import type { LogRecord } from '../../store/otlp/logs.ts'
import type { Metrics } from '../metrics.ts'
import type { Outbox } from '../signals/outbox.ts'
import { GatheredAnswer } from './gathered-answer.ts'
import { HeldContent } from './held-content.ts'
import { capturesAnything, isSampled, ruleOf, type CaptureRule, type CaptureSettings } from './policy.ts'
import { redaction, type Redact } from './redact.ts'
import { answerShape, requestShape } from './shape.ts'
import { shrink } from './shrink.ts'

/** A call as capture sees it. */
export type CapturedCall = {
  readonly traceId: string
  readonly spanId: string
  readonly task: string
  readonly keyId: string | undefined
  readonly userId: string | undefined
  readonly sessionId: string | undefined
  readonly simulated: boolean
  /** May throw for a request that has no common form; only its answer is kept then. */
  readonly request: () => ModelRequest
}

/** One call that is being kept. */
export interface CallCapture {
  /** An event of a streamed answer that reached the client. */
  take(event: AnswerEvent): void
  /** The call is over. `answer`: of a plain call; `target`: whose it is; `isWhole`: whether it came to its normal end. */
  end(answer: ModelAnswer | undefined, target: string | undefined, isWhole: boolean): void
}

export interface Capture {
  /** Begins to keep a call; `undefined`: by rule nothing of it is kept. */
  begin(settings: CaptureSettings, call: CapturedCall): CallCapture | undefined
  /** Something was said of an earlier call: what is held of it is kept now. */
  signalled(records: readonly LogRecord[]): void
  /** Settles once everything decided so far is on its way to disk. */
  settled(): Promise<void>
}

export type CaptureOptions = { readonly outbox: Outbox; readonly metrics: Metrics; readonly clock: Clock; readonly log: Logger }

/** Nobody's stops, edits or feedback, but that the conversation went on: on_signal keeps nothing for it. */
const ACCEPTED = 'accepted'

/** `outbox`: of captured text alone. */
export function createCapture({ outbox, metrics, clock, log }: CaptureOptions): Capture {
  const held = new HeldContent(() => metrics.add('weighbridge_content_let_go_total', 1))
  const waiting = new Set<Promise<void>>()
  let compiled: { readonly from: CaptureSettings['redact']; readonly redact: Redact } | undefined
  const redactOf = (settings: CaptureSettings): Redact => {
    if (compiled?.from !== settings.redact) compiled = { from: settings.redact, redact: redaction(settings.redact) }
    return compiled.redact
  }
  const keep = (records: readonly LogRecord[], mode: string): void => {
    outbox.add(records)
    metrics.add('weighbridge_content_kept_total', 1, { mode })
  }
  /** After the turn in which the call ended: its client does not wait for what is kept of it. */
  const later = (work: () => void): void => {
    const task = new Promise<void>((resolve) => {
      setImmediate(() => {
        try {
          work()
        } catch (error) {
          metrics.add('weighbridge_content_lost_total', 1)
          log.error({ code: 'internal', reason: error instanceof Error ? error.name : 'unknown' }, 'a call could not be captured')
        }
        resolve()
      })
    })
    waiting.add(task)
    void task.then(() => waiting.delete(task))
  }

  return {
    begin(settings, call) {
      if (!capturesAnything(settings)) return undefined
      const rule = ruleOf(settings, call.task, call.keyId)
      if (rule.mode === 'none' || (rule.mode === 'sampled' && !isSampled(call.traceId, rule.sample))) return undefined
      const gathered = new GatheredAnswer()
      return {
        take: (event) => gathered.take(event),
        end(plain, target, isWhole) {
          const atMs = clock.nowMs()
          later(() => {
            const records = recordsOf(call, rule, { answer: plain ?? gathered.answer(), target, isWhole }, atMs, redactOf(settings))
            if (rule.mode === 'on_signal') held.hold(call.traceId, records, clock.monotonicMs())
            else keep(records, rule.mode)
          })
        },
      }
    },
    signalled(records) {
      for (const { traceId, attributes } of records) {
        if (traceId === undefined || attributes[WB.signalKind] === ACCEPTED) continue
        // After the turn in which the call it speaks of may have ended.
        later(() => {
          const found = held.take(traceId, clock.monotonicMs())
          if (found !== undefined) keep(found, 'on_signal')
        })
      }
    },
    async settled() {
      await Promise.all(waiting)
    },
  }
}

type Ended = { readonly answer: ModelAnswer | undefined; readonly target: string | undefined; readonly isWhole: boolean }

function recordsOf(call: CapturedCall, rule: CaptureRule, { answer, target, isWhole }: Ended, atMs: number, redact: Redact): LogRecord[] {
  const isShape = rule.mode === 'metadata'
  const request = requestOf(call)
  const record = (kind: 'prompt' | 'answer', value: unknown): LogRecord => {
    const { body, wholeBytes, isCut } = shrink(value, rule.maxBytes, redact)
    return {
      eventName: EVENT.content,
      timeMs: atMs,
      traceId: call.traceId,
      spanId: call.spanId,
      body,
      attributes: {
        [WB.contentKind]: kind,
        [WB.task]: call.task,
        [WB.keyId]: call.keyId,
        [WB.sessionId]: call.sessionId,
        [GEN_AI.userId]: call.userId,
        [WB.simulated]: call.simulated,
        [WB.target]: kind === 'answer' ? target : undefined,
        [WB.contentForm]: isShape ? 'metadata' : undefined,
        [WB.contentBytes]: isCut ? wholeBytes : undefined,
        [WB.contentTruncated]: isCut ? true : undefined,
        [WB.contentPartial]: kind === 'answer' && !isWhole ? true : undefined,
      },
    }
  }
  return [
    ...(request === undefined ? [] : [record('prompt', isShape ? requestShape(request) : request)]),
    ...(answer === undefined ? [] : [record('answer', isShape ? answerShape(answer) : answer)]),
  ]
}

function requestOf(call: CapturedCall): ModelRequest | undefined {
  try {
    return call.request()
  } catch {
    return undefined
  }
}
