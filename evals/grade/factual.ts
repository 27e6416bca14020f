// Grades a short factual answer against its key without an LLM. Comes in: a factual probe and an answer's text. Goes
// out: correct, partial, incorrect or not_attempted, and the rule that decided. What is asserted counts, not what is
// mentioned: denials, alternatives, corrections and abstentions are told apart first.
import type { AnswerableProbe, FactualLabel, Grade, GraderIdentity, UnanswerableProbe } from './grade.ts'
import { graderId, shortSpan } from './grade.ts'
import { findMentions, type Mention } from './mentions.ts'
import { findDates, normaliseText } from './normalise.ts'
import { plainText } from './text.ts'

export const FACTUAL_GRADER: GraderIdentity = { name: 'offline-short-answer', version: '1.1.0' }

type Verdict = { label: FactualLabel; confidence: number; reason: string }

/** A plain "I do not know": knowledge or record is denied, not the fact. */
const ABSTAINS =
  /\b(?:i|we) (?:really |actually |currently |simply |honestly )?(?:do not|can ?not|could not|am not able to|am unable to|was unable to|have no|lack) (?:\w+ ){0,4}?(?:know|recall|remember|information|record|records|knowledge|details|data|verify|confirm|determine|find|provide|identify|say|tell|be (?:sure|certain)|answer|source)\b|\bi do not have\b|\bi am not (?:\w+ )?(?:sure|certain|aware|familiar|confident)\b|\b(?:not|never) (?:been )?(?:publicly |widely |reliably |well )?(?:available|documented|known|recorded|disclosed|published)\b|\b(?:no|without) (?:\w+ ){0,2}(?:record|records|information|evidence|data|documentation|reliable source|knowledge)\b|\b(?:is|are|remains?|was) (?:unknown|unclear|uncertain|unverifiable)\b|^\W*(?:unknown|n\/?a|not sure|no idea|unsure)\W*$|<unknown>|\bno idea\b|\b(?:have|need) to look (?:\w+ ){0,8}?up\b|\bhave to look up\b|\bescapes me\b|\bleave (?:this|that|it|this one|that one) unanswered\b|\bbeyond what i (?:can|know)\b|\brather not guess\b|\bcan not (?:recall|say|give)\b|\bmy (?:knowledge|training) (?:cutoff|data does not)/i

/** Says that the thing asked about is not so: the right answer to an unanswerable question. */
const DENIES_PREMISE =
  /\b(?:there (?:is|was|are|were|has been|have been) (?:no|not|never)|no such|(?:does|did|do) not (?:\w+ )?(?:exist|appear|seem|correspond|have|happen|occur|land|take place|receive|win|compose|write|specify|fix|define|match|link|refer)|non-?existent|fiction\w*|made[- ]up|not (?:a )?(?:real|actual|recogni[sz]ed|an? (?:actual|official|known|real|valid))|(?:was|were|is|are|has|have|had) (?:never|not)|never (?:\w+ )?(?:existed|happened|took place|held|named|received|wrote|composed|landed|flew|given|signed)|(?:was|were|been) (?:cancel\w+|not)|only (?:received|won|ever|one|four|once)|unnamed|nameless|anonymous|no (?:last|known|single|one|world cup|prize|tunnel|final|counterexample|moon|noble gas|element|treaty|novel)|infinite\w*|irrational|impossible|premise|mistaken|misunderst\w+|confus(?:ed|ing|ion)|hypothetical|not possible|can ?not be (?:known|predicted|determined|answered)|nobody knows|no one knows|cannot know|can not know|unknowable|has not yet|have yet|no \w+(?: \w+){0,6} (?:was|were|has|have|had|is|are|exists?))\b|(?:^|[.!?]\s)(?:no|none|nobody|no one|neither)\b(?! doubt)/i

/** A plain statement with "no" for its object: "Bach wrote no operas", "I do not think there is one". */
const DENIES_PLAINLY =
  /\b(?:wrote|writes?|defines?|has|have|had|shares?|contains?|gives?|gave|left|leaves|made|makes|published|owns?|lists?|knows?|assigned to|recognis\w+|recogniz\w+) (?:no|none|nothing)\b|\bno \w+ (?:survives?|exists?|lives?|lies?)\b|\bnever (?:had|has|gives?|gave|a|an|made|invaded|received|been)\b|\bdo(?:es)? not (?:think|believe) (?:that )?there (?:is|was|are|were|has been)\b|\bnothing of the kind\b/i

