// What people do with an answer: ask again, correct it and go on, take it as it is and go on, or nothing. Pure: the call and its
// answer in, the next call of the same conversation out. It gives the demo the follow-ups that signals are made of.
import type { Random } from '../core/seams.ts'
import type { TrafficRequest } from './traffic-mix.ts'

/** Shares of answers that are asked for again, corrected, or simply gone on from; the rest is left. Together at most 1. */
export type Habits = { readonly regenerate: number; readonly edit: number; readonly goOn: number }

export type FollowUp = { readonly kind: keyof Habits; readonly request: TrafficRequest; /** Milliseconds a person takes before. */ readonly afterMs: number }

/** Nobody reads and clicks faster than this; slower ones are spread over the rest. */
const LEAST_MS = 700
const SPREAD_MS = 2_500

const NEXT_QUESTIONS = [
  'Thanks. Can you say that in one sentence?',
  'And what would change if this were twice as much?',
  'Good. What should I look out for next?',
  'Please add a short example.',
  'Who would I ask about the details?',
  'Now the same for the other case, please.',
] as const

/** `undefined`: it is left at that. `answer`: the text as the client got it, not empty. */
export function followUp(request: TrafficRequest, answer: string, habits: Habits, random: Random): FollowUp | undefined {
  const point = random.next()
  const afterMs = LEAST_MS + random.next() * SPREAD_MS
  if (point < habits.regenerate) return { kind: 'regenerate', request, afterMs }
  const kind = point < habits.regenerate + habits.edit ? 'edit' : point < habits.regenerate + habits.edit + habits.goOn ? 'goOn' : undefined
  const { messages } = request.body
  if (kind === undefined || !Array.isArray(messages)) return undefined
  const said = kind === 'edit' ? corrected(answer, random) : answer
  // Nobody asks the same thing twice in one conversation.
  const asked = JSON.stringify(messages)
  const left = NEXT_QUESTIONS.filter((text) => !asked.includes(text))
  const question = left[Math.floor(random.next() * left.length)] ?? NEXT_QUESTIONS[0]
  return { kind, afterMs, request: { ...request, body: { ...request.body, messages: [...messages, { role: 'assistant', content: said }, { role: 'user', content: question }] } } }
}

/** The answer with about a seventh of its words put right; a short one gets a remark. */
function corrected(answer: string, random: Random): string {
  const words = answer.split(' ')
  if (words.length < 8) return `${answer} (corrected by hand)`
  return words.map((word) => (random.next() < 1 / 7 ? `[${word.length > 3 ? 'corrected' : 'not'}]` : word)).join(' ')
}

/** The text of an answer to a chat call, whole or streamed; '' where there is none. */
export function answerText(body: string, stream: boolean): string {
  const contents = stream ? body.split('\n').flatMap((line) => (line.startsWith('data: {') ? [contentOf(line.slice(6), 'delta')] : [])) : [contentOf(body, 'message')]
  return contents.join('')
}

function contentOf(json: string, member: 'delta' | 'message'): string {
  try {
    // What the simulator and the router write; anything else has no content.
    const value = JSON.parse(json) as { choices?: { delta?: { content?: unknown }; message?: { content?: unknown } }[] }
    const content = value.choices?.[0]?.[member]?.content
    return typeof content === 'string' ? content : ''
  } catch {
    return ''
  }
}
