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
  { column: 'provider', read: word, from: [GEN_AI.providerName, 'gen_ai.system', 'llm.provider', 'llm.system', 'ai.model.provider', 'az.namespace'] },
  { column: 'target', read: word, from: [WB.target] },
  { column: 'model', read: word, from: [GEN_AI.requestModel, 'llm.model_name', 'embedding.model_name', 'ai.model.id'] },
  { column: 'effort', read: word, from: [WB.effort, 'openai.request.reasoning_effort'] },
  { column: 'model_requested', read: word, from: [WB.modelRequested] },
  { column: 'surface', read: word, from: [WB.surface] },
  { column: 'attempt', read: integer(255), from: [WB.attempt] },
  { column: 'attempts', read: integer(255), from: [WB.attempts] },
  { column: 'error_code', read: word, from: [WB.errorCode] },
  { column: 'http_status', read: integer(65_535), from: [GEN_AI.httpStatus, 'http.status_code'] },
  { column: 'finish_reason', read: firstText, from: [GEN_AI.finishReasons, 'gen_ai.response.finish_reason', 'llm.finish_reason', 'ai.response.finishReason', 'gen_ai.completion.0.finish_reason'] },
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
  { column: 'ttft_ms', read: milliseconds, from: [GEN_AI.timeToFirstChunk, 'gen_ai.client.operation.time_to_first_chunk', 'gen_ai.server.time_to_first_token'] },
  { column: 'ttft_ms', read: float, from: ['ai.response.msToFirstChunk'] },
  { column: 'route_version', read: integer(4_294_967_295), from: [WB.routeVersion] },
  { column: 'propensity', read: share, from: [WB.propensity] },
  { column: 'reason', read: choice(REASONS), from: [WB.reason] },
  { column: 'decision', read: text, from: [WB.decision] },
  { column: 'session_id', read: text, from: [WB.sessionId, GEN_AI.conversationId, 'session.id', 'traceloop.association.properties.session_id', 'ai.telemetry.metadata.sessionId', 'langfuse.session.id'] },
  { column: 'user_id', read: text, from: [GEN_AI.userId, 'enduser.id', 'traceloop.association.properties.user_id', 'ai.telemetry.metadata.userId', 'langfuse.user.id'] },
  { column: 'key_id', read: word, from: [WB.keyId] },
  { column: 'tags', read: tags, from: [WB.tags] },
  { column: 'purpose', read: choice(PURPOSES), from: [WB.purpose] },
  { column: 'prompt_fingerprint', read: text, from: [WB.promptFingerprint] },
]

/** Columns of call and attempt spans only: an agent's span repeats the usage of its children, and would be counted twice. */
export const USAGE_SOURCES: readonly ColumnSource[] = [
  { column: 'input_tokens', read: count, from: [GEN_AI.inputTokens, 'gen_ai.usage.prompt_tokens', 'llm.usage.prompt_tokens', 'llm.token_count.prompt', 'ai.usage.inputTokens', 'ai.usage.promptTokens', 'ai.usage.tokens'] },
  { column: 'output_tokens', read: count, from: [GEN_AI.outputTokens, 'gen_ai.usage.completion_tokens', 'llm.usage.completion_tokens', 'llm.token_count.completion', 'ai.usage.outputTokens', 'ai.usage.completionTokens'] },
  { column: 'cache_read_tokens', read: count, from: [GEN_AI.cacheReadTokens, 'gen_ai.usage.cache_read_input_tokens', 'llm.token_count.prompt_details.cache_read', 'ai.usage.cachedInputTokens', 'ai.usage.inputTokenDetails.cacheReadTokens'] },
  { column: 'cache_write_tokens', read: count, from: [GEN_AI.cacheWriteTokens, 'gen_ai.usage.cache_creation_input_tokens', 'llm.token_count.prompt_details.cache_write', 'ai.usage.inputTokenDetails.cacheWriteTokens'] },
  { column: 'reasoning_tokens', read: count, from: [GEN_AI.reasoningTokens, 'gen_ai.usage.reasoning_tokens', 'llm.token_count.completion_details.reasoning', 'ai.usage.reasoningTokens', 'ai.usage.outputTokenDetails.reasoningTokens'] },
]

