// POST /v1/messages, as Anthropic documents it (@anthropic-ai/sdk 1.12). Pure.
import type { Surface } from '../surface.ts'
import { messagesErrorBody } from './errors.ts'
import { readMessagesBody } from './read.ts'
import { MessagesWriter } from './stream.ts'
import { ownMessage, translatedMessage } from './write.ts'

export const messagesSurface: Surface = {
  name: 'messages',
  path: '/v1/messages',
  wire: 'anthropic-messages',
  read: readMessagesBody,
  own: ownMessage,
  translated: translatedMessage,
  writer: (context) => new MessagesWriter(context),
  errorBody: messagesErrorBody,
}
