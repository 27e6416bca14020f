// Which attribute fills which column, over the dialects that libraries speak: the first name that holds a usable value wins.
// A new dialect is a name in a row of these tables; nothing else changes. Names are public facts of each project:
// OpenTelemetry GenAI (1.41 and before 1.27), OpenLLMetry, OpenInference, OpenLIT, Vercel AI SDK.
import { COST_SOURCES, GEN_AI, PURPOSES, REASONS, TASK_SOURCES, WB } from '../../core/attributes.ts'
import type { SPAN_COLUMNS } from '../../core/tables.ts'
import { bool, choice, difference, dollars, firstText, float, integer, milliseconds, share, tags, text, word } from './values.ts'
import type { Reader } from './values.ts'

export type SpanColumn = keyof typeof SPAN_COLUMNS
export type ColumnSource = { readonly column: SpanColumn; readonly read: Reader; readonly from: readonly string[] }

const count = integer(Number.MAX_SAFE_INTEGER)

/** Columns of any span. */
export const SPAN_SOURCES: readonly ColumnSource[] = [
  { column: 'task', read: word, from: [WB.task] },
  { column: 'task_source', read: choice(TASK_SOURCES), from: [WB.taskSource] },
  { column: 'provider', read: word, from: [GEN_AI.providerName, 'gen_ai.system', 'llm.provider', 'llm.system', 'ai.model.provider'] },
  { column: 'target', read: word, from: [WB.target] },
  { column: 'model', read: word, from: [GEN_AI.requestModel, 'llm.model_name', 'ai.model.id'] },
  { column: 'effort', read: word, from: [WB.effort, 'openai.request.reasoning_effort'] },
  { column: 'model_requested', read: word, from: [WB.modelRequested] },
  { column: 'surface', read: word, from: [WB.surface] },
  { column: 'attempt', read: integer(255), from: [WB.attempt] },
  { column: 'attempts', read: integer(255), from: [WB.attempts] },
  { column: 'error_code', read: word, from: [WB.errorCode] },
  { column: 'http_status', read: integer(65_535), from: [GEN_AI.httpStatus, 'http.status_code'] },
  { column: 'finish_reason', read: firstText, from: [GEN_AI.finishReasons, 'gen_ai.response.finish_reason', 'ai.response.finishReason'] },
  { column: 'stream', read: bool, from: [GEN_AI.requestStream, 'llm.is_streaming', 'gen_ai.request.is_stream'] },
  { column: 'response_id', read: text, from: [GEN_AI.responseId, 'ai.response.id'] },
  { column: 'request_id', read: text, from: [WB.requestId] },
  { column: 'served_model', read: word, from: [GEN_AI.responseModel, 'ai.response.model'] },
  { column: 'system_fingerprint', read: word, from: [GEN_AI.systemFingerprint, 'gen_ai.openai.response.system_fingerprint'] },
  { column: 'service_tier', read: word, from: [GEN_AI.serviceTier, 'gen_ai.openai.response.service_tier'] },
  { column: 'price_version', read: word, from: [WB.priceVersion] },
  { column: 'call_cost_usd', read: dollars, from: [WB.callCostUsd] },
  { column: 'call_wasted_usd', read: dollars, from: [WB.callWastedUsd] },
  { column: 'ttft_ms', read: float, from: [WB.ttftMs] },
  { column: 'ttft_ms', read: milliseconds, from: [GEN_AI.timeToFirstChunk] },
  { column: 'route_version', read: integer(4_294_967_295), from: [WB.routeVersion] },
  { column: 'propensity', read: share, from: [WB.propensity] },
  { column: 'reason', read: choice(REASONS), from: [WB.reason] },
  { column: 'decision', read: text, from: [WB.decision] },
  { column: 'session_id', read: text, from: [WB.sessionId, GEN_AI.conversationId, 'session.id'] },
  { column: 'user_id', read: text, from: [GEN_AI.userId, 'enduser.id'] },
  { column: 'key_id', read: word, from: [WB.keyId] },
  { column: 'tags', read: tags, from: [WB.tags] },
  { column: 'purpose', read: choice(PURPOSES), from: [WB.purpose] },
  { column: 'prompt_fingerprint', read: text, from: [WB.promptFingerprint] },
]

/** Columns of call and attempt spans only: an agent's span repeats the usage of its children, and would be counted twice. */
export const USAGE_SOURCES: readonly ColumnSource[] = [
  { column: 'input_tokens', read: count, from: [GEN_AI.inputTokens, 'gen_ai.usage.prompt_tokens', 'llm.usage.prompt_tokens', 'llm.token_count.prompt', 'ai.usage.inputTokens', 'ai.usage.promptTokens'] },
  { column: 'output_tokens', read: count, from: [GEN_AI.outputTokens, 'gen_ai.usage.completion_tokens', 'llm.usage.completion_tokens', 'llm.token_count.completion', 'ai.usage.outputTokens', 'ai.usage.completionTokens'] },
  { column: 'cache_read_tokens', read: count, from: [GEN_AI.cacheReadTokens, 'gen_ai.usage.cache_read_input_tokens', 'llm.token_count.prompt_details.cache_read', 'ai.usage.cachedInputTokens'] },
  { column: 'cache_write_tokens', read: count, from: [GEN_AI.cacheWriteTokens, 'gen_ai.usage.cache_creation_input_tokens', 'llm.token_count.prompt_details.cache_write'] },
  { column: 'reasoning_tokens', read: count, from: [GEN_AI.reasoningTokens, 'gen_ai.usage.reasoning_tokens', 'llm.token_count.completion_details.reasoning', 'ai.usage.reasoningTokens'] },
]

/** Columns of attempt spans only: cost lives where it was paid. */
export const COST_SOURCES_OF_ATTEMPTS: readonly ColumnSource[] = [
  { column: 'cost_usd', read: dollars, from: [WB.costUsd, 'gen_ai.usage.cost', 'llm.cost.total', 'operation.cost'] },
  { column: 'cost_source', read: choice(COST_SOURCES), from: [WB.costSource] },
]

/** Columns of corrections: differences in dollars, of either sign, and the source that they replace. */
export const COST_SOURCES_OF_CORRECTIONS: readonly ColumnSource[] = [
  { column: 'cost_usd', read: difference, from: [WB.costUsd] },
  { column: 'call_cost_usd', read: difference, from: [WB.callCostUsd] },
  { column: 'call_wasted_usd', read: difference, from: [WB.callWastedUsd] },
  { column: 'cost_source', read: choice(COST_SOURCES), from: [WB.costSource] },
]

/** How a span that is not ours says that it is one exchange with a model. */
export const INFERENCE_MARKS: readonly { readonly attribute: string; readonly values: readonly string[] }[] = [
  { attribute: GEN_AI.operationName, values: ['chat', 'text_completion', 'generate_content', 'embeddings'] },
  { attribute: 'llm.request.type', values: ['chat', 'completion', 'embedding'] },
  { attribute: 'openinference.span.kind', values: ['LLM', 'EMBEDDING'] },
  { attribute: 'ai.operationId', values: ['ai.generateText.doGenerate', 'ai.streamText.doStream', 'ai.generateObject.doGenerate', 'ai.streamObject.doStream', 'ai.embed.doEmbed'] },
]
