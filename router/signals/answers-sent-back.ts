// Which earlier answers stand in a request's history, and whether they are as they were given. Looks things up and compares;
// what it means is for follow-ups.ts to say. No state.
import type { Conversation, Turn } from './conversation.ts'
import { measureEdit, type EditMeasure } from './edit-measure.ts'
import { answerKey, type CallMemory } from './memory.ts'
import { compareQuestions } from './question-likeness.ts'
import type { QuestionReader, QuestionSketch } from './question-sketch.ts'
import type { RememberedCall } from './remembered-call.ts'
import { ANOTHER_ANSWER, EDITED_BY_TEXT, LEAST_WORDS_BY_TEXT, MOST_COMPARED, MOST_TURNS_BACK, SAME_QUESTION_BY_TEXT, STOCK_PHRASE, TURNS_BY_TEXT } from './rules.ts'
import { readText, type TextSketch } from './text-reader.ts'

/**
 * What came back: `same` but for spaces and decoration; `changed`; `seen` so before; `unread`: too long a history to read; `tools`:
 * results of the tools it called follow. `byText`: known by its text, since what stands before it was rewritten.
 */
export type SentBack = {
  readonly call: RememberedCall
  readonly turn: Turn
  /** The turn after it. */
  readonly next: Turn | undefined
  readonly isNewest: boolean
  readonly byText: boolean
  readonly how: 'same' | 'seen' | 'unread' | 'tools'
} | {
  readonly call: RememberedCall
  readonly turn: Turn
  readonly next: Turn | undefined
  readonly isNewest: boolean
  readonly byText: boolean
  readonly how: 'changed'
  readonly measure: EditMeasure
}

/** The answers of ours that a request sends back, the newest first. `printing`: turns that are read are sketched for their fingerprints, too. */
export function answersSentBack(memory: CallMemory, conversation: Conversation, scope: number, seed: number, questions: QuestionReader, printing: boolean): readonly SentBack[] {
  return new Search(memory, scope, seed, questions, printing).run(conversation.turns)
}

class Search {
  readonly #memory: CallMemory
  readonly #scope: number
  readonly #seed: number
  readonly #questions: QuestionReader
  readonly #printing: boolean
  #budget = MOST_COMPARED

  constructor(memory: CallMemory, scope: number, seed: number, questions: QuestionReader, printing: boolean) {
    this.#printing = printing
    this.#questions = questions
    this.#memory = memory
    this.#scope = scope
    this.#seed = seed
  }

  run(turns: readonly Turn[]): readonly SentBack[] {
    if (this.#memory.byScope.get(this.#scope).length === 0) return []
    const found: SentBack[] = []
    let looked = 0
    for (let index = turns.length - 1; index > 0 && looked < MOST_TURNS_BACK; index -= 1) {
      const turn = turns[index]
      const next = turns[index + 1]
      // A turn of the assistant at the end is the beginning of the answer that is asked for.
      if (turn === undefined || turn.role !== 'assistant' || next === undefined) continue
      // Where what stands before the newest is known, the older ones were looked at when they were new.
      const mayReadText = looked < TURNS_BY_TEXT && found.every(({ byText }) => byText)
      const one = this.#look(turns[index - 1], turn, next, looked === 0, mayReadText)
      if (one !== undefined) found.push(one)
      looked += 1
    }
    return found
  }

  #look(before: Turn | undefined, turn: Turn, next: Turn, isNewest: boolean, mayReadText: boolean): SentBack | undefined {
    const asked = this.#memory.byAsked.get(turn.before).filter(gaveAnswer)
    const seen = asked.find((call) => call.seenAs === turn.upTo)
    if (seen !== undefined) return { call: seen, turn, next, isNewest, byText: false, how: 'seen' }
    if (asked.length > 0) return this.#among(asked, turn, next, isNewest)
    return mayReadText ? this.#byText(before, turn, next, isNewest) : undefined
  }

