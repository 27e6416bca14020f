// How far a text that came back is from the answer it was: over the words' codes of both. Pure.
import { GRAM_WORDS } from './min-sketch.ts'

/** Words that may be inserted or deleted before the exact count is given up for an estimate: bounds the work at about 100,000 steps. */
const MOST_CHANGES = 400

export type EditMeasure = {
  /** Share of the words of both texts that were inserted or deleted, 0..1 (0: the same words; 1: none in common). */
  readonly distance: number
  /** Share of the answer's sequences of four words that are still there, 0..1. */
  readonly survival: number
  /** Whether all that came back is the beginning of the answer. */
  readonly isBeginning: boolean
}

/** Compares the codes of an answer with those of what came back, both made with the answer's salt. */
export function measureEdit(before: string, after: string): EditMeasure {
  const shorter = Math.min(before.length, after.length)
  let start = 0
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start += 1
  let end = 0
  while (end < shorter - start && before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)) end += 1
  const survival = gramSurvival(before, after)
  const changes = wordChanges(before.slice(start, before.length - end), after.slice(start, after.length - end))
  const total = before.length + after.length
  // Too different to count: a sequence that survives holds at least its words, so this is an upper bound.
  const distance = total === 0 ? 0 : changes === undefined ? 1 - (2 * survival * before.length) / total : changes / total
  return { distance: Math.min(1, Math.max(0, distance)), survival, isBeginning: after.length < before.length && start >= after.length - 1 && after.length > 1 }
}

/** Words inserted plus words deleted on the shortest way from one to the other; `undefined` when more than bounded. Myers 1986, "An O(ND) difference algorithm". */
function wordChanges(before: string, after: string): number | undefined {
  const n = before.length
  const m = after.length
  if (n === 0 || m === 0) return n + m
  const most = Math.min(n + m, MOST_CHANGES)
  const offset = most + 1
  const reach = new Int32Array(2 * most + 3)
  for (let changes = 0; changes <= most; changes += 1) {
    for (let diagonal = -changes; diagonal <= changes; diagonal += 2) {
      const below = reach[offset + diagonal - 1] ?? 0
      const above = reach[offset + diagonal + 1] ?? 0
      let x = diagonal === -changes || (diagonal !== changes && below < above) ? above : below + 1
      let y = x - diagonal
      while (x < n && y < m && before.charCodeAt(x) === after.charCodeAt(y)) {
        x += 1
        y += 1
      }
      reach[offset + diagonal] = x
      if (x >= n && y >= m) return changes
    }
  }
  return undefined
}

/** Texts of fewer words are one sequence. */
function gramSurvival(before: string, after: string): number {
  if (before.length === 0) return after.length === 0 ? 1 : 0
  const length = Math.min(GRAM_WORDS, before.length)
  const there = new Set<number>()
  for (let i = 0; i + length <= after.length; i += 1) there.add(gram(after, i, length))
  let survived = 0
  const all = before.length - length + 1
  for (let i = 0; i < all; i += 1) if (there.has(gram(before, i, length))) survived += 1
  return survived / all
}

/** A small integer, which a set holds without a box; two of some thousand sequences rarely share one. */
function gram(codes: string, from: number, length: number): number {
  let value = length
  for (let i = from; i < from + length; i += 1) value = Math.imul(value ^ codes.charCodeAt(i), 0x9e3779b1) ^ (value >>> 15)
  return value
}
