// The Chat Completions wire, put together.
import type { Adapter } from '../adapter.ts'
import { amountAt } from '../json.ts'
import { classifyOpenAIError } from '../openai-errors.ts'
import { buildChatRequest } from './build.ts'
import { rulesOf } from './dialects.ts'
import { chatEmbeddings } from './embeddings.ts'
import { chatLoss } from './loss.ts'
import { nativeLoss } from './native.ts'
import { parseChatAnswer } from './parse.ts'
import { ChatStreamReader } from './stream.ts'

/** Speaks Chat Completions, in the dialect of the provider (api: openai-chat). */
export const openaiChat: Adapter = {
  wire: 'openai-chat',
  build: buildChatRequest,
  loss: chatLoss,
  ownLoss: nativeLoss,
  parse: (bodyText, target) => parseChatAnswer(bodyText, rulesOf(target.provider).usage),
  stream: (call, target, translate) => {
    // Only Chat's own clients can ask for several choices.
    const choices = call.wire === 'openai-chat' ? (amountAt(call.native, 'n') ?? 1) : 1
    return new ChatStreamReader({ choices, translate, usage: rulesOf(target.provider).usage })
  },
  classify: classifyOpenAIError,
  embeddings: chatEmbeddings,
}
