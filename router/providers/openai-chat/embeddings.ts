// POST {base}/embeddings, which every OpenAI-compatible provider has in one form. Pure.
import type { Target } from '../../../core/config.ts'
import { WeighbridgeError } from '../../../core/errors.ts'
import { answerFacts } from '../../../core/model-answer.ts'
import type { Adapter, ProviderRequest } from '../adapter.ts'
import { entryAs } from '../embedding-encoding.ts'
import { isObject, listAt, parseObject, type JsonObject } from '../json.ts'
import { errorInside, hasError } from '../openai-errors.ts'
import { openaiRequest } from '../openai-request.ts'
import { knownAddress } from './addresses.ts'
import { rulesOf } from './dialects.ts'
import { headOf } from './head.ts'
import { canonicalUsage } from './usage.ts'

function build(body: JsonObject, target: Target, key: string | undefined): ProviderRequest {
  return openaiRequest({ ...body, model: target.model }, target, key, { path: '/embeddings', stream: false, requestId: undefined, keyHeader: knownAddress(target.provider.baseUrl)?.keyHeader })
}

function parse(bodyText: string, asked: JsonObject, target: Target): ReturnType<NonNullable<Adapter['embeddings']>['parse']> {
  const body = parseObject(bodyText)
  if (body === undefined) throw new WeighbridgeError('provider_malformed', `The provider's answer of ${bodyText.length} characters is not a JSON object.`)
  if (hasError(body)) throw errorInside(body)
  const data = listAt(body, 'data')
  if (data.length === 0 || !data.every(isEmbedding)) throw new WeighbridgeError('provider_malformed', "The provider's answer has no embeddings.")
  const inputs = Array.isArray(asked['input']) && !asked['input'].every((one) => typeof one === 'number') ? asked['input'].length : 1
  // One too few would be given to the wrong text.
  if (data.length !== inputs) throw new WeighbridgeError('provider_malformed', `The provider's answer has ${data.length} embeddings for ${inputs} inputs.`)
  const usage = canonicalUsage(body['usage'], rulesOf(target.provider).usage)
  const encoded = { ...body, data: data.map((entry) => entryAs(entry, asked['encoding_format'])) }
  // An embedding has no output tokens: that is a fact, not a guess.
  return { body: encoded, facts: answerFacts({ ...headOf(body), usage: usage === undefined ? undefined : { ...usage, outputTotal: usage.outputTotal ?? 0 } }) }
}

function isEmbedding(entry: unknown): boolean {
  const embedding = isObject(entry) ? entry['embedding'] : undefined
  return typeof embedding === 'string' || Array.isArray(embedding)
}

export const chatEmbeddings = { build, parse } as const satisfies NonNullable<Adapter['embeddings']>
