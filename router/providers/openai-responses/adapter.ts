// The Responses wire, put together.
import type { Adapter } from '../adapter.ts'
import { rulesOf } from '../openai-chat/dialects.ts'
import { chatEmbeddings } from '../openai-chat/embeddings.ts'
import { classifyOpenAIError } from '../openai-errors.ts'
import { buildResponsesRequest } from './build.ts'
import { responsesLoss } from './loss.ts'
import { parseResponsesAnswer } from './parse.ts'
import { ResponsesStreamReader } from './stream.ts'

/** Speaks the Responses API (api: openai-responses). Embeddings stand at the same base address. */
export const openaiResponses: Adapter = {
  wire: 'openai-responses',
  build: buildResponsesRequest,
  loss: responsesLoss,
  parse: (bodyText, target) => parseResponsesAnswer(bodyText, rulesOf(target.provider).usage),
  stream: (_call, target, translate) => new ResponsesStreamReader({ translate, usage: rulesOf(target.provider).usage }),
  classify: classifyOpenAIError,
  embeddings: chatEmbeddings,
}
