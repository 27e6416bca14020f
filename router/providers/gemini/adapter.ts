// The Gemini API's wire format, put together.
import type { Adapter } from '../adapter.ts'
import { buildCountRequest, buildGenerateRequest, geminiLoss } from './build.ts'
import { classifyGenerateError } from './classify.ts'
import { buildEmbeddingsRequest, parseEmbeddings } from './embeddings.ts'
import { parseGenerateAnswer, parseTokenCount } from './parse.ts'
import { generateStreamReader } from './stream.ts'

/** Speaks generateContent to a provider (api: gemini). */
export const gemini: Adapter = {
  wire: 'gemini',
  build: buildGenerateRequest,
  loss: geminiLoss,
  parse: parseGenerateAnswer,
  stream: generateStreamReader,
  classify: classifyGenerateError,
  countTokens: { build: buildCountRequest, parse: parseTokenCount },
  embeddings: { build: buildEmbeddingsRequest, parse: parseEmbeddings },
}
