// The OpenAI Chat Completions wire format, put together.
import type { Adapter } from '../adapter.ts'
import { buildChatRequest } from './build.ts'
import { classifyChatError } from './classify.ts'
import { chatStreamReader, parseChatAnswer } from './parse.ts'

/** Speaks Chat Completions to a provider (api: openai-chat). */
export const openaiChat: Adapter = {
  build: buildChatRequest,
  parse: parseChatAnswer,
  stream: chatStreamReader,
  classify: classifyChatError,
}
