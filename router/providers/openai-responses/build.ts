// A call → one POST {base}/responses. From Responses' own clients the body goes as it came; from other surfaces it is written out of
// the common form, stateless: nothing stored, and the reasoning encrypted so that it can come back.
import type { Dialect, Target } from '../../../core/config.ts'
import type { ModelRequest, ToolChoice } from '../../../core/model-request.ts'
import type { OutgoingCall, ProviderRequest } from '../adapter.ts'
import { isObject, objectAt, type JsonObject } from '../json.ts'
import { knownAddress } from '../openai-chat/addresses.ts'
import { dialectOf } from '../openai-chat/dialects.ts'
import { serviceTier } from '../openai-chat/request.ts'
import { effortOfThinking, openaiModel } from '../openai-models.ts'
import { openaiRequest } from '../openai-request.ts'
import { responseInput } from './items.ts'
import { takesSampling } from './loss.ts'

/** See `Adapter.build`. */
export function buildResponsesRequest(call: OutgoingCall, target: Target, key: string | undefined): ProviderRequest {
  const body = call.wire === 'openai-responses' ? nativeBody(call) : responsesBody(call.request(), target.model, call.effort, dialectOf(target.provider))
  body['model'] = target.model
  if (call.stream) body['stream'] = true
  return openaiRequest(body, target, key, { path: '/responses', stream: call.stream, requestId: call.requestId, keyHeader: knownAddress(target.provider.baseUrl)?.keyHeader })
}

function nativeBody(call: OutgoingCall): JsonObject {
  const body: JsonObject = { ...call.native }
  if (isObject(body['metadata']) && Object.keys(body['metadata']).length === 0) delete body['metadata']
  if (call.effort !== undefined) body['reasoning'] = { ...objectAt(body, 'reasoning'), effort: call.effort }
  return body
}

/** Dialects whose models all take `include: reasoning.encrypted_content`; elsewhere a model that does not reason refuses it. */
const ENCRYPTS: ReadonlySet<Dialect> = new Set<Dialect>(['xai', 'openrouter'])
/** console.groq.com/docs/responses-api: no `store`, `include`, `safety_identifier`. */
const KEEPS_NOTHING: ReadonlySet<Dialect> = new Set<Dialect>(['groq'])

function responsesBody(request: ModelRequest, model: string, wanted: string | undefined, dialect: Dialect): JsonObject {
  const known = openaiModel(model)
  const effort = wanted ?? request.effort ?? effortOfThinking(request.thinking, known)
  const { instructions, input } = responseInput(request.messages)
  const body: JsonObject = { input }
  const isStrict = KEEPS_NOTHING.has(dialect)
  if (!isStrict) body['store'] = false
  const set = (member: string, value: unknown): void => {
    if (value !== undefined) body[member] = value
  }
  set('instructions', instructions)
  if (request.tools.length > 0) {
    // Unlike Chat, the API makes functions strict unless told not to; the other surfaces' clients meant what they wrote.
    set('tools', request.tools.map(({ name, description, schema, strict }) => ({ type: 'function', name, ...(description === undefined ? {} : { description }), parameters: schema, strict: strict ?? false })))
    set('tool_choice', toolChoice(request.toolChoice))
    set('parallel_tool_calls', request.parallelToolCalls)
  }
  set('max_output_tokens', limitOf(request.maxOutputTokens))
  if (takesSampling(known, effort)) {
    set('temperature', request.temperature)
    set('top_p', request.topP)
  }
  if (request.logprobs !== undefined && request.logprobs.top > 0) set('top_logprobs', request.logprobs.top)
  const include = [...(known.reasons === true || ENCRYPTS.has(dialect) ? ['reasoning.encrypted_content'] : []), ...(request.logprobs === undefined ? [] : ['message.output_text.logprobs'])]
  if (include.length > 0 && !isStrict) set('include', include)
  set('reasoning', reasoning(request, effort, known.reasons))
  set('text', textOptions(request))
  set('service_tier', serviceTier(request.serviceTier))
  if (!isStrict) set('safety_identifier', request.userId)
  return body
}

/** The API's least (its 400 below it: "integer_below_min_value"); an answer to a smaller limit ends as `length` all the same. */
export const LEAST_OUTPUT_TOKENS = 16

function limitOf(asked: number | undefined): number | undefined {
  return asked === undefined ? undefined : Math.max(asked, LEAST_OUTPUT_TOKENS)
}

function toolChoice(choice: ToolChoice | undefined): unknown {
  return choice?.kind === 'tool' ? { type: 'function', name: choice.name } : choice?.kind
}

/** A summary is asked for where a client wants to see thinking: the API never shows the reasoning itself. */
function reasoning(request: ModelRequest, effort: string | undefined, reasons: boolean | undefined): JsonObject | undefined {
  const shows = request.thinking?.enabled === true && request.thinking.show && reasons !== false
  if (effort === undefined && !shows) return undefined
  return { ...(effort === undefined ? {} : { effort }), ...(shows && effort !== 'none' ? { summary: 'auto' } : {}) }
}

function textOptions({ format, verbosity }: ModelRequest): JsonObject | undefined {
  const written =
    format === undefined
      ? undefined
      : format.kind === 'json_object'
        ? { type: 'json_object' }
        : { type: 'json_schema', name: format.name, schema: format.schema, ...(format.strict === undefined ? {} : { strict: format.strict }), ...(format.description === undefined ? {} : { description: format.description }) }
  if (written === undefined && verbosity === undefined) return undefined
  return { ...(written === undefined ? {} : { format: written }), ...(verbosity === undefined ? {} : { verbosity }) }
}
