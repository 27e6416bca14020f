// Which adapter speaks which wire format; a new format is one row here and one folder beside openai-chat/.
import type { Wire } from '../../core/model-request.ts'
import type { Adapter } from './adapter.ts'
import { anthropicMessages } from './anthropic-messages/adapter.ts'
import { gemini } from './gemini/adapter.ts'
import { openaiChat } from './openai-chat/adapter.ts'
import { openaiResponses } from './openai-responses/adapter.ts'

/** The adapter of each `api` a provider may be configured with. */
export const ADAPTERS: Readonly<Record<Wire, Adapter>> = {
  'openai-chat': openaiChat,
  'openai-responses': openaiResponses,
  'anthropic-messages': anthropicMessages,
  gemini,
}
