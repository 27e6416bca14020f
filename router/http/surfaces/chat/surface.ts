// POST /v1/chat/completions, as OpenAI documents it (openai-node 7.57). Pure.
import type { Surface } from '../surface.ts'
import { openaiErrorBody } from './errors.ts'
import { readChat } from './read.ts'
import { ChatWriter } from './stream.ts'
import { ownChat, translatedChat } from './write.ts'

export const chatSurface: Surface = {
  name: 'chat',
  path: '/v1/chat/completions',
  wire: 'openai-chat',
  read: readChat,
  own: ownChat,
  translated: translatedChat,
  writer: (context) => new ChatWriter(context),
  errorBody: openaiErrorBody,
}
