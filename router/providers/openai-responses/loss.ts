// What of a request from another wire the Responses API cannot carry. Pure. Refused is what would change the answer; dropped is what
// only leans on it. Source: ResponseCreateParams of openai 7.57, which has none of these members.
import type { Target } from '../../../core/config.ts'
import type { ModelRequest, RequestPart } from '../../../core/model-request.ts'
import { NO_LOSS, type Loss } from '../adapter.ts'
import { effortOfThinking, openaiModel, type OpenAIModel } from '../openai-models.ts'

type Check = { readonly name: string; readonly isAsked: (request: ModelRequest, sampling: boolean) => boolean }

const REFUSED: readonly Check[] = [
  { name: 'stop', isAsked: (request) => request.stop.length > 0 },
  { name: 'n', isAsked: (request) => request.choices !== 1 },
  { name: 'messages (audio)', isAsked: (request) => hasPart(request, (part) => part.kind === 'audio') },
  { name: 'messages (uploaded file)', isAsked: (request) => hasPart(request, isForeignFile) },
  { name: 'logprobs', isAsked: (request, sampling) => request.logprobs !== undefined && !sampling },
]

const DROPPED: readonly Check[] = [
  { name: 'temperature', isAsked: (request, sampling) => request.temperature !== undefined && request.temperature !== 1 && !sampling },
  { name: 'top_p', isAsked: (request, sampling) => request.topP !== undefined && request.topP !== 1 && !sampling },
  { name: 'top_k', isAsked: (request) => request.topK !== undefined },
  { name: 'seed', isAsked: (request) => request.seed !== undefined },
  { name: 'presence_penalty', isAsked: (request) => isSet(request.presencePenalty) },
  { name: 'frequency_penalty', isAsked: (request) => isSet(request.frequencyPenalty) },
]

/** See `Adapter.loss`. */
export function responsesLoss(request: ModelRequest, target: Target): Loss {
  const model = openaiModel(target.model)
  const sampling = takesSampling(model, target.effort ?? request.effort ?? effortOfThinking(request.thinking, model))
  const names = (checks: readonly Check[]): string[] => checks.filter((check) => check.isAsked(request, sampling)).map((check) => check.name)
  const [refused, dropped] = [names(REFUSED), names(DROPPED)]
  if (model.reasons === false && request.thinking?.enabled === true) dropped.push('thinking')
  return refused.length === 0 && dropped.length === 0 ? NO_LOSS : { refused, dropped }
}

/** Whether a model takes temperature, top_p and log probabilities at this effort. */
export function takesSampling(model: OpenAIModel, effort: string | undefined): boolean {
  return model.reasons !== true || (model.samplesAtNone && effort === 'none')
}

/** Files at OpenAI are the same over both of its wires. */
function isForeignFile(part: RequestPart): boolean {
  return (part.kind === 'image' || part.kind === 'file') && part.source.kind === 'provider_file' && part.source.wire !== 'openai-responses' && part.source.wire !== 'openai-chat'
}

function isSet(penalty: number | undefined): boolean {
  return penalty !== undefined && penalty !== 0
}

function hasPart(request: ModelRequest, is: (part: RequestPart) => boolean): boolean {
  return request.messages.some((message) => message.parts.some((part) => is(part) || (part.kind === 'tool_result' && part.parts.some(is))))
}
