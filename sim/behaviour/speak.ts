// What a simulated model says to a request: thinking, then tool calls, a text of the wanted form, or prose; cut at the limit
// or at a stop sequence. Pure but for the randomness that is handed in.
import { fnv1a, type Random } from '../../core/seams.ts'
import type { Wire } from '../../core/model-request.ts'
import type { Bank } from '../bank.ts'
import type { ModelProfile } from '../profiles.ts'
import type { Asked, SaidChoice, SaidPart } from '../surfaces/surface.ts'
import { answerTo, type Recognised } from './answer.ts'
import { lengthen } from './prose.ts'
import { valueFor } from './schema-value.ts'
import { sealFor } from './seals.ts'
import { reasoningTokens } from './timing.ts'
import { firstTokens, tokensOf } from './tokens.ts'
import { wantedCalls } from './tool-calls.ts'

/** What the words of an answer depend on. */
export type Occasion = {
  readonly asked: Asked
  readonly profile: ModelProfile
  readonly wire: Wire
  readonly recognised: Recognised
  /** A text to say whatever was asked. */
  readonly scripted: string | undefined
  readonly bank: Bank
  readonly seed: number | string
  readonly epoch: string
  readonly inputTokens: number
  readonly random: Random
  readonly newCallId: () => string
}

/** An answer with the tokens it took and, where the question is known, the label it earns. */
export type Spoken = { readonly choices: readonly [SaidChoice, ...SaidChoice[]]; readonly output: number; readonly reasoning: number; readonly questionId: string | undefined; readonly label: string | undefined }

/** Longest thinking that is put into words; the rest counts all the same, as summaries of real models do. */
const MOST_THINKING_TOKENS = 120

/** Speaks. */
export function speak(occasion: Occasion): Spoken {
  const { asked } = occasion
  const first = contentOf(occasion, 0)
  const thought = thinkingTokens(occasion)
  const reasoning = Math.min(asked.maxTokens ?? Infinity, thought)
  const left = (asked.maxTokens ?? Infinity) - reasoning
  const thinking = reasoning > 0 ? [thinkingPart(occasion, reasoning)] : []
  const choices = Array.from({ length: asked.choices }, (_, index) => choiceOf(index === 0 ? first.parts : contentOf(occasion, index).parts, asked, left, thinking))
  const [head = choiceOf(first.parts, asked, left, thinking), ...others] = choices
  const said = [head, ...others].reduce((sum, choice) => sum + choice.parts.reduce((tokens, part) => tokens + spokenTokens(part), 0), 0)
  return { choices: [head, ...others], output: said + reasoning, reasoning, questionId: first.questionId, label: first.label }
}

type Content = { readonly parts: SaidPart[]; readonly questionId: string | undefined; readonly label: string | undefined }

function contentOf(occasion: Occasion, index: number): Content {
  const { asked, profile, recognised, scripted } = occasion
  const unlabelled = { questionId: undefined, label: undefined }
  if (scripted !== undefined) return { parts: [{ kind: 'text', text: scripted }], ...unlabelled }
  const calls = wantedCalls(asked)
  if (calls.length > 0) {
    const parts = calls.map(({ name, argumentsJson }, i): SaidPart => ({ kind: 'tool', id: occasion.newCallId(), name, argumentsJson, seal: i === 0 && occasion.wire === 'gemini' ? sealFor(occasion.wire, profile.provider, name + argumentsJson) : undefined }))
    return { parts, ...unlabelled }
  }
  if (asked.toolResults.length > 0) return { parts: [{ kind: 'text', text: `The tools answered: ${asked.toolResults.map((result) => result.slice(0, 400)).join(' | ')}` }], ...unlabelled }
  const knowsForm = recognised.kind === 'probe' && recognised.probe.grader?.type === 'json_schema'
  if (asked.schema !== undefined && !knowsForm) return { parts: [{ kind: 'text', text: JSON.stringify(valueFor(asked.schema, `${occasion.seed}\n${profile.name}\n${asked.question}\n${occasion.epoch}\n${index}`) ?? null) }], ...unlabelled }
  const question = recognised.kind === 'probe' ? recognised.probe.id : recognised.kind === 'traffic' ? recognised.row.id : String(fnv1a(asked.question))
  const epoch = index === 0 ? occasion.epoch : `${occasion.epoch}/${index}`
  const { text, questionId, label } = answerTo(recognised, profile, occasion.bank, { seed: occasion.seed, model: profile.name, effort: asked.effort, question, epoch }, occasion.inputTokens, asked.schema !== undefined)
  return { parts: [{ kind: 'text', text }], questionId, label }
}

function thinkingTokens({ asked, profile, random }: Occasion): number {
  const drawn = random.next()
  if (asked.thinking === 'off' || profile.thinks === 'never') return 0
  const tokens = reasoningTokens(asked.effort ?? (profile.thinks === 'always' ? 'medium' : undefined), drawn)
  return Math.min(tokens, asked.thinkingBudget ?? Infinity)
}

function thinkingPart({ asked, profile, wire }: Occasion, tokens: number): SaidPart {
  const text = firstTokens(lengthen(`The question is: ${asked.question.trim().slice(0, 120)}`, Math.min(tokens, MOST_THINKING_TOKENS), (fnv1a(asked.question) % 1_000) / 1_000), Math.min(tokens, MOST_THINKING_TOKENS))
  return { kind: 'thinking', text, seal: sealFor(wire, profile.provider, text), shown: asked.thinking === 'shown' }
}

/** Cuts an answer at the first stop sequence and at the limit, and says why it ended. */
function choiceOf(parts: readonly SaidPart[], asked: Asked, limit: number, thinking: readonly SaidPart[]): SaidChoice {
  let left = limit
  let cut = false
  let stopSequence: string | undefined
  const kept: SaidPart[] = []
  for (const part of parts) {
    if (cut || stopSequence !== undefined) break
    let shown = part
    if (part.kind === 'text') {
      const stop = firstStop(part.text, asked.stop)
      stopSequence = stop?.sequence
      const text = stop === undefined ? part.text : part.text.slice(0, stop.at)
      shown = { ...part, text: left === Infinity ? text : firstTokens(text, left) }
      cut = shown.text.length < text.length
    } else if (part.kind === 'tool' && spokenTokens(part) > left) {
      shown = { ...part, argumentsJson: firstTokens(part.argumentsJson, left) }
      cut = true
    }
    left -= spokenTokens(shown)
    kept.push(shown)
  }
  const called = kept.some(({ kind }) => kind === 'tool')
  return { parts: [...thinking, ...kept], finish: cut ? 'length' : called ? 'tool_calls' : 'stop', stopSequence: cut ? undefined : stopSequence }
}

function firstStop(text: string, stops: readonly string[]): { at: number; sequence: string } | undefined {
  const found = stops.flatMap((sequence) => (sequence !== '' && text.includes(sequence) ? [{ at: text.indexOf(sequence), sequence }] : []))
  return found.toSorted((a, b) => a.at - b.at)[0]
}

function spokenTokens(part: SaidPart): number {
  if (part.kind === 'thinking') return 0
  return part.kind === 'tool' ? tokensOf(part.name + part.argumentsJson) : tokensOf(part.text)
}
