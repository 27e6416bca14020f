// Watches calls and answers go by and says what each tells of earlier ones: retry, rephrase, edit, accepted, abandoned. Holds
// hashes and sketches in bounded memory, no text, and does no I/O. One book per process; what several processes see is joined
// in the database over the fingerprints (fingerprints.ts). Production calls only.
import { randomBytes } from 'node:crypto'
import { contentHash } from '../../core/hash.ts'
import { fnv1a, type Clock } from '../../core/seams.ts'
import { AnswerReader } from './answer-reader.ts'
import { answersSentBack } from './answers-sent-back.ts'
import { readConversation, type Conversation } from './conversation.ts'
import { answerPrint, requestPrints, type AnswerFingerprints, type Fingerprints } from './fingerprints.ts'
import type { Finding } from './finding.ts'
import { measureEdit } from './edit-measure.ts'
import { followUps, referredTo } from './follow-ups.ts'
import { digest, KeyedHash, mix } from './hashing.ts'
import { CallMemory, type MemoryCounts } from './memory.ts'
import { QuestionReader, type QuestionSketch } from './question-sketch.ts'
import { standingOf, type RememberedCall } from './remembered-call.ts'
import { repeatOf, sameProgram } from './repeats.ts'
import { CONFIDENCE, LEAST_CLICK_MS, LEAST_CONFIDENCE, STOP_AND_ASK_MS } from './rules.ts'
import { movedOn } from './session-moves.ts'
import type { AnswerSeen, AskedCall, CallRef, Ending, NamedCall, Served, Signal, Standing } from './signal.ts'
import { SystemSketches } from './system-sketches.ts'
import { readText } from './text-reader.ts'

export type SignalBookOptions = {
  /** Bound of what is remembered, in bytes; some 1.5 to 3 KB a call. */
  readonly maxBytes: number
  readonly clock: Clock
  /** The installation's own secret, at least 16 bytes, the same in all its routers. Without one there are no fingerprints. */
  readonly secret?: Uint8Array | string | undefined
}

export type BookCounts = MemoryCounts & {
  /** Calls under way. */
  readonly open: number
}

export interface SignalBook {
  /** A call has come in. What it says about earlier ones; each fact is told once. */
  asked(call: AskedCall): readonly Signal[]
  /** How a call under way stands to the one before it; `undefined`: it is not followed. */
  standing(call: CallRef): Standing | undefined
  /** What may stand on the span of a call that is under way; `undefined` without a secret. */
  fingerprints(call: CallRef): Fingerprints | undefined
  /** Takes the answer of a call under way in pieces, as they go to the client. */
  reading(call: CallRef): AnswerReader | undefined
  /** The client has its answer, or an error. `answer`: what `reading` has not taken yet. */
  answered(call: CallRef, answer: Partial<AnswerSeen>, ending: Ending, served?: Served): AnswerFingerprints | undefined
  /** The client hung up. */
  abandoned(call: CallRef): readonly Signal[]
  /** The call that was given this response id, request id or trace id, while it is remembered. */
  named(id: string): NamedCall | undefined
  counts(): BookCounts
}

/** A call under way. */
type Open = { readonly call: RememberedCall; readonly reader: AnswerReader; readonly prints: Fingerprints | undefined; readonly standing: Standing }

/** Calls under way that are followed; more than a router carries. */
const MOST_OPEN = 65_536
const LEAST_SECRET_BYTES = 16

/** Throws a RangeError for a secret that is too short to be one. */
export function createSignalBook(options: SignalBookOptions): SignalBook {
  return new Book(options)
}

class Book implements SignalBook {
  readonly #clock: Clock
  readonly #hashes: KeyedHash
  readonly #printing: boolean
  readonly #questions: QuestionReader
  readonly #systems: SystemSketches
  readonly #memory: CallMemory
  readonly #open = new Map<string, Open>()

  constructor({ maxBytes, clock, secret }: SignalBookOptions) {
    if (secret !== undefined && Buffer.byteLength(secret) < LEAST_SECRET_BYTES) throw new RangeError(`The secret for fingerprints has fewer than ${LEAST_SECRET_BYTES} bytes.`)
    this.#clock = clock
    this.#hashes = new KeyedHash(secret ?? randomBytes(32))
    this.#printing = secret !== undefined
    this.#questions = new QuestionReader(this.#hashes.seed)
    this.#systems = new SystemSketches(this.#questions)
    this.#memory = new CallMemory(maxBytes)
  }

