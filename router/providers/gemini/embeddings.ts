// OpenAI's embeddings ↔ :batchEmbedContents. The body a client sends and gets is OpenAI's; the provider sees its own. Pure.
import type { Target } from '../../../core/config.ts'
import { WeighbridgeError } from '../../../core/errors.ts'
import { answerFacts, type AnswerFacts } from '../../../core/model-answer.ts'
import type { ProviderRequest } from '../adapter.ts'
import { amountAt, isObject, listAt, parseObject, type JsonObject } from '../json.ts'
import { modelPath, post } from './build.ts'
import { errorInAnswer } from './classify.ts'
import { geminiUsage } from './usage.ts'

/** Throws `cannot_translate` for token numbers as input: they are another tokenizer's. */
export function buildEmbeddingsRequest(body: JsonObject, target: Target, key: string | undefined): ProviderRequest {
  const model = modelPath(target.model)
  const dimensions = amountAt(body, 'dimensions')
  const requests = textsOf(body['input']).map((text) => ({ model, content: { parts: [{ text }] }, ...(dimensions === undefined ? {} : { outputDimensionality: dimensions }) }))
  return post(`/${model}:batchEmbedContents`, target, key, { requests }, { stream: false })
}

/** The answer as an OpenAI client gets it: numbers or base64 as it asked, in the order of its texts. */
export function parseEmbeddings(bodyText: string, asked: JsonObject, target: Target): { readonly body: JsonObject; readonly facts: AnswerFacts } {
  const body = parseObject(bodyText)
  if (body === undefined) throw new WeighbridgeError('provider_malformed', `The provider's answer of ${bodyText.length} characters is not a JSON object.`)
  if (isObject(body['error'])) throw errorInAnswer(body)
  const vectors = listAt(body, 'embeddings').map((embedding) => listAt(embedding, 'values'))
  const wanted = textsOf(asked['input']).length
  if (vectors.length !== wanted || !vectors.every((vector): vector is readonly number[] => vector.length > 0 && vector.every((value) => typeof value === 'number' && Number.isFinite(value)))) {
    throw new WeighbridgeError('provider_malformed', `The provider answered ${vectors.length} embeddings, or unreadable ones, for ${wanted} texts.`)
  }
  const asBase64 = asked['encoding_format'] === 'base64'
  // Older models do not count; embeddings have no output, so the prompt is all there is to pay.
  const counted = geminiUsage(body['usageMetadata'])
  const usage = counted === undefined ? undefined : { ...counted, outputTotal: 0 }
  return {
    body: {
      object: 'list',
      data: vectors.map((vector, index) => ({ object: 'embedding', index, embedding: asBase64 ? base64(vector) : vector })),
      model: target.model,
      ...(usage?.inputTotal === undefined ? {} : { usage: { prompt_tokens: usage.inputTotal, total_tokens: usage.inputTotal } }),
    },
    facts: answerFacts({ servedModel: target.model, usage }),
  }
}

function textsOf(input: unknown): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(input) ? input : [input]
  if (texts.length > 0 && texts.every((text): text is string => typeof text === 'string')) return texts
  throw new WeighbridgeError('cannot_translate', 'This target takes texts only: input must be a string or a list of strings.', { details: { members: ['input'] } })
}

/** 32-bit floats, little endian, as OpenAI's SDKs decode them. */
function base64(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4)
  vector.forEach((value, index) => bytes.writeFloatLE(value, index * 4))
  return bytes.toString('base64')
}
