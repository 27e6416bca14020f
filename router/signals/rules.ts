// Every number that decides what counts as a signal, in one place, each with its reason. Chosen on the development half of the
// corpus in test/router/signals; the other half only measures.
import type { Standing } from './remembered-call.ts'

const MINUTE_MS = 60_000

/** What it takes to hold a later call for a repetition of an earlier one. */
export type RepeatRule = {
  /** Longest time from the end of the earlier call to the later one. */
  readonly windowMs: number
  /** Most other calls of the scope that may have come between them. */
  readonly between: number
  /** Least similarity of the two questions, for a rephrase. */
  readonly similarity: number
  /** Whether a word exchanged in an otherwise equal question counts: a person corrects one, a template fills its slot. */
  readonly slots: boolean
  /** How often the same turns may come again: a monitor asks for ever, a person gives up. */
  readonly repetitions: number
  /** Whether a repetition faster than a person counts, as a program's own retry. */
  readonly programs: boolean
  /** Most other conversations that may have begun in the scope within `CROWD_MS`: with more it is not one person's. */
  readonly crowd: number
  /** Least weight of the question's own words: "hi" is everybody's question. */
  readonly leastWeight: number
  readonly confidence: number
}

/** By what identifies the conversation. */
export const REPEAT_RULES: Readonly<Record<Standing, RepeatRule>> = {
  // An answer of ours stands in the history: nobody else has this conversation.
  grounded: { windowMs: 30 * MINUTE_MS, between: Infinity, similarity: 0.27, slots: true, repetitions: 8, programs: true, leastWeight: 0, crowd: Infinity, confidence: 0.95 },
  // The first turn of a named session; a session may also be a whole job of a program.
  session: { windowMs: 30 * MINUTE_MS, between: 4, similarity: 0.3, slots: false, repetitions: 8, programs: true, leastWeight: 0, crowd: Infinity, confidence: 0.9 },
  user: { windowMs: 30 * MINUTE_MS, between: 2, similarity: 0.33, slots: false, repetitions: 6, programs: true, leastWeight: 0, crowd: 12, confidence: 0.85 },
  // Nothing but the key, which a whole application may share: only what follows directly, and soon.
  key: { windowMs: 3 * MINUTE_MS, between: 1, similarity: 0.36, slots: false, repetitions: 3, programs: false, leastWeight: 1.5, crowd: 4, confidence: 0.7 },
}

/** See `RepeatRule.crowd`. */
export const CROWD_MS = 10 * MINUTE_MS
/** Faster than this no person sees an answer and presses a key. */
export const LEAST_CLICK_MS = 400
/** Faster than this no person types another wording. */
export const LEAST_TYPING_MS = 1_500
/** A client that stops an answer to ask again may be heard asking before it is heard stopping. */
export const STOP_AND_ASK_MS = 1_000

/** A question that follows its answer counts as asked again from this similarity on: follow-up questions share words, too. */
export const ASKED_AGAIN = { similarity: 0.72, exchanged: 0.3, leastWeight: 2, confidence: 0.75 } as const

/** Assistant's turns looked at, from the newest; older ones were looked at when they were new. */
export const MOST_TURNS_BACK = 8
/** Of these, how many are looked for by their text where what stood before them is not known (a shortened or rewritten history). */
export const TURNS_BY_TEXT = 2
/** Characters of answers that came back that are read for one call. */
export const MOST_COMPARED = 65_536
/** Words an answer must have to be known by its text alone. */
export const LEAST_WORDS_BY_TEXT = 8
/** How alike the question before it must then be to the one it answered; a shortened history may have none. */
export const SAME_QUESTION_BY_TEXT = 0.45
/** Answers of the same text in one scope from which on it is a stock phrase and identifies nothing. */
export const STOCK_PHRASE = 4

/** From here on too little is left: the turn is another answer to the same question (measured: distance .64 to .91, survival 0 to .13), not an edited one. */
export const ANOTHER_ANSWER = { distance: 0.6, survival: 0.08 } as const
/** What an edited answer must have left of it to be known by its text alone. */
export const EDITED_BY_TEXT = { survival: 0.2, calls: 4, leastWords: 12 } as const

/** When a session is taken to have gone on to something else. */
export const MOVED_ON = { windowMs: 30 * MINUTE_MS, similarity: 0.3, frame: 0.8, confidence: 0.5 } as const

/** How sure a signal of each basis is where its conversation is certain. */
export const CONFIDENCE = { sentBack: 0.95, byText: 0.85, changed: 0.95, changedByText: 0.7, punctuation: 0.6, cut: 0.6, toolResults: 0.6, referredTo: 0.9, hungUpBefore: 0.5, hungUpDuring: 0.9, stoppedToAsk: 0.8 } as const
/** Less sure than this nothing is told. */
export const LEAST_CONFIDENCE = 0.4
/** Instructions alike from here on are the same instructions with another date in them. */
export const SAME_SYSTEM = 0.8
