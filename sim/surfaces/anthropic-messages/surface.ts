// Anthropic's Messages, whole and streamed, and its token counting.
import { randomText } from '../../behaviour/random-text.ts'
import { anthropicError, anthropicErrorObject } from '../anthropic-errors.ts'
import { namedEvent } from '../openai-responses/stream.ts'
import type { Surface } from '../surface.ts'
import { readMessages } from './read.ts'
import { messageEvents, wholeMessage } from './write.ts'

export const anthropicMessages: Surface = {
  wire: 'anthropic-messages',
  kind: 'answer',
  newId: (random) => `msg_01${randomText(random, 22)}`,
  newCallId: (random) => `toolu_01${randomText(random, 22)}`,
  read: (body) => readMessages(body, false),
  whole: wholeMessage,
  events: messageEvents,
  error: anthropicError,
  errorEvent: (error, model) => namedEvent('error', anthropicErrorObject(error, model)),
}

/** POST …/messages/count_tokens. */
export const anthropicCount: Surface = {
  ...anthropicMessages,
  kind: 'count',
  read: (body) => readMessages(body, true),
  whole: (said) => JSON.stringify({ input_tokens: said.usage?.input }),
  events: () => [],
}