  asked(asked: AskedCall): readonly Signal[] {
    const { seed } = this.#hashes
    this.#memory.expire(this.#clock.monotonicMs())
    const scope = this.#hashes.scope(asked)
    const start = asked.continues === undefined ? scope : mix(scope, digest(asked.continues))
    const conversation = readConversation(asked.request, start)
    const question = conversation.question === undefined ? undefined : this.#questions.sketch(conversation.question.texts)
    const continued = asked.continues === undefined ? undefined : this.#memory.byResponse.get(start).findLast(({ closedMs }) => closedMs !== undefined)
    const sentBack = answersSentBack(this.#memory, conversation, scope, seed, this.#questions, this.#printing)
    const standing = this.#standing(asked, scope, continued ?? sentBack.find(({ isNewest }) => isNewest)?.call, conversation)
    const call = this.#remembered(asked, scope, conversation, question, continued !== undefined || sentBack.some(({ isNewest }) => isNewest))
    const findings: Finding[] = [...(continued === undefined ? [] : referredTo(continued, conversation, call)), ...followUps(sentBack, conversation, question)]
    const isSdkRetry = this.#supersede(asked, call)
    if (!isSdkRetry) {
      this.#markBeside(call)
      const repeat = repeatOf(this.#memory, call)
      if (repeat !== undefined) findings.push(repeat)
      else if (asked.sessionId !== undefined) findings.push(...movedOn(this.#memory, call, conversation))
    }
    for (const used of [...sentBack, ...findings]) this.#memory.touch(used.call)
    this.#memory.add(call)
    const prints = this.#printing ? requestPrints(conversation, scope, question, this.#hashes) : undefined
    this.#follow(call, { call, reader: new AnswerReader(call.salt, seed, conversation.prefill, this.#printing), prints, standing })
    return findings.flatMap((finding) => signalOf(finding, call, asked.atMs))
  }

  standing(call: CallRef): Standing | undefined {
    return this.#open.get(nameOf(call))?.standing
  }

  fingerprints(call: CallRef): Fingerprints | undefined {
    return this.#open.get(nameOf(call))?.prints
  }

  reading(call: CallRef): AnswerReader | undefined {
    return this.#open.get(nameOf(call))?.reader
  }

  answered(ref: CallRef, answer: Partial<AnswerSeen>, ending: Ending, served?: Served): AnswerFingerprints | undefined {
    const open = this.#open.get(nameOf(ref))
    if (open === undefined) return undefined
    open.reader.text(answer.text ?? '')
    for (const _ of answer.toolCalls ?? []) open.reader.toolCall()
    const { call } = open
    call.served = served
    if (answer.responseId !== undefined) {
      call.responseId = digest(answer.responseId)
      call.response = mix(call.scope, call.responseId)
    }
    return this.#close(open, ending)
  }

  abandoned(ref: CallRef): readonly Signal[] {
    const open = this.#open.get(nameOf(ref))
    if (open === undefined) return []
    const { call } = open
    this.#close(open, 'abandoned')
    const atMs = this.#clock.nowMs()
    // The click that stops an answer and asks again may be heard in the wrong order.
    const next = this.#memory.byAsked.get(call.asked).at(-1)
    const stoppedToAsk = next !== undefined && next !== call && next.closedMs === undefined && call.hadOutput && !call.retried && (call.closedMs ?? 0) - next.askedMs <= STOP_AND_ASK_MS
    if (stoppedToAsk) {
      call.retried = true
      call.overlapped = false
      next.overlapped = false
      const repeat: Finding = { kind: 'retry', basis: 'same_prefix', call, confidence: CONFIDENCE.stoppedToAsk }
      return [...signalOf(hungUp(call), undefined, atMs), ...signalOf(repeat, next, atMs)]
    }
    // Of several that ask the same at once, a program cancels those it no longer needs; an SDK hangs up to try again.
    return call.overlapped || call.superseded ? [] : signalOf(hungUp(call), undefined, atMs)
  }

  named(id: string): NamedCall | undefined {
    const call = this.#memory.byGivenId.get(digest(id))
    if (call === undefined) return undefined
    const { traceId, spanId, key, served, answer, salt } = call
    return {
      traceId,
      spanId,
      cameWith: (keyId) => keyHash(keyId) === key,
      simulated: served?.simulated,
      measure: (text) => (answer === undefined ? undefined : measureEdit(answer.codes, readText([text], this.#hashes.seed, salt).sketch.codes)),
    }
  }

  counts(): BookCounts {
    return { ...this.#memory.counts(), open: this.#open.size }
  }

  #remembered(asked: AskedCall, scope: number, conversation: Conversation, question: QuestionSketch | undefined, grounded: boolean): RememberedCall {
    const before = this.#memory.byAsked.get(conversation.asked).at(-1)
    const lately = this.#memory.byScope.get(scope).at(-1)
    const askedMs = this.#clock.monotonicMs()
    return {
      traceId: asked.traceId,
      spanId: asked.spanId,
      scope,
      key: keyHash(asked.keyId),
      answeredAs: asked.answeredAs === undefined ? undefined : digest(asked.answeredAs),
      asked: conversation.asked,
      history: conversation.history,
      endsInQuestion: conversation.last?.role === 'user',
      question,
      system: this.#systems.sketch(conversation.system),
      shape: conversation.shape,
      standing: standingOf(asked, grounded),
      salt: fnv1a(asked.spanId),
      requestId: asked.requestId === undefined ? undefined : digest(asked.requestId),
      askedMs,
      ordinal: (lately?.ordinal ?? 0) + 1,
      byProgram: lately?.closedMs !== undefined && askedMs - lately.closedMs < LEAST_CLICK_MS,
      repetition: before === undefined ? 0 : before.repetition + 1,
      closedMs: undefined,
      ending: undefined,
      hadOutput: false,
      answer: undefined,
      served: undefined,
      calls: 0,
      response: undefined,
      responseId: undefined,
      overlapped: false,
      branched: false,
      superseded: false,
      retried: false,
      accepted: false,
      seenAs: undefined,
    }
  }

  #standing(asked: AskedCall, scope: number, before: RememberedCall | undefined, conversation: Conversation): Standing {
    const nowMs = this.#clock.monotonicMs()
    const servedBy = (call: RememberedCall | undefined): Standing['before'] => (call?.served === undefined ? undefined : { served: call.served, agoMs: nowMs - (call.closedMs ?? nowMs) })
    const lately = asked.sessionId === undefined ? undefined : this.#memory.byScope.get(scope).findLast(({ served }) => served !== undefined)
    return { before: servedBy(before), session: servedBy(lately), inToolLoop: conversation.last?.role === 'tool' }
  }

  /** Whether an SDK sent this by itself again; the earlier call then stands for nothing any more. */
  #supersede(asked: AskedCall, call: RememberedCall): boolean {
    const saysSo = asked.retryCount !== undefined && asked.retryCount > 0
    const earlier = this.#memory.byAsked.get(call.asked).findLast((candidate) => saysSo || (call.requestId !== undefined && candidate.requestId === call.requestId))
    if (earlier !== undefined) earlier.superseded = true
    return saysSo || earlier !== undefined
  }

  /** Notes which calls run side by side: what programs do at once says nothing about what a person thought of an answer. */
  #markBeside(call: RememberedCall): void {
    for (const other of this.#memory.byAsked.get(call.asked)) {
      if (other.closedMs !== undefined || other.superseded) continue
      other.overlapped = true
      call.overlapped = true
    }
    if (!call.endsInQuestion) return
    for (const other of this.#memory.byHistory.get(call.history)) {
      if (other.closedMs !== undefined || other.superseded || !sameProgram(other, call)) continue
      other.branched = true
      call.branched = true
    }
  }

  #follow(call: RememberedCall, open: Open): void {
    this.#open.set(nameOf(call), open)
    if (this.#open.size <= MOST_OPEN) return
    const oldest = this.#open.keys().next()
    if (oldest.done !== true) this.#open.delete(oldest.value)
  }

  #close({ call, reader }: Open, ending: Ending | 'abandoned'): AnswerFingerprints | undefined {
    this.#open.delete(nameOf(call))
    const { sketch, calls, hadOutput, grams } = reader.end()
    call.closedMs = this.#clock.monotonicMs()
    call.ending = ending
    call.hadOutput = hadOutput
    call.answer = sketch.words === 0 ? undefined : sketch
    call.calls = calls
    this.#memory.closed(call)
    return this.#printing ? { answer: answerPrint(sketch, call.scope, this.#hashes), sketch: grams(call.scope) } : undefined
  }
}

function hungUp(call: RememberedCall): Finding {
  return call.hadOutput
    ? { kind: 'abandoned', basis: 'during_output', call, confidence: CONFIDENCE.hungUpDuring }
    : { kind: 'abandoned', basis: 'before_output', call, confidence: CONFIDENCE.hungUpBefore }
}

/** The finding as a signal; none where it is too unsure to be told. */
function signalOf({ kind, basis, call, confidence, value, survival }: Finding, by: CallRef | undefined, atMs: number): readonly Signal[] {
  if (confidence < LEAST_CONFIDENCE) return []
  // An answer may be edited more than once; everything else happens to it once.
  const id = contentHash([kind, call.traceId, call.spanId, kind === 'edit' ? (call.seenAs ?? 0) : 0])
  return [{ id, kind, basis, about: { traceId: call.traceId, spanId: call.spanId }, by: by === undefined ? undefined : { traceId: by.traceId, spanId: by.spanId }, atMs, value, survival, confidence: Math.round(confidence * 100) / 100, ...(call.served === undefined ? {} : { simulated: call.served.simulated }) }]
}

function keyHash(keyId: string | undefined): number {
  return digest(JSON.stringify(keyId ?? null))
}

function nameOf(call: CallRef): string {
  return call.traceId + call.spanId
}
