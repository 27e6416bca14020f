// POST /v1/responses, as OpenAI documents it (openai-node 7.57). Pure.
import { openaiErrorBody } from '../chat/errors.ts'
import type { Surface } from '../surface.ts'
import { readResponses } from './read.ts'
import { ResponsesWriter } from './stream.ts'
import { ownResponse, translatedResponse } from './write.ts'

export const responsesSurface: Surface = {
  name: 'responses',
  path: '/v1/responses',
  wire: 'openai-responses',
  read: readResponses,
  own: ownResponse,
  translated: translatedResponse,
  writer: (context) => new ResponsesWriter(context),
  errorBody: openaiErrorBody,
}
