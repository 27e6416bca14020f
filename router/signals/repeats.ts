// Whether a call asks again what an earlier one has answered: the same turns, or the same history with another wording of the
// question. Programs do both all the time (fan-outs, templates, monitors, SDK retries); most of this keeps them out.
import type { CallMemory } from './memory.ts'
import type { Finding } from './finding.ts'
import { compareQuestions, weightOfQuestion } from './question-likeness.ts'
import type { RememberedCall, SystemSketch } from './remembered-call.ts'
import { CROWD_MS, LEAST_CLICK_MS, LEAST_TYPING_MS, REPEAT_RULES, SAME_SYSTEM, type RepeatRule } from './rules.ts'

/** `call` is not in the memory yet. Marks the earlier call that it finds. */
export function repeatOf(memory: CallMemory, call: RememberedCall): Finding | undefined {
  const finding = sameAgain(memory, call) ?? otherWording(memory, call)
  if (finding !== undefined) finding.call.retried = true
  return finding
}

/** Whether the two came out of the same program in the same part: same tools, same instructions (but for a date). */
export function sameProgram(a: { readonly shape: number; readonly system: SystemSketch }, b: { readonly shape: number; readonly system: SystemSketch }): boolean {
  if (a.shape !== b.shape) return false
  if (a.system.whole === b.system.whole) return true
  if (a.system.words === undefined || b.system.words === undefined) return false
  return compareQuestions(a.system.words, b.system.words).score >= SAME_SYSTEM
}

function sameAgain(memory: CallMemory, call: RememberedCall): Finding | undefined {
  const earlier = memory.byAsked.get(call.asked).findLast((candidate) => !candidate.superseded && sameProgram(candidate, call))
  const rule = REPEAT_RULES[call.standing]
  if (earlier === undefined || !canBeRepeated(earlier) || earlier.overlapped || call.overlapped) return undefined
  const gapMs = call.askedMs - (earlier.closedMs ?? call.askedMs)
  const byProgram = gapMs < LEAST_CLICK_MS
  if (gapMs > rule.windowMs || (byProgram && !rule.programs)) return undefined
  if (call.repetition > rule.repetitions || callsBetween(earlier, call) > rule.between) return undefined
  if ((rule.leastWeight > 0 && ownWeight(call) < rule.leastWeight) || isHabit(memory, call, rule) || isCrowd(memory, call, rule)) return undefined
  return { kind: 'retry', basis: byProgram ? 'program' : 'same_prefix', call: earlier, confidence: byProgram ? 0.6 * rule.confidence : rule.confidence }
}

function otherWording(memory: CallMemory, call: RememberedCall): Finding | undefined {
  if (!call.endsInQuestion || call.question === undefined || call.branched) return undefined
  const rule = REPEAT_RULES[call.standing]
  const earlier = memory.byHistory.get(call.history).findLast((candidate) => candidate.asked !== call.asked && !candidate.superseded && sameProgram(candidate, call))
  if (earlier?.question === undefined || !canBeRepeated(earlier) || earlier.branched || earlier.overlapped) return undefined
  const gapMs = call.askedMs - (earlier.closedMs ?? call.askedMs)
  if (gapMs < LEAST_TYPING_MS || gapMs > rule.windowMs || callsBetween(earlier, call) > rule.between || isCrowd(memory, call, rule)) return undefined
  const { score, otherNumbers, common, isSlot } = compareQuestions(earlier.question, call.question)
  if (otherNumbers || score < rule.similarity || (isSlot && !rule.slots) || common < 1) return undefined
  return { kind: 'rephrase', basis: 'replaced', call: earlier, confidence: rule.confidence * (0.6 + 0.4 * score), value: score }
}

/** Whether the same turns come again and again at a distance, as a monitor asks or a button that many people press. */
function isHabit(memory: CallMemory, call: RememberedCall, rule: RepeatRule): boolean {
  if (rule.programs) return false
  const all = memory.byAsked.get(call.asked)
  return all.some((one, index) => one.askedMs - (all[index - 1]?.closedMs ?? one.askedMs) > rule.windowMs)
}

/** Whether so many conversations begin in the scope that it is not one person's. */
function isCrowd(memory: CallMemory, call: RememberedCall, rule: RepeatRule): boolean {
  if (rule.crowd === Infinity) return false
  const begun = new Set<number>()
  for (const other of memory.byScope.get(call.scope)) {
    if (other.standing !== 'grounded' && other.asked !== call.asked && call.askedMs - other.askedMs < CROWD_MS && sameProgram(other, call)) begun.add(other.asked)
  }
  return begun.size > rule.crowd
}

/** Only what the client has seen an answer to, or enough of one to stop it, is asked again by choice. */
function canBeRepeated(earlier: RememberedCall): boolean {
  if (earlier.closedMs === undefined || earlier.retried) return false
  return earlier.ending === 'answered' || (earlier.ending === 'abandoned' && earlier.hadOutput)
}

function callsBetween(earlier: RememberedCall, call: RememberedCall): number {
  return call.ordinal - earlier.ordinal - 1
}

function ownWeight(call: RememberedCall): number {
  return call.question === undefined ? 0 : weightOfQuestion(call.question)
}
