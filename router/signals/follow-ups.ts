// What it means that a request sends answers back: accepted, edited, asked again. Marks the calls so that no fact is told twice.
import type { Conversation } from './conversation.ts'
import type { SentBack } from './answers-sent-back.ts'
import { compareQuestions } from './question-likeness.ts'
import type { QuestionSketch } from './question-sketch.ts'
import type { RememberedCall } from './remembered-call.ts'
import { ASKED_AGAIN, CONFIDENCE } from './rules.ts'
import type { Finding } from './finding.ts'

/** What the answers that came back say. `question`: of the call that sends them. */
export function followUps(sentBack: readonly SentBack[], conversation: Conversation, question: QuestionSketch | undefined): readonly Finding[] {
  const findings: Finding[] = []
  for (const back of sentBack) {
    const finding = meaning(back, conversation, question)
    back.call.seenAs = back.turn.upTo
    if (finding === undefined) continue
    if (finding.kind === 'rephrase') back.call.retried = true
    back.call.accepted ||= finding.kind === 'accepted'
    findings.push(finding)
  }
  return findings
}

function meaning(back: SentBack, conversation: Conversation, question: QuestionSketch | undefined): Finding | undefined {
  const { call } = back
  // Of an answer that the client stopped, half a text is all it has.
  if (back.how === 'seen' || call.ending === 'abandoned') return undefined
  if (back.how === 'tools') return call.accepted ? undefined : { kind: 'accepted', basis: 'tool_results', call, confidence: CONFIDENCE.toolResults }
  if (back.how === 'changed') {
    const { measure } = back
    const onlyPunctuation = measure.distance === 0
    const basis = measure.isBeginning ? 'cut' : 'changed'
    const confidence = onlyPunctuation ? CONFIDENCE.punctuation : basis === 'cut' ? CONFIDENCE.cut : back.byText ? CONFIDENCE.changedByText : CONFIDENCE.changed
    return { kind: 'edit', basis, call, confidence, value: measure.distance, survival: measure.survival }
  }
  if (back.isNewest && back.next === conversation.last && !call.retried) {
    const again = askedAgain(call, question)
    if (again !== undefined) return again
  }
  if (call.accepted || call.retried) return undefined
  if (back.how === 'unread') return { kind: 'accepted', basis: 'moved_on', call, confidence: CONFIDENCE.toolResults }
  return { kind: 'accepted', basis: 'sent_back', call, confidence: back.byText ? CONFIDENCE.byText : CONFIDENCE.sentBack }
}

/** A call that goes on from an answer by its id: unchanged by construction. */
export function referredTo(answered: RememberedCall, conversation: Conversation, by: RememberedCall): readonly Finding[] {
  if (answered.ending !== 'answered' || answered.seenAs !== undefined) return []
  answered.seenAs = by.asked
  const again = conversation.last?.role === 'user' && !answered.retried ? askedAgain(answered, by.question) : undefined
  if (again !== undefined) {
    answered.retried = true
    return [again]
  }
  if (answered.accepted || answered.retried) return []
  answered.accepted = true
  return conversation.last?.role === 'tool'
    ? [{ kind: 'accepted', basis: 'tool_results', call: answered, confidence: CONFIDENCE.toolResults }]
    : [{ kind: 'accepted', basis: 'referred_to', call: answered, confidence: CONFIDENCE.referredTo }]
}

/** A question so much like the one just answered that the answer cannot have been it. */
function askedAgain(call: RememberedCall, question: QuestionSketch | undefined): Finding | undefined {
  if (question === undefined || call.question === undefined) return undefined
  const { score, otherNumbers, exchanged, common, isSlot } = compareQuestions(call.question, question)
  if (otherNumbers || isSlot || score < ASKED_AGAIN.similarity || exchanged > ASKED_AGAIN.exchanged || common < ASKED_AGAIN.leastWeight) return undefined
  return { kind: 'rephrase', basis: 'asked_again', call, confidence: ASKED_AGAIN.confidence, value: score }
}
