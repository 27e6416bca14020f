// A whole Responses answer → facts, and its output in the common form where it must be translated. Pure.
import { WeighbridgeError } from '../../../core/errors.ts'
import type { PlainAnswer } from '../adapter.ts'
import { parseObject, textAt } from '../json.ts'
import { OPENAI_USAGE, type UsageRules } from '../openai-chat/usage.ts'
import { errorInside, hasError } from '../openai-errors.ts'
import { charactersOf, factsOf, logprobsOf, partsOf, refuseFailed } from './response.ts'

/** See `Adapter.parse`. A response that only began (`background`) is an answer without output. */
export function parseResponsesAnswer(bodyText: string, rules: UsageRules = OPENAI_USAGE): PlainAnswer {
  const body = parseObject(bodyText)
  if (body === undefined) throw new WeighbridgeError('provider_malformed', `The provider's answer of ${bodyText.length} characters is not a JSON object.`)
  if (hasError(body) && !Array.isArray(body['output'])) throw errorInside(body)
  refuseFailed(body)
  if (!Array.isArray(body['output'])) throw new WeighbridgeError('provider_malformed', "The provider's answer has no output.")
  if (textAt(body, 'object') !== undefined && body['object'] !== 'response') throw new WeighbridgeError('provider_malformed', "The provider's answer is not a response object.")
  const status = textAt(body, 'status')
  if ((status === 'in_progress' || status === 'queued') && body['background'] !== true) throw new WeighbridgeError('provider_malformed', `The provider's answer is not at its end: its status is ${status}.`)
  const facts = factsOf(body, rules)
  return { native: body, facts, characters: charactersOf(body), answer: () => ({ parts: partsOf(body), finish: facts.finish, stopSequence: undefined, logprobs: logprobsOf(body) }) }
}
