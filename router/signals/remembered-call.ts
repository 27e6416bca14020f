// What is kept of a call while later ones may say something about it: hashes, sketches, times. No text and no name but the ids
// of its own trace and span. Plain data; memory.ts bounds how many there are.
import { unitsOf, type QuestionSketch } from './question-sketch.ts'
import type { CallRef, Ending, Served } from './signal.ts'
import type { TextSketch } from './text-reader.ts'

/** What identifies the conversation a call belongs to, from strong to weak. */
export type Standing = 'grounded' | 'session' | 'user' | 'key'

export type RememberedCall = CallRef & {
  readonly scope: number
  /** Hash of the key it came with; feedback about it must come with the same. */
  readonly key: number
  /** Hash of everything it asked. */
  readonly asked: number
  /** Hash of what stood before its last turn. */
  readonly history: number
  /** Whether its last turn is the user's, so that it can be replaced by another wording. */
  readonly endsInQuestion: boolean
  readonly question: QuestionSketch | undefined
  readonly system: SystemSketch
  readonly shape: number
  readonly standing: Standing
  /** Salt of its answer's codes. */
  readonly salt: number
  /** Hash of the client's own request id; `undefined`: none. */
  readonly requestId: number | undefined
  /** Monotonic, ms. */
  readonly askedMs: number
  /** Counts the calls of its scope. */
  readonly ordinal: number
  /** Whether it came so soon after another answer of its scope that no person made it. */
  readonly byProgram: boolean
  /** How often the same turns had been asked before it. */
  readonly repetition: number
  /** Monotonic, ms; `undefined` while it is under way. */
  closedMs: number | undefined
  ending: Ending | 'abandoned' | undefined
  /** Whether any output had reached the client. */
  hadOutput: boolean
  answer: TextSketch | undefined
  /** `undefined`: nobody answered. */
  served: Served | undefined
  /** Hash of the tools it called; 0: none. */
  calls: number
  /** Hash of its response id with its scope; `undefined`: none. */
  response: number | undefined
  /** Hash of its response id alone. */
  responseId: number | undefined
  /** Hash of the request id it was answered under. */
  readonly answeredAs: number | undefined
  /** The same turns were asked by another call while it was under way: a fan-out, or hedged requests. */
  overlapped: boolean
  /** Another call with the same history was under way beside it: branches of a program, not a person's second thoughts. */
  branched: boolean
  /** An SDK sent it again by itself: the later call stands for both. */
  superseded: boolean
  retried: boolean
  accepted: boolean
  /** Hash of the conversation up to the answer as a client last sent it back: the same again says nothing new. */
  seenAs: number | undefined
}

/** The strongest that a call has. `grounded`: an answer of ours stands in its history. */
export function standingOf(names: { readonly sessionId: string | undefined; readonly userId: string | undefined }, grounded: boolean): Standing {
  if (grounded) return 'grounded'
  return names.sessionId !== undefined ? 'session' : names.userId !== undefined ? 'user' : 'key'
}

/** The operator's instructions: equal, nearly equal (a date in them), or others. */
export type SystemSketch = { readonly whole: number; readonly words: QuestionSketch | undefined }

/**
 * Bytes that a remembered call takes: the object with its numbers, its places in five indices and the texts' headers, and two
 * bytes for every unit of its sketches. Measured over whole heaps: 1,500 to 1,700 with short texts, 3,700 with 900 words.
 */
export function weightOf(call: RememberedCall): number {
  const units = (call.question === undefined ? 0 : unitsOf(call.question)) + (call.answer?.codes.length ?? 0)
  return 1_900 + 2 * units
}
