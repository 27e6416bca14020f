// OpenAI Chat Completions, whole and streamed.
import { randomText } from '../../behaviour/random-text.ts'
import { openaiError, openaiErrorObject } from '../openai-errors.ts'
import type { Surface } from '../surface.ts'
import { readChat } from './read.ts'
import { chatEvents, sse, wholeChat } from './write.ts'

export const openaiChat: Surface = {
  wire: 'openai-chat',
  kind: 'answer',
  newId: (random) => `chatcmpl-${randomText(random, 29)}`,
  newCallId: (random) => `call_${randomText(random, 24)}`,
  read: readChat,
  whole: wholeChat,
  events: chatEvents,
  error: openaiError,
  errorEvent: (error, model) => sse({ error: openaiErrorObject(error, model) }),
}
