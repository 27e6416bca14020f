// Whole Messages bodies: a provider's own text with as little done to it as possible, or an answer of another wire written as
// the Message that @anthropic-ai/sdk 1.12 types. Pure.
import type { AnswerFacts, FinishReason, ModelAnswer } from '../../../../core/model-answer.ts'
import type { Usage } from '../../../../core/usage.ts'
import { textAt, type JsonObject } from '../../../providers/json.ts'
import { argumentsObject } from '../../../providers/turns.ts'
import { BlockSequence, eventsOf, type BlockOpening, type BlockWriter, type ReasoningEnd } from '../blocks.ts'
import { prefixedId } from '../ids.ts'
import { writeSeal } from '../seals.ts'
import type { AnswerContext } from '../surface.ts'
import { ThinkingBlocks, thinkingOfBody, type Thinking } from './thinking.ts'

/** The provider's own bytes, unless it left out which model answered. */
export function ownMessage(text: string, native: JsonObject, context: AnswerContext): string {
  return textAt(native, 'model') === undefined ? JSON.stringify({ ...native, model: context.model }) : text
}

export function translatedMessage(answer: ModelAnswer, facts: AnswerFacts, context: AnswerContext): string {
  const content = new ContentBlocks(thinkingOfBody(context.asked.native))
  const blocks = new BlockSequence(content)
  for (const event of eventsOf(answer)) blocks.take(event)
  blocks.flush()
  const refused = answer.parts.some((part) => part.kind === 'refusal')
  const called = answer.parts.some((part) => part.kind === 'tool_call')
  return JSON.stringify(messageObject(context, content.blocks, facts, stopOf(answer.finish ?? facts.finish, answer.stopSequence, refused, called)))
}

/** How a message ended, in Anthropic's members. */
export type Stop = { readonly stop_reason: string | null; readonly stop_sequence: string | null; readonly stop_details: JsonObject | null }

const STOP_REASONS: Readonly<Record<FinishReason, string>> = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use', content_filter: 'refusal', refusal: 'refusal', pause: 'pause_turn' }

/** A declined answer that its wire ended plainly is a refusal too; an ending nobody named is told by what the answer holds. */
export function stopOf(finish: FinishReason | undefined, stopSequence: string | undefined, refused: boolean, called: boolean): Stop {
  const known = finish ?? (called ? 'tool_calls' : 'stop')
  const reason = known === 'stop' && refused ? 'refusal' : known
  if (reason === 'stop' && stopSequence !== undefined) return { stop_reason: 'stop_sequence', stop_sequence: stopSequence, stop_details: null }
  const stop_reason = STOP_REASONS[reason]
  return { stop_reason, stop_sequence: null, stop_details: stop_reason === 'refusal' ? { type: 'refusal', category: null, explanation: null } : null }
}

/** A Message; `stop` with nulls while it is still being written. */
export function messageObject(context: AnswerContext, content: readonly JsonObject[], facts: AnswerFacts | undefined, stop: Stop): JsonObject {
  return {
    id: prefixedId('msg_', context.id),
    type: 'message',
    role: 'assistant',
    model: facts?.servedModel ?? context.model,
    content,
    ...stop,
    container: null,
    diagnostics: null,
    usage: {
      cache_creation: null,
      cache_creation_input_tokens: null,
      cache_read_input_tokens: null,
      inference_geo: null,
      server_tool_use: null,
      service_tier: tierOf(facts?.serviceTier),
      speed: null,
      ...messagesUsage(facts?.usage, context, facts === undefined),
    },
  }
}

function tierOf(served: string | undefined): string | null {
  if (served === 'default' || served === 'standard') return 'standard'
  return served === 'priority' || served === 'batch' ? served : null
}

/**
 * Usage in Anthropic's members, whose input leaves out what caches gave or took. Its types demand numbers for both sums: where
 * the provider told none, the input is our own estimate and the output 0, and `weighbridge_estimated` says so. `opening`: the
 * message has not been written yet, so that no output is no guess.
 */
export function messagesUsage(usage: Usage | undefined, context: AnswerContext, opening: boolean): JsonObject {
  const { inputTotal, outputTotal, cacheRead, cacheWrite, cacheWrite1h, reasoning } = usage ?? {}
  const isEstimate = inputTotal === undefined || (outputTotal === undefined && !opening)
  const creation = cacheWrite !== undefined && cacheWrite1h !== undefined ? { cache_creation: { ephemeral_5m_input_tokens: Math.max(0, cacheWrite - cacheWrite1h), ephemeral_1h_input_tokens: cacheWrite1h } } : {}
  return {
    input_tokens: inputTotal === undefined ? context.asked.inputTokens : Math.max(0, inputTotal - (cacheRead ?? 0) - (cacheWrite ?? 0)),
    ...(cacheRead === undefined ? {} : { cache_read_input_tokens: cacheRead }),
    ...(cacheWrite === undefined ? {} : { cache_creation_input_tokens: cacheWrite }),
    ...creation,
    output_tokens: outputTotal ?? 0,
    output_tokens_details: reasoning === undefined ? null : { thinking_tokens: reasoning },
    ...(isEstimate ? { weighbridge_estimated: true } : {}),
  }
}

/** The block a call's seal travels in: clients bring redacted thinking back beside the call after it. */
export function sealBlock(block: Extract<BlockOpening, { kind: 'tool_call' }>): JsonObject | undefined {
  return block.seal === undefined ? undefined : { type: 'redacted_thinking', data: writeSeal(block.seal, { callId: block.id }) }
}

/** Gathers whole content blocks. */
class ContentBlocks implements BlockWriter {
  readonly blocks: JsonObject[] = []
  readonly #thinking: ThinkingBlocks

  constructor(thinking: Thinking) {
    this.#thinking = new ThinkingBlocks(thinking)
  }

  open(block: BlockOpening): string {
    if (block.kind !== 'tool_call') return ''
    const seal = sealBlock(block)
    this.blocks.push(...this.#thinking.beforeCall(), ...(seal === undefined ? [] : [seal]))
    return ''
  }

  piece(): string {
    return ''
  }

  close(block: BlockOpening, text: string, end: ReasoningEnd): string {
    if (block.kind === 'tool_call') this.blocks.push({ type: 'tool_use', id: block.id, name: block.name, input: argumentsObject(text), caller: { type: 'direct' } })
    else if (block.kind !== 'reasoning') this.blocks.push({ type: 'text', text, citations: null })
    else this.#reasoning(text, end)
    return ''
  }

  #reasoning(text: string, end: ReasoningEnd): void {
    const block = this.#thinking.closed(text, end)
    if (block !== undefined) this.blocks.push(block)
  }
}