/** Even so, a guess follows. */
const GUESSES =
  /\b(?:but|however|still|that said|though|if i had to|my best)\b[^.?!\n]{0,80}?\b(?:i (?:think|believe|would (?:say|guess)|suspect|recall)|it (?:is|was|may|might|could|should) (?:likely|probably|possibly|be|have been)|(?:likely|probably|possibly|perhaps) |best (?:guess|estimate)|guess (?:is|would be)|estimate (?:is|would be))/i
/** Marks after which an answer takes back what it said before: the last statement wins. */
const CORRECTS = /\b(?:actually|wait|correction|scratch that|let me correct(?: that| myself)?|i mean|i meant|sorry, (?:that|it|i)|on second thought|no, (?:it|that)|to correct myself)\b[\s,:;.–—-]*/gi
const FINAL = /\b(?:final answer|the answer is|answer)\s*(?:is|:)\s*/gi
const HEDGES = /\b(?:either|or possibly|or perhaps|or maybe|could be|might be)\b/i
/** Says outright that it does not decide between answers it names. */
const UNDECIDED =
  /\bi (?:can|could) not (?:decide|choose|tell which|say which)\b|\bno way to (?:decide|choose|tell)\b|\bone (?:of the two|or the other)(?=\s*(?:[.,;!)]|$))|\b(?:back and forth|torn|undecided) between\b|\b(?:two|three) candidates\b/i
/** Two readings of one thing: "either 1648 or 1650", "could be 1648, could be 1650". A full stop inside a figure ends no sentence. */
const EITHER = /\b(?:either|could be)\b(?:[^.?!\n]|\.(?=\d)){1,80}\b(?:or|could (?:just as well |equally )?be)\b(?:[^.?!\n]|\.(?=\d)){0,60}/gi
/** A second thought about a statement, in its sentence: "It was 1648, or possibly 1650". */
const OR_POSSIBLY = /^(?:[^.?!\n]|\.(?=\d)){0,60}\bor (?:possibly|perhaps|maybe) /i
/** A denial close before a mention, in the same clause; initials ("J. M. W.") end none. */
const DENIED_BEFORE = /(?:\b(?:not|never|rather than|instead of|neither|nor|unlike|wrongly|incorrectly|mistakenly|contrary to|without)\b(?:[^,;:.!?\n]|\b[a-z]\.){0,28}|\b(?:not|than|whether(?: it (?:is|was))?|if(?: it (?:is|was))?)\s(?:in |on |by |the )?)$/i

/** Grades an answer to an answerable question. */
export function gradeFactual(probe: AnswerableProbe, answer: string): Grade {
  return asGrade(judgeAnswerable({ ...probe, answer_type: probe.answer_type ?? inferredType(probe.answer) }, answer))
}

/** A bare number, a date (a bare four-digit year too), or a text: names get their looser matching only when the probe says so. */
function inferredType(key: string): 'number' | 'date' | 'text' {
  if (/^[12]\d{3}$/.test(key.trim()) || findDates(key).some((date) => date.month !== undefined)) return 'date'
  return /^[-−]?[\d., ]+(?:e[-+]?\d+)?(?:\s?\S{1,12})?$/i.test(key.trim()) ? 'number' : 'text'
}

/** Grades an answer to a question without an answer: not attempting one is right, specifics are a fabrication. */
export function gradeUnanswerable(probe: UnanswerableProbe, answer: string): Grade {
  return asGrade(judgeUnanswerable(probe, answer))
}

const asGrade = (verdict: Verdict): Grade => ({ status: 'scored', ...verdict, grader: graderId(FACTUAL_GRADER) })

