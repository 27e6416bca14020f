// Whether an answer can be scored at all. Comes in: text and finish reason. Goes out: empty, refused, truncated or
// scored, with the rule that said so. "I do not know" is an answer, not a refusal; it must not be caught here.
import type { Grade, GradedAnswer } from './grade.ts'
import { plainText } from './text.ts'

/** Finish reasons that mean the answer was cut: OpenAI Chat and Responses, Anthropic, Gemini spellings. */
const CUT = new Set(['length', 'max_tokens', 'max_output_tokens', 'max_completion_tokens', 'model_length', 'incomplete'])
/** Finish reasons that mean the provider withheld the answer. */
const WITHHELD = new Set(['content_filter', 'refusal', 'safety', 'prohibited_content', 'blocklist', 'recitation', 'spii', 'sensitive', 'guardrail_intervened'])

/** A refusal on grounds of safety or policy is short; longer texts that mention policy are answers. */
const REFUSAL_MAX_CHARS = 500
const REFUSES = /\b(?:can ?not|will not|am unable to|am not able to|must decline|have to decline|decline to)\b(?: \w+){0,4}? ?(?:help|assist|comply|fulfil\w*|provide|continue|engage|support|respond|answer|discuss|do that)\b|\bmust decline\b|\b(?:i|must|to) decline\b/i
const BLANKET = /\b(?:with (?:that|this)(?: request)?|your request|this request|that request|comply|this conversation)\s*(?:[.,!;]|$)/i
const GROUNDS = /\b(?:polic(?:y|ies)|guidelines|harmful|unsafe|illegal|unethical|dangerous|safety (?:reasons|concerns)|not appropriate|inappropriate|violat\w+)\b/i

/** The status of one answer; an empty one that hit its length limit is truncated (its tokens went to reasoning). */
export function answerStatus(answer: GradedAnswer): { status: Grade['status']; reason: string } {
  const finish = answer.finishReason?.toLowerCase()
  if (finish !== undefined && CUT.has(finish)) return { status: 'truncated', reason: `finish reason ${finish}` }
  if (finish !== undefined && WITHHELD.has(finish)) return { status: 'refused', reason: `finish reason ${finish}` }
  const text = answer.text.trim()
  if (text === '') return { status: 'empty', reason: 'no text' }
  if (text.length <= REFUSAL_MAX_CHARS) {
    const plain = plainText(text)
    if (REFUSES.test(plain) && (BLANKET.test(plain) || GROUNDS.test(plain))) return { status: 'refused', reason: 'declines on safety or policy grounds' }
  }
  return { status: 'scored', reason: '' }
}