/** Columns of attempt spans only: cost lives where it was paid. */
export const COST_SOURCES_OF_ATTEMPTS: readonly ColumnSource[] = [
  { column: 'cost_usd', read: dollars, from: [WB.costUsd, 'gen_ai.usage.cost', 'gen_ai.usage.total_cost', 'llm.cost.total', 'operation.cost'] },
  { column: 'cost_source', read: choice(COST_SOURCES), from: [WB.costSource] },
  { column: 'cache_saved_usd', read: difference, from: [WB.cacheSavedUsd] },
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
  // The Vercel AI SDK wraps each exchange in a span for the whole operation; only the inner one is the exchange.
  { attribute: 'ai.operationId', values: ['ai.generateText.doGenerate', 'ai.streamText.doStream', 'ai.generateObject.doGenerate', 'ai.streamObject.doStream', 'ai.embed.doEmbed', 'ai.embedMany.doEmbed'] },
]

/** Libraries (by scope) that wrap exchanges in INTERNAL spans with the mark of an exchange and nothing that an answer brings: Vercel AI SDK 7. */
export const WRAPPING_SCOPES: ReadonlySet<string> = new Set(['ai'])

/** How an exchange says that it asked for vectors: those have no output tokens, and none are missing. */
export const EMBEDDING_MARKS: readonly { readonly attribute: string; readonly values: readonly string[] }[] = [
  { attribute: GEN_AI.operationName, values: ['embeddings'] },
  { attribute: 'llm.request.type', values: ['embedding'] },
  { attribute: 'openinference.span.kind', values: ['EMBEDDING'] },
  { attribute: 'ai.operationId', values: ['ai.embed.doEmbed', 'ai.embedMany.doEmbed'] },
]

/**
 * Attributes in which libraries put what was said: prompts, answers, tools and their arguments, documents, vectors, request headers.
 * Text belongs into `content`, where it is kept at all (capture.foreign), and never onto a span that every reader sees. `said: answer`
 * where a model or a tool said it.
 */
export const CONTENT_ATTRIBUTES: readonly { readonly name: string; readonly isPrefix: boolean; readonly said: 'prompt' | 'answer' }[] = [
  ...['gen_ai.input.messages', 'gen_ai.system_instructions', 'gen_ai.tool.definitions', 'gen_ai.prompt', 'input.value', 'ai.prompt', 'ai.schema', 'ai.value', 'ai.values', 'llm.prompts', 'llm.prompt_template.template', 'llm.invocation_parameters', 'traceloop.entity.input', 'gen_ai.retrieval.query.text', 'gen_ai.event.content'].map((name) => ({ name, isPrefix: false, said: 'prompt' as const })),
  ...['gen_ai.prompt.', 'llm.input_messages.', 'llm.prompts.', 'llm.tools.', 'llm.prompt_template.', 'ai.prompt.', 'ai.request.', 'embedding.', 'retrieval.documents.', 'reranker.', 'llm.request.functions.'].map((name) => ({ name, isPrefix: true, said: 'prompt' as const })),
  ...['gen_ai.output.messages', 'gen_ai.completion', 'gen_ai.tool.args', 'gen_ai.tool.call.arguments', 'gen_ai.tool.call.result', 'output.value', 'ai.response.text', 'ai.response.object', 'ai.response.toolCalls', 'ai.response.reasoning', 'ai.response.files', 'ai.toolCall.args', 'ai.toolCall.result', 'ai.embedding', 'ai.embeddings', 'llm.completions', 'traceloop.entity.output', 'gen_ai.retrieval.documents'].map((name) => ({ name, isPrefix: false, said: 'answer' as const })),
  ...['gen_ai.completion.', 'llm.output_messages.', 'llm.completions.', 'llm.function_call'].map((name) => ({ name, isPrefix: true, said: 'answer' as const })),
]
