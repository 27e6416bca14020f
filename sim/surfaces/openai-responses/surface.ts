// OpenAI's Responses API, whole and streamed.
import { randomText } from '../../behaviour/random-text.ts'
import { openaiError, openaiErrorObject } from '../openai-errors.ts'
import type { Surface } from '../surface.ts'
import { readResponses } from './read.ts'
import { namedEvent, responseEvents } from './stream.ts'
import { wholeResponse } from './write.ts'

export const openaiResponses: Surface = {
  wire: 'openai-responses',
  kind: 'answer',
  newId: (random) => `resp_${randomText(random, 48).toLowerCase()}`,
  newCallId: (random) => `call_${randomText(random, 24)}`,
  read: readResponses,
  whole: wholeResponse,
  events: responseEvents,
  error: openaiError,
  // The stream's own error event is flat, unlike the body of an error answer.
  errorEvent(error, model) {
    const { message, code, param } = openaiErrorObject(error, model)
    return namedEvent('error', { type: 'error', sequence_number: 1_000, code, message, param })
  },
}