function judgeAnswerable(probe: AnswerableProbe, answer: string): Verdict {
  const plain = plainText(answer).trim()
  const lastWord = finalStatement(plain, probe)
  const mentions = findMentions(probe, lastWord)
  const full = mentions.filter((mention) => mention.agreement === 'full')
  const asserted = full.filter((mention) => !isDenied(lastWord, mention))
  const abstains = ABSTAINS.exec(lastWord)
  if (asserted.length > 0) return judgeAsserted(probe, lastWord, mentions, asserted, abstains)
  if (full.length > 0 && abstains === null) return { label: 'incorrect', confidence: 0.8, reason: 'the right answer is named only to be denied' }
  const rivals = mentions.filter((mention) => mention.agreement !== 'full' && !isDenied(lastWord, mention))
  if (abstains !== null) {
    // "In May 1913; I do not remember the day" gives what it has.
    const kept = probe.answer_type === 'date' ? rivals.find((mention) => mention.agreement === 'part' && mention.end <= abstains.index) : undefined
    if (kept !== undefined) return { label: 'partial', confidence: 0.7, reason: `agrees in part: "${shortSpan(lastWord.slice(kept.start, kept.end))}"` }
    const guess = GUESSES.exec(lastWord)
    const guessed = guess === null ? undefined : rivals.find((mention) => mention.start >= guess.index)
    if (guessed === undefined) return { label: 'not_attempted', confidence: 0.9, reason: `abstains: "${shortSpan(abstains[0])}"` }
    if (guessed.agreement === 'none') return { label: 'incorrect', confidence: 0.75, reason: 'abstains, then guesses something else' }
  }
  const part = rivals.find((mention) => mention.agreement === 'part')
  if (part !== undefined) return { label: 'partial', confidence: 0.65, reason: `agrees in part: "${shortSpan(lastWord.slice(part.start, part.end))}"` }
  return { label: 'incorrect', confidence: probe.answer_type === 'text' ? 0.7 : 0.85, reason: 'the key is nowhere asserted' }
}

function judgeAsserted(probe: AnswerableProbe, text: string, mentions: readonly Mention[], asserted: readonly Mention[], abstains: RegExpExecArray | null): Verdict {
  const first = asserted[0]
  if (first === undefined) return { label: 'incorrect', confidence: 0.5, reason: 'the key is nowhere asserted' }
  const span = shortSpan(text.slice(first.start, first.end))
  const alternative = mentions.find((mention) => mention.agreement !== 'full' && isAlternative(text, first, mention))
  if (alternative !== undefined) return { label: 'partial', confidence: 0.7, reason: `hedges between "${span}" and "${shortSpan(text.slice(alternative.start, alternative.end))}"` }
  if (isUndecided(text, first)) return { label: 'partial', confidence: 0.7, reason: `does not decide for "${span}"` }
  const listed = probe.answer_type === 'name' || probe.answer_type === 'text' ? namedAlternative(text, first) : undefined
  if (listed !== undefined) return { label: 'partial', confidence: 0.6, reason: `hedges between "${span}" and "${shortSpan(listed)}"` }
  const earlier = mentions.find((mention) => mention.agreement === 'none' && mention.end <= first.start && !isDenied(text, mention))
  const between = earlier === undefined ? '' : text.slice(earlier.end, first.start)
  if (earlier !== undefined && /\b(?:some|others?|often|commonly|sometimes|mistaken\w*|popular\w*|myth|claim\w*)\b/i.test(between)) {
    return { label: 'incorrect', confidence: 0.6, reason: `asserts "${shortSpan(text.slice(earlier.start, earlier.end))}" and names the key as others' view` }
  }
  if (abstains !== null && abstains.index < first.start && !GUESSES.test(text) && !/\b(?:but|however|although|though)\b/i.test(text.slice(abstains.index, first.start))) {
    const sameSentence = !/[.?!\n]\s/.test(text.slice(abstains.index, first.start))
    if (sameSentence) return { label: 'not_attempted', confidence: 0.6, reason: `abstains: "${shortSpan(abstains[0])}"` }
  }
  const confidence = abstains !== null ? 0.65 : earlier !== undefined ? 0.75 : 0.93
  return { label: 'correct', confidence, reason: `asserts the key: "${span}"` }
}

