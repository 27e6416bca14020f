// How alike two questions are, from their sketches, and in which way: other wordings share what they are about, a template's
// items share all but that. Pure.
import { MIDDLE_SAMPLE, MOST_WORDS, PAIR_SAMPLE, WORD_CLASS, type BlockSketch, type QuestionSketch } from './question-sketch.ts'

/** Weight of a word by its class: function words little, numbers much. */
const WEIGHTS = [0.15, 0.5, 1, 1.5] as const
/** Share of pairs in common from which on the words stand in the same order. */
const SAME_ORDER = 0.6
/** One block against several is compared with the better of them, and trusted less. */
const ACROSS_BLOCKS = 0.8

export type Likeness = {
  /** Weight in common over the mean weight of both (Dice), of the blocks that are least alike, 0..1. */
  readonly score: number
  /** Whether each of the two holds numbers that the other lacks: another item, not another wording. */
  readonly otherNumbers: boolean
  /** Share of its own weight that each side holds alone, the smaller of the two: high where something was exchanged. */
  readonly exchanged: number
  /** Weight in common: how much the score rests on. */
  readonly common: number
  /** Of several blocks, the score of the most alike: near 1 where a template stands around something else. */
  readonly frame: number
  /** Whether words were exchanged and nearly everything else stands in the same order: a slot of a template was filled anew. */
  readonly isSlot: boolean
}

/**
 * Compares block by block. What an application always puts there is alike by itself, so the block that a person wrote decides.
 * Turns whose middles differ are about different things, whatever frames them.
 */
export function compareQuestions(a: QuestionSketch, b: QuestionSketch): Likeness {
  const first = compareBlocks(a.first, b.first)
  if ((a.last.words === '') !== (b.last.words === '')) {
    const other = a.last.words === '' ? compareBlocks(a.first, b.last) : compareBlocks(a.last, b.first)
    return { ...likeness(first.dice >= other.dice ? first : other, ACROSS_BLOCKS, 0), isSlot: false }
  }
  const middle = middleFactor(a.middle, b.middle)
  if (a.last.words === '') return likeness(first, middle, 0)
  const last = compareBlocks(a.last, b.last)
  return likeness(last.dice <= first.dice ? last : first, middle, Math.max(first.dice, last.dice))
}

/** Weight of everything that a question says. */
export function weightOfQuestion({ first, last }: QuestionSketch): number {
  return overlap(first.words, first.words, MOST_WORDS).both + overlap(last.words, last.words, MOST_WORDS).both
}

type ComparedBlock = Overlap & { readonly dice: number; readonly pairs: number }

function compareBlocks(a: BlockSketch, b: BlockSketch): ComparedBlock {
  const words = overlap(a.words, b.words, MOST_WORDS)
  return { ...words, dice: diceOf(words), pairs: diceOf(overlap(a.pairs, b.pairs, PAIR_SAMPLE)) }
}

function likeness(block: ComparedBlock, factor: number, frame: number): Likeness {
  const { both, onlyA, onlyB, contentA, contentB, numbersA, numbersB, dice, pairs } = block
  return {
    score: dice * factor,
    otherNumbers: numbersA && numbersB,
    exchanged: Math.min(shareOf(onlyA, both), shareOf(onlyB, both)),
    common: both,
    frame,
    isSlot: contentA > 0 && contentB > 0 && pairs >= SAME_ORDER,
  }
}

function shareOf(only: number, both: number): number {
  return only === 0 ? 0 : only / (only + both)
}

/** Dice's coefficient by weight; nothing is like nothing. */
function diceOf({ both, onlyA, onlyB }: Overlap): number {
  const sum = both * 2 + onlyA + onlyB
  return sum === 0 ? 1 : (2 * both) / sum
}

/** A sample holds little: half in common is taken for the same. */
function middleFactor(a: string, b: string): number {
  if (a === '' && b === '') return 1
  // With and without its document it is hardly the same request.
  if (a === '' || b === '') return 0.5
  const { both, onlyA, onlyB } = overlap(a, b, MIDDLE_SAMPLE)
  return Math.min(1, shareOf(both, Math.min(onlyA, onlyB)) * 2)
}

type Overlap = { readonly both: number; readonly onlyA: number; readonly onlyB: number; /** Words of weight that only one side has. */ readonly contentA: number; readonly contentB: number; readonly numbersA: boolean; readonly numbersB: boolean }

/** Walks two ascending lists. A list that was cut to its `most` smallest is compared only as far as it goes. */
function overlap(a: string, b: string, most: number): Overlap {
  let both = 0
  let onlyA = 0
  let onlyB = 0
  let contentA = 0
  let contentB = 0
  let numbersA = false
  let numbersB = false
  const limit = Math.min(endOf(a, most), endOf(b, most))
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const left = i < a.length ? at(a, i) : Infinity
    const right = j < b.length ? at(b, j) : Infinity
    const least = Math.min(left, right)
    if (least > limit) break
    const kind = least & 3
    const weight = WEIGHTS[kind] ?? 1
    const says = kind >= WORD_CLASS.plain ? 1 : 0
    if (left === right) both += weight
    else if (left < right) {
      onlyA += weight
      contentA += says
      numbersA ||= kind === WORD_CLASS.number
    } else {
      onlyB += weight
      contentB += says
      numbersB ||= kind === WORD_CLASS.number
    }
    if (left <= right) i += 2
    if (right <= left) j += 2
  }
  return { both, onlyA, onlyB, contentA, contentB, numbersA, numbersB }
}

function endOf(packed: string, most: number): number {
  return packed.length === most * 2 ? at(packed, packed.length - 2) : Infinity
}

function at(packed: string, index: number): number {
  return packed.charCodeAt(index) * 65_536 + packed.charCodeAt(index + 1)
}
