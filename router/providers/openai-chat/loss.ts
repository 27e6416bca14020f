// What of a request from another wire a dialect of Chat Completions cannot carry. Pure. Refused is what would change the answer;
// dropped is what only leans on it.
import type { Target } from '../../../core/config.ts'
import type { ModelRequest, RequestPart } from '../../../core/model-request.ts'
import { NO_LOSS, type Loss } from '../adapter.ts'
import { amountAt, isObject, type JsonObject } from '../json.ts'
import { openaiModel } from '../openai-models.ts'
import { lacksOf, rulesOf, type DialectRules, type Lack } from './dialects.ts'
import { isText } from './messages.ts'
import { thinkingFor } from './request.ts'

/** OpenAI's bounds (openai 7.57, `stop`, `top_logprobs`). */
const MOST_STOPS = 4

type Check = { readonly name: string; readonly lack: Lack; readonly isAsked: (request: ModelRequest) => boolean }

/** Without these the answer would be another one. */
const REFUSED: readonly Check[] = [
  { name: 'response_format (json_schema)', lack: 'json_schema', isAsked: (request) => request.format?.kind === 'json_schema' },
  { name: 'logprobs', lack: 'logprobs', isAsked: (request) => request.logprobs !== undefined },
  { name: 'stop', lack: 'stop', isAsked: (request) => request.stop.length > 0 },
  { name: 'tool_choice', lack: 'forced_tool_choice', isAsked: (request) => request.toolChoice?.kind === 'required' || request.toolChoice?.kind === 'tool' },
  { name: 'messages (image by address)', lack: 'image_url', isAsked: (request) => hasPart(request, (part) => part.kind === 'image' && part.source.kind === 'url') },
  { name: 'messages (file)', lack: 'file', isAsked: (request) => hasPart(request, (part) => part.kind === 'file' && !(part.source.kind === 'data' && isText(part.source.mediaType))) },
  { name: 'messages (file by address)', lack: 'file_url', isAsked: (request) => hasPart(request, (part) => part.kind === 'file' && part.source.kind === 'url') },
]

/** These lean on the answer, or are best effort wherever they exist. */
const DROPPED: readonly Check[] = [
  { name: 'temperature', lack: 'temperature', isAsked: (request) => request.temperature !== undefined && request.temperature !== 1 },
  { name: 'top_p', lack: 'top_p', isAsked: (request) => request.topP !== undefined && request.topP !== 1 },
  { name: 'top_k', lack: 'top_k', isAsked: (request) => request.topK !== undefined },
  { name: 'presence_penalty', lack: 'presence_penalty', isAsked: (request) => isSet(request.presencePenalty) },
  { name: 'frequency_penalty', lack: 'frequency_penalty', isAsked: (request) => isSet(request.frequencyPenalty) },
  { name: 'seed', lack: 'seed', isAsked: (request) => request.seed !== undefined },
  { name: 'verbosity', lack: 'verbosity', isAsked: (request) => request.verbosity !== undefined },
  { name: 'service_tier', lack: 'service_tier', isAsked: (request) => request.serviceTier !== undefined && request.serviceTier !== 'auto' },
  { name: 'parallel_tool_calls', lack: 'parallel_tool_calls', isAsked: (request) => request.parallelToolCalls === false },
  { name: 'tools.strict', lack: 'strict', isAsked: (request) => request.tools.some((tool) => tool.strict === true) },
  { name: 'user', lack: 'user', isAsked: (request) => request.userId !== undefined },
]

/** See `Adapter.loss`. */
export function chatLoss(request: ModelRequest, target: Target): Loss {
  const rules = rulesOf(target.provider)
  const { effort } = thinkingFor(request, rules, target.model, target.effort)
  const lacks = lacksOf(rules, target.model, effort)
  const asked = (check: Check): boolean => lacks.has(check.lack) && check.isAsked(request)
  const refused = REFUSED.filter(asked).map((check) => check.name)
  const dropped = DROPPED.filter(asked).map((check) => check.name)
  if (request.choices !== 1) refused.push('n')
  if (hasPart(request, isForeignFile(rules))) refused.push('messages (uploaded file)')
  if (rules.developerRole) {
    if (request.stop.length > MOST_STOPS) refused.push(`stop (more than ${MOST_STOPS})`)
    const model = openaiModel(target.model)
    if (model.chatToolsNeedNone && request.tools.length > 0) {
      if (effort !== 'none') refused.push('tools (with reasoning, which this model takes over openai-responses only)')
      else if (request.thinking?.enabled === true) dropped.push('thinking')
    } else if (request.thinking?.enabled === true && model.reasons === false) dropped.push('thinking')
  }
  return refused.length === 0 && dropped.length === 0 ? NO_LOSS : { refused, dropped }
}

/** Files at OpenAI are the same over both of its wires; images have no place for one here. */
function isForeignFile(rules: DialectRules): (part: RequestPart) => boolean {
  return (part) => {
    if ((part.kind !== 'image' && part.kind !== 'file') || part.source.kind !== 'provider_file') return false
    const isOurs = part.source.wire === 'openai-chat' || (rules.developerRole && part.source.wire === 'openai-responses')
    return part.kind === 'image' || !isOurs
  }
}

function isSet(penalty: number | undefined): boolean {
  return penalty !== undefined && penalty !== 0
}

function hasPart(request: ModelRequest, is: (part: RequestPart) => boolean): boolean {
  return request.messages.some((message) => message.parts.some((part) => is(part) || (part.kind === 'tool_result' && part.parts.some(is))))
}

/** Members of Chat's own bodies that a model refuses whatever else is asked, with the value that is as good as none. */
const SAMPLING: readonly { readonly member: Lack; readonly neutral: number }[] = [
  { member: 'temperature', neutral: 1 },
  { member: 'top_p', neutral: 1 },
  { member: 'presence_penalty', neutral: 0 },
  { member: 'frequency_penalty', neutral: 0 },
]

/**
 * What is taken out of a Chat Completions client's own body: sampling that the model is known to refuse, and hints that the
 * dialect does. Changes `body`; answers the names of what said something.
 */
export function withhold(body: JsonObject, rules: DialectRules, model: string, effort: string | undefined): string[] {
  const names: string[] = []
  const lacks = rules.modelLacks(model, effort)
  for (const { member, neutral } of SAMPLING) {
    if (!(member in body) || !lacks.includes(member)) continue
    if (amountAt(body, member) !== neutral && body[member] !== null) names.push(member)
    delete body[member]
  }
  for (const member of rules.refusedHints) {
    if (!(member in body)) continue
    if (body[member] !== null && !(isObject(body[member]) && Object.keys(body[member]).length === 0)) names.push(member)
    delete body[member]
  }
  return names
}