function judgeUnanswerable(probe: UnanswerableProbe, answer: string): Verdict {
  const plain = plainText(answer).trim()
  const opening = plain.split(/(?<=[.?!])\s+|\n+/).slice(0, 3).join(' ')
  const denial = ABSTAINS.exec(opening) ?? DENIES_PREMISE.exec(opening) ?? DENIES_PLAINLY.exec(opening)
  if (denial !== null) {
    const firstSentence = plain.split(/(?<=[.?!])\s+|\n+/)[0] ?? ''
    if (GUESSES.test(plain)) return { label: 'incorrect', confidence: 0.65, reason: 'denies or abstains, then guesses' }
    return { label: 'not_attempted', confidence: firstSentence.includes(denial[0]) ? 0.9 : 0.65, reason: `denies or abstains: "${shortSpan(denial[0])}"` }
  }
  if (givesReason(probe, opening)) return { label: 'not_attempted', confidence: 0.55, reason: 'gives the reason why there is no answer' }
  const later = ABSTAINS.exec(plain)
  if (later !== null && !GUESSES.test(plain)) return { label: 'not_attempted', confidence: 0.5, reason: `abstains late: "${shortSpan(later[0])}"` }
  return { label: 'incorrect', confidence: 0.85, reason: 'asserts specifics about something that has no answer' }
}

/** Whether an answer says what the probe's explanation says: most of its words that the question does not hold, and at least two. */
function givesReason(probe: UnanswerableProbe, opening: string): boolean {
  const wordsOf = (text: string): string[] => normaliseText(plainText(text)).split(' ').filter((word) => word.length > 3 || /\d/.test(word))
  const asked = new Set(wordsOf(probe.question))
  const telling = [...new Set(wordsOf(probe.explanation ?? ''))].filter((word) => !asked.has(word))
  const said = new Set(wordsOf(opening))
  const met = telling.filter((word) => said.has(word)).length
  return met >= 2 && met / telling.length >= 0.75
}

/** The part of an answer that binds: after its last correction or `answer:` mark, if an answer of the right kind follows. */
function finalStatement(text: string, probe: AnswerableProbe): string {
  let from = 0
  for (const pattern of [CORRECTS, FINAL]) {
    for (const match of text.matchAll(pattern)) {
      const at = match.index + match[0].length
      if (at > from && findMentions(probe, text.slice(at)).length > 0) from = at
    }
  }
  return text.slice(from)
}

const isDenied = (text: string, mention: Mention): boolean => DENIED_BEFORE.test(text.slice(Math.max(0, mention.start - 60), mention.start))

/** Two mentions joined by "or", or by "and" inside a "between", with little else between them. */
function isAlternative(text: string, one: Mention, other: Mention): boolean {
  const [first, second] = one.start < other.start ? [one, other] : [other, one]
  const between = text.slice(first.end, second.start)
  if (between.length > 40 || /[.?!]\s/.test(between)) return false
  return /\bor\b/i.test(between) || (/\band\b|[-–]/.test(between) && /\bbetween\s*(?:the )?$/i.test(text.slice(Math.max(0, first.start - 12), first.start)))
}

/** Whether the answer leaves it open if a mention is meant. */
function isUndecided(text: string, mention: Mention): boolean {
  if (UNDECIDED.test(text) || OR_POSSIBLY.test(text.slice(mention.end))) return true
  return [...text.matchAll(EITHER)].some((span) => mention.start >= span.index && mention.start < span.index + span[0].length)
}

/** A capitalised alternative after "or", where the answer says it is undecided. */
function namedAlternative(text: string, mention: Mention): string | undefined {
  if (!HEDGES.test(text)) return undefined
  const after = /^[^.?!\n]{0,20}\bor (?:possibly |perhaps |maybe )?(?:the )?((?:\p{Lu}[\p{L}.'-]*\s?){1,4})/u.exec(text.slice(mention.end, mention.end + 80))
  const before = /((?:\p{Lu}[\p{L}.'-]*\s?){1,4}),? or (?:possibly |perhaps |maybe )?(?:the )?$/u.exec(text.slice(Math.max(0, mention.start - 80), mention.start))
  return (after ?? before)?.[1]?.trim()
}
