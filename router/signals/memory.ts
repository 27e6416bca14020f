// The calls that are remembered: found by what they asked, by their history, their answer, their response id, their scope.
// Bounded in bytes, the least recently used go first, and none is older than a day.
import { digest, mix } from './hashing.ts'
import { weightOf, type RememberedCall } from './remembered-call.ts'

/** A conversation that was left for longer says nothing more. */
const MOST_AGE_MS = 24 * 3_600_000
/** Newest calls kept under one key: as many branches of one prefix are told apart. */
const MOST_PER_KEY = 16

const NONE: readonly RememberedCall[] = []

/** Calls by a number, the newest last. */
class Index {
  readonly #calls = new Map<number, RememberedCall[]>()

  get(key: number): readonly RememberedCall[] {
    return this.#calls.get(key) ?? NONE
  }

  add(key: number, call: RememberedCall): void {
    const there = this.#calls.get(key)
    if (there === undefined) return void this.#calls.set(key, [call])
    there.push(call)
    if (there.length > MOST_PER_KEY) there.shift()
  }

  remove(key: number, call: RememberedCall): void {
    const there = this.#calls.get(key)
    const at = there?.indexOf(call) ?? -1
    if (there === undefined || at === -1) return
    if (there.length === 1) this.#calls.delete(key)
    else there.splice(at, 1)
  }
}

/** Where `byAnswer` keeps an answer. */
export function answerKey(scope: number, hash: number): number {
  return mix(scope, hash)
}

export type MemoryCounts = {
  readonly calls: number
  /** Estimated, never above the bound. */
  readonly bytes: number
  /** Calls let go for want of room, since the start. */
  readonly evicted: number
  /** Calls let go for their age, since the start. */
  readonly expired: number
}

export class CallMemory {
  readonly byAsked = new Index()
  readonly byHistory = new Index()
  readonly byAnswer = new Index()
  readonly byResponse = new Index()
  readonly byScope = new Index()
  /** By the hash of an id that a client was given: of the response, of the request, of the trace. The newest of equal ones. */
  readonly byGivenId = new Map<number, RememberedCall>()
  readonly #maxBytes: number
  /** In the order of their last use, with what each weighs. */
  readonly #kept = new Map<RememberedCall, number>()
  #bytes = 0
  #evicted = 0
  #expired = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  add(call: RememberedCall): void {
    this.#weigh(call)
    this.byAsked.add(call.asked, call)
    if (call.endsInQuestion) this.byHistory.add(call.history, call)
    this.byScope.add(call.scope, call)
    this.byGivenId.set(digest(call.traceId), call)
    if (call.answeredAs !== undefined) this.byGivenId.set(call.answeredAs, call)
    this.#shrink()
  }

  /** Lets go what is too old. Use moves a call to the end: one that was used late in its day may stay for as long again. */
  expire(nowMs: number): void {
    for (;;) {
      const first = this.#kept.keys().next()
      if (first.done === true || nowMs - first.value.askedMs <= MOST_AGE_MS) return
      this.#letGo()
      this.#expired += 1
    }
  }

  /** Takes up what has become known of a call's answer. A call that was let go meanwhile stays so. */
  closed(call: RememberedCall): void {
    if (!this.#kept.has(call)) return
    if (call.answer !== undefined) this.byAnswer.add(answerKey(call.scope, call.answer.hash), call)
    if (call.response !== undefined) this.byResponse.add(call.response, call)
    if (call.responseId !== undefined) this.byGivenId.set(call.responseId, call)
    this.#weigh(call)
    this.#shrink()
  }

  /** Notes that a call was of use. */
  touch(call: RememberedCall): void {
    if (this.#kept.has(call)) this.#weigh(call)
  }

  counts(): MemoryCounts {
    return { calls: this.#kept.size, bytes: this.#bytes, evicted: this.#evicted, expired: this.#expired }
  }

  #weigh(call: RememberedCall): void {
    const weight = weightOf(call)
    this.#bytes += weight - (this.#kept.get(call) ?? 0)
    this.#kept.delete(call)
    this.#kept.set(call, weight)
  }

  #shrink(): void {
    while (this.#bytes > this.#maxBytes) {
      if (!this.#letGo()) return
      this.#evicted += 1
    }
  }

  #letGo(): boolean {
    const first = this.#kept.entries().next()
    if (first.done === true) return false
    const [call, weight] = first.value
    this.#kept.delete(call)
    this.#bytes -= weight
    this.byAsked.remove(call.asked, call)
    this.byHistory.remove(call.history, call)
    this.byScope.remove(call.scope, call)
    if (call.answer !== undefined) this.byAnswer.remove(answerKey(call.scope, call.answer.hash), call)
    if (call.response !== undefined) this.byResponse.remove(call.response, call)
    for (const id of [digest(call.traceId), call.answeredAs, call.responseId]) if (id !== undefined && this.byGivenId.get(id) === call) this.byGivenId.delete(id)
    return true
  }
}
