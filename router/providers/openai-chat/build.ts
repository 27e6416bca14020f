// A call → one POST {base}/chat/completions. Same wire on both sides, so unknown fields pass through as they came.
import type { Target } from '../../../core/config.ts'
import type { OutgoingCall, ProviderRequest } from '../adapter.ts'
import { isObject, objectAt, type JsonObject } from '../json.ts'

/**
 * Hosts whose reasoning models refuse `max_tokens`: OpenAI's SDK calls it deprecated in favour of `max_completion_tokens` and
 * not compatible with them (openai 7.57, `ChatCompletionCreateParams`). Other servers often know only the old name.
 */
const NAMES_MAX_COMPLETION_TOKENS: ReadonlySet<string> = new Set(['api.openai.com'])

/**
 * The provider's request: the client's body with the target's model and effort, and with usage always asked for in streams
 * (it is what the cost is computed from; execute/ strips it again when the client did not ask).
 */
export function buildChatRequest(call: OutgoingCall, target: Target): ProviderRequest {
  const body: JsonObject = { ...call.body, model: target.model }
  if (call.effort !== undefined) body['reasoning_effort'] = call.effort
  if (call.stream) {
    body['stream'] = true
    body['stream_options'] = { ...objectAt(call.body, 'stream_options'), include_usage: true }
  } else {
    delete body['stream_options']
  }
  if (NAMES_MAX_COMPLETION_TOKENS.has(new URL(target.provider.baseUrl).hostname) && body['max_tokens'] !== undefined) {
    body['max_completion_tokens'] ??= body['max_tokens']
    delete body['max_tokens']
  }
  if (isObject(body['metadata']) && Object.keys(body['metadata']).length === 0) delete body['metadata']
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: call.stream ? 'text/event-stream' : 'application/json',
    'user-agent': 'weighbridge',
    ...target.provider.headers,
  }
  if (target.provider.apiKey !== undefined) headers['authorization'] ??= `Bearer ${target.provider.apiKey}`
  return { method: 'POST', path: '/chat/completions', headers, body: JSON.stringify(body) }
}
