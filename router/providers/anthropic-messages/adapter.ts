// The Anthropic Messages wire format, put together.
import type { Adapter } from '../adapter.ts'
import { buildCountRequest, buildMessagesRequest, messagesLoss } from './build.ts'
import { classifyMessagesError } from './classify.ts'
import { parseMessage, parseTokenCount } from './parse.ts'
import { messagesStreamReader } from './stream.ts'

/** Speaks Messages to a provider (api: anthropic-messages). */
export const anthropicMessages: Adapter = {
  wire: 'anthropic-messages',
  build: buildMessagesRequest,
  loss: messagesLoss,
  parse: parseMessage,
  stream: messagesStreamReader,
  classify: classifyMessagesError,
  countTokens: { build: buildCountRequest, parse: parseTokenCount },
}
