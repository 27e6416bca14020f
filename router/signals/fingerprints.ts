// The facts of a call that may be stored on its span, so that a database finds the same signals over several router processes:
// keyed hashes and similarity sketches, no text. Prints of different keys, users or sessions of ours never equal each other, so
// whoever may call and read cannot test a guess about another's prompt.
import type { Conversation, Turn } from './conversation.ts'
import { mix, scramble, type KeyedHash } from './hashing.ts'
import { WORD_CLASS, type QuestionSketch } from './question-sketch.ts'
import { SketchBuilder } from './min-sketch.ts'
import { MOST_COMPARED } from './rules.ts'
import { readText, type TextSketch } from './text-reader.ts'

/** Of a request. All prints are 16 hex digits, sketches 64. */
export type Fingerprints = {
  /** Names the secret they were made under: 8 hex digits. Others cannot be compared with them. */
  readonly key: string
  /** Everything asked: equal for a regenerated call. */
  readonly prompt: string
  /** What stands before the last turn: equal for a rephrased one. */
  readonly prefix: string
  /** Sketches of the first and (of several) the last block of the user's last turn; `undefined`: it has no words, or is not the last turn. */
  readonly question: string | undefined
  /** Of the newest turn of the assistant in the history; `undefined`: there is none, or it is too long to read. */
  readonly sentBack: SentBackPrints | undefined
}

/** What had been asked before an answer, its text as it came back (`undefined`: none), and whether results of its tools follow. */
export type SentBackPrints = { readonly prompt: string; readonly answer: string | undefined; readonly sketch: string | undefined; readonly tools: boolean }

/** Of an answer. `undefined`: it had no text. */
export type AnswerFingerprints = { readonly answer: string | undefined; readonly sketch: string | undefined }

export function requestPrints(conversation: Conversation, scope: number, question: QuestionSketch | undefined, hashes: KeyedHash): Fingerprints {
  const { asked, history, last, turns } = conversation
  const newest = turns.findLastIndex((turn, index) => turn.role === 'assistant' && index > 0 && index < turns.length - 1)
  return {
    key: hashes.id,
    prompt: hashes.print('prompt', asked),
    prefix: hashes.print('prefix', history),
    question: last?.role === 'user' && question !== undefined ? questionPrint(question, scope) : undefined,
    sentBack: sentBackPrints(turns[newest], turns[newest + 1], scope, hashes),
  }
}

function sentBackPrints(turn: Turn | undefined, next: Turn | undefined, scope: number, hashes: KeyedHash): SentBackPrints | undefined {
  if (turn === undefined || turn.texts.reduce((sum, text) => sum + text.length, 0) > MOST_COMPARED) return undefined
  const { sketch, grams } = turn.read ?? readText(turn.texts, hashes.seed, 0, true)
  return { prompt: hashes.print('prompt', turn.before), answer: answerPrint(sketch, scope, hashes), sketch: grams(scope), tools: next?.role === 'tool' }
}

/** `undefined`: there is no text. */
export function answerPrint(sketch: TextSketch, scope: number, hashes: KeyedHash): string | undefined {
  return sketch.words === 0 ? undefined : hashes.print('answer', mix(scope, sketch.hash))
}

/** The sketches of its first and of its last block, one after the other: a rephrased question is like it in both. */
function questionPrint({ first, last }: QuestionSketch, scope: number): string | undefined {
  const sketches = [blockPrint(first.words, scope), blockPrint(last.words, scope)].filter((sketch) => sketch !== undefined)
  return sketches.length === 0 ? undefined : sketches.join('')
}

function blockPrint(words: string, scope: number): string | undefined {
  // Most questions are of one block.
  if (words === '') return undefined
  const builder = new SketchBuilder()
  for (let i = 0; i < words.length; i += 2) {
    const hash = words.charCodeAt(i) * 65_536 + words.charCodeAt(i + 1)
    // Function words would make all questions alike: the sketch counts words, it does not weigh them.
    if ((hash & 3) !== WORD_CLASS.common) builder.add(scramble(hash))
  }
  return builder.end(scope)
}
