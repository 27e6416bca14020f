// A named session that goes on to something else without a word about the answer before: it was not asked again, so it did.
import type { Conversation } from './conversation.ts'
import type { CallMemory } from './memory.ts'
import type { Finding } from './finding.ts'
import { compareQuestions } from './question-likeness.ts'
import type { RememberedCall } from './remembered-call.ts'
import { sameProgram } from './repeats.ts'
import { LEAST_TYPING_MS, MOVED_ON } from './rules.ts'

/** `call` is not in the memory yet. Only for calls of a named session, and only about the last one that a person made. */
export function movedOn(memory: CallMemory, call: RememberedCall, conversation: Conversation): readonly Finding[] {
  const before = memory.byScope.get(call.scope)
  // An application names a conversation, or proposes questions, in calls of its own right after an answer.
  const last = before.findLast((other) => !other.byProgram)
  if (last === undefined || !call.endsInQuestion || call.standing === 'grounded' || before.some((other) => other.closedMs === undefined)) return []
  if (last.ending !== 'answered' || !last.hadOutput || last.accepted || last.retried || last.seenAs !== undefined || last.overlapped || last.branched) return []
  const gapMs = call.askedMs - (last.closedMs ?? call.askedMs)
  if (gapMs < LEAST_TYPING_MS || gapMs > MOVED_ON.windowMs || !sameProgram(last, call)) return []
  // Something alike is a template's next item, or a wording that was not recognised.
  // Where its question stands in the history, it was answered otherwise in the end.
  if (last.asked === call.asked || conversation.turns.some(({ before }) => before === last.asked)) return []
  if (last.question === undefined || call.question === undefined) return []
  const { score, frame } = compareQuestions(last.question, call.question)
  if (score >= MOVED_ON.similarity || frame >= MOVED_ON.frame) return []
  last.accepted = true
  return [{ kind: 'accepted', basis: 'moved_on', call: last, confidence: MOVED_ON.confidence }]
}
