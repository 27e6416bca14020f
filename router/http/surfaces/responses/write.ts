// Whole Responses bodies: a provider's own text with as little done to it as possible, or an answer of another wire written as
// the complete Response object that openai-node 7.57 types. Pure.
import type { AnswerFacts, FinishReason, ModelAnswer } from '../../../../core/model-answer.ts'
import type { Usage } from '../../../../core/usage.ts'
import { listAt, textAt, type JsonObject } from '../../../providers/json.ts'
import { BlockSequence, eventsOf } from '../blocks.ts'
import { responseId } from '../ids.ts'
import type { AnswerContext } from '../surface.ts'
import { ResponseOutput } from './output.ts'
import { keepAnswer } from './references.ts'

/** The provider's own bytes, unless it left out which model answered. */
export function ownResponse(text: string, native: JsonObject, context: AnswerContext): string {
  return textAt(native, 'model') === undefined ? JSON.stringify({ ...native, model: context.model }) : text
}

export function translatedResponse(answer: ModelAnswer, facts: AnswerFacts, context: AnswerContext): string {
  const output = new ResponseOutput(context.id)
  const blocks = new BlockSequence(output)
  for (const event of eventsOf(answer)) blocks.take(event)
  blocks.flush()
  keepAnswer(context, responseId(context.id), output.items)
  return JSON.stringify(responseObject(context, ending(answer.finish ?? facts.finish, output.items), output.items, facts))
}

/** How a response stands: its status, and why it is not complete. */
export type Ending = { readonly status: 'in_progress' | 'completed' | 'incomplete' | 'failed'; readonly reason: 'max_output_tokens' | 'content_filter' | undefined; readonly error: JsonObject | undefined }

/**
 * The ending for a finish reason. A refusal that its items tell is a complete answer there, as is a pause; one that nothing tells
 * would pass for an answer, so it is not complete.
 */
export function ending(finish: FinishReason | undefined, items: readonly JsonObject[]): Ending {
  if (finish === 'length') return { status: 'incomplete', reason: 'max_output_tokens', error: undefined }
  if (finish === 'content_filter' || (finish === 'refusal' && !tellsRefusal(items))) return { status: 'incomplete', reason: 'content_filter', error: undefined }
  return { status: 'completed', reason: undefined, error: undefined }
}

function tellsRefusal(items: readonly JsonObject[]): boolean {
  return items.some((item) => listAt(item, 'content').some((part) => textAt(part, 'type') === 'refusal'))
}

/** A Response object; settings are the client's own, `null` where it gave none. It is not stored, though the router remembers it for a while. */
export function responseObject(context: AnswerContext, end: Ending, output: readonly JsonObject[], facts: AnswerFacts | undefined): JsonObject {
  const asked = context.asked.native
  const usage = responsesUsage(facts?.usage)
  return {
    id: responseId(context.id),
    object: 'response',
    created_at: context.createdS,
    status: end.status,
    background: false,
    completed_at: end.status === 'completed' ? context.createdS : null,
    error: end.error ?? null,
    incomplete_details: end.reason === undefined ? null : { reason: end.reason },
    instructions: asked['instructions'] ?? null,
    max_output_tokens: asked['max_output_tokens'] ?? null,
    max_tool_calls: asked['max_tool_calls'] ?? null,
    metadata: asked['metadata'] ?? {},
    model: facts?.servedModel ?? context.model,
    output,
    parallel_tool_calls: asked['parallel_tool_calls'] ?? true,
    previous_response_id: null,
    prompt_cache_key: asked['prompt_cache_key'] ?? null,
    access_programs: null,
    reasoning: { effort: null, summary: null, ...(typeof asked['reasoning'] === 'object' ? asked['reasoning'] : {}) },
    safety_identifier: asked['safety_identifier'] ?? null,
    service_tier: facts?.serviceTier ?? null,
    store: false,
    temperature: asked['temperature'] ?? null,
    text: { format: { type: 'text' }, ...(typeof asked['text'] === 'object' ? asked['text'] : {}) },
    tool_choice: asked['tool_choice'] ?? 'auto',
    tools: asked['tools'] ?? [],
    top_logprobs: asked['top_logprobs'] ?? null,
    top_p: asked['top_p'] ?? null,
    truncation: asked['truncation'] ?? 'disabled',
    ...(usage === undefined ? {} : { usage }),
    ...(asked['user'] === undefined ? {} : { user: asked['user'] }),
  }
}

/** Usage in the Responses API's members; `undefined` where a sum is unknown. Its types demand a number for each detail, so an unknown one is 0 here and only here. */
export function responsesUsage(usage: Usage | undefined): JsonObject | undefined {
  if (usage?.inputTotal === undefined || usage.outputTotal === undefined) return undefined
  return {
    input_tokens: usage.inputTotal,
    input_tokens_details: { cached_tokens: usage.cacheRead ?? 0, cache_write_tokens: usage.cacheWrite ?? 0 },
    output_tokens: usage.outputTotal,
    output_tokens_details: { reasoning_tokens: usage.reasoning ?? 0 },
    total_tokens: usage.inputTotal + usage.outputTotal,
  }
}