  /** Of the calls that asked just this, the one whose answer it is. */
  #among(asked: readonly RememberedCall[], turn: Turn, next: Turn, isNewest: boolean): SentBack | undefined {
    const at = { turn, next, isNewest, byText: false }
    if (next.role === 'tool') {
      const called = asked.filter((call) => call.calls !== 0)
      // Which of several agents with the same first steps it is shows in the order they go on.
      const call = called.find((candidate) => !candidate.accepted) ?? called[0]
      return call === undefined ? undefined : { ...at, call, how: 'tools' }
    }
    const first = asked.at(-1)
    if (first === undefined) return undefined
    const back = this.#read(turn, first.salt)
    if (back === undefined) return { ...at, call: first, how: 'unread' }
    const same = asked.filter((call) => call.answer?.hash === back.hash)
    const call = same.find((candidate) => !candidate.accepted) ?? same[0]
    if (call !== undefined) return { ...at, call, how: 'same' }
    return this.#closest(asked, turn, next, isNewest, back)
  }

  #closest(asked: readonly RememberedCall[], turn: Turn, next: Turn, isNewest: boolean, newest: TextSketch): SentBack | undefined {
    let best: { readonly call: RememberedCall; readonly measure: EditMeasure } | undefined
    for (const call of asked.toReversed().slice(0, EDITED_BY_TEXT.calls)) {
      const back = call === asked.at(-1) ? newest : this.#read(turn, call.salt)
      if (back === undefined || call.answer === undefined) continue
      const measure = measureEdit(call.answer.codes, back.codes)
      if (best === undefined || measure.distance < best.measure.distance) best = { call, measure }
    }
    if (best === undefined || isAnother(best.measure)) return undefined
    return { ...best, turn, next, isNewest, byText: false, how: 'changed' }
  }

  /** Where the history before it is not one that was asked: shortened, summarised, or rid of what a retriever had put in. */
  #byText(before: Turn | undefined, turn: Turn, next: Turn, isNewest: boolean): SentBack | undefined {
    const back = this.#read(turn, 0)
    if (back === undefined || back.words < LEAST_WORDS_BY_TEXT) return undefined
    const at = { turn, next, isNewest, byText: true }
    const all = this.#memory.byAnswer.get(answerKey(this.#scope, back.hash))
    const mayBeEdited = isNewest && next.role === 'user'
    if (all.length >= STOCK_PHRASE || (all.length === 0 && !mayBeEdited)) return undefined
    const question = before?.role === 'user' ? this.#questions.sketch(before.texts) : undefined
    const same = all.filter((candidate) => gaveAnswer(candidate) && mayAnswer(question, candidate))
    const call = same.find((candidate) => candidate.seenAs === turn.upTo) ?? same.find((candidate) => !candidate.accepted) ?? same.at(-1)
    if (call !== undefined) return { ...at, call, how: call.seenAs === turn.upTo ? 'seen' : 'same' }
    if (!mayBeEdited) return undefined
    const recent = this.#memory.byScope.get(this.#scope).filter((candidate) => gaveAnswer(candidate) && mayAnswer(question, candidate)).slice(-EDITED_BY_TEXT.calls)
    for (const candidate of recent.toReversed()) {
      if (candidate.answer === undefined || candidate.answer.words < EDITED_BY_TEXT.leastWords) continue
      if (candidate.seenAs === turn.upTo) return { ...at, call: candidate, how: 'seen' }
      const salted = this.#read(turn, candidate.salt)
      if (salted === undefined) return undefined
      const measure = measureEdit(candidate.answer.codes, salted.codes)
      if (measure.survival >= EDITED_BY_TEXT.survival) return { ...at, call: candidate, how: 'changed', measure }
    }
    return undefined
  }

  #read(turn: Turn, salt: number): TextSketch | undefined {
    const length = turn.texts.reduce((sum, text) => sum + text.length, 0)
    if (length > this.#budget) return undefined
    this.#budget -= length
    const read = readText(turn.texts, this.#seed, salt, this.#printing && turn.read === undefined)
    turn.read ??= read
    return read.sketch
  }
}

function gaveAnswer(call: RememberedCall): boolean {
  return call.closedMs !== undefined && call.ending !== 'failed' && call.hadOutput && !call.superseded
}

/** Whether the question that stands before an answer is the one it was given to, as far as that is known. */
function mayAnswer(question: QuestionSketch | undefined, call: RememberedCall): boolean {
  if (question === undefined || call.question === undefined) return true
  const { score, otherNumbers, isSlot } = compareQuestions(question, call.question)
  return score >= SAME_QUESTION_BY_TEXT && !otherNumbers && !isSlot
}

function isAnother(measure: EditMeasure): boolean {
  return measure.distance > ANOTHER_ANSWER.distance && measure.survival < ANOTHER_ANSWER.survival
}
