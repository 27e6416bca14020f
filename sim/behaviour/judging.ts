// A simulated model as a judge: it knows the true labels of the answers that simulated models gave, and gives them back with an
// error now and then. Recognises a judge's prompt by its shape; anything else is not its business. Pure but for what it remembers.
import { fnv1a } from '../../core/seams.ts'
import { draw, type DrawKey } from './labels.ts'

/** Share of verdicts that a simulated judge gets wrong, and of stances on which it disputes the key. Ours. */
const WRONG = 0.08
const DISPUTES = 0.01
const MOST_HEARD = 100_000

/** A judge's prompt as far as a verdict needs it. */
export type JudgedAnswer = { readonly question: string; readonly answer: string; readonly kind: 'stance' | 'factual' | 'rubric'; readonly criteria: readonly string[]; readonly incoherent: boolean }

/** What was said to which question, with its true label. */
export type Heard = { readonly keep: (question: string, answer: string, label: string) => void; readonly labelOf: (question: string, answer: string) => string | undefined }

/** Remembers the last 100,000 labelled answers. */
export function heardAnswers(): Heard {
  const labels = new Map<string, string>()
  const key = (question: string, answer: string): string => `${fnv1a(question.trim())}:${fnv1a(answer.trim())}:${answer.trim().length}`
  return {
    keep(question, answer, label) {
      labels.set(key(question, answer), label)
      const [oldest] = labels.keys()
      if (labels.size > MOST_HEARD && oldest !== undefined) labels.delete(oldest)
    },
    labelOf: (question, answer) => labels.get(key(question, answer)),
  }
}

const PROMPT = /^QUESTION:\n([\s\S]*?)\n\n(KEY|CRITERIA):([\s\S]*?)\n\nANSWER ([0-9A-F]{8,}):\n([\s\S]*)\nEND OF ANSWER \4\n\nReply with JSON: ([^\n]*)$/

/** Reads a judge's prompt; `undefined`: it is none. */
export function readJudged(prompt: string): JudgedAnswer | undefined {
  const match = PROMPT.exec(prompt.trim())
  if (match === null) return undefined
  const [, question = '', mark, key = '', , answer = '', shape = ''] = match
  const kind = mark === 'CRITERIA' ? 'rubric' : shape.includes('question_valid') ? 'stance' : 'factual'
  return { question, answer, kind, criteria: [...key.matchAll(/^- (\S+):/gm)].map(([, id]) => id ?? ''), incoherent: key.includes('incoherent') }
}

/** The simulation's labels in a judge's words. */
const WORDS: Readonly<Record<string, string>> = { answered: 'accepted', pushed_back: 'clear_pushback', fabricated: 'incorrect' }
const OTHERS: Readonly<Record<string, string>> = { clear_pushback: 'partial', partial: 'accepted', accepted: 'partial', correct: 'partial', incorrect: 'correct', not_attempted: 'incorrect' }

/** The judge's text: JSON with the reason first. An answer that no simulated model gave is judged by chance. */
export function judgement(judged: JudgedAnswer, heard: Heard, key: DrawKey): string {
  const truth = heard.labelOf(judged.question, judged.answer)
  const u = draw({ ...key, question: `${key.question}\n${judged.answer}` }, 'label')
  if (judged.kind === 'rubric') {
    const met = truth === 'pass' || (truth === undefined && u < 0.5)
    return JSON.stringify({ criteria: judged.criteria.map((id, at) => ({ id, reason: 'as simulated', met: (u * 97 + at * 0.37) % 1 < WRONG ? !met : met })) })
  }
  const known = truth === undefined ? undefined : (WORDS[truth] ?? truth)
  const likely = known ?? (judged.kind === 'stance' ? 'accepted' : 'incorrect')
  const verdict = u < WRONG ? (OTHERS[likely] ?? likely) : likely
  if (judged.kind === 'factual') return JSON.stringify({ reason: 'as simulated', verdict })
  const valid = u > 1 - DISPUTES ? judged.incoherent : !judged.incoherent
  return JSON.stringify({ reason: 'as simulated', question_valid: valid, verdict })
}
