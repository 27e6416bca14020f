import { describe } from 'vitest'
import { anthropicMessages } from '../../../router/providers/anthropic-messages/adapter.ts'
import { gemini } from '../../../router/providers/gemini/adapter.ts'
import { openaiChat } from '../../../router/providers/openai-chat/adapter.ts'
import { openaiResponses } from '../../../router/providers/openai-responses/adapter.ts'
import * as anthropicFixture from './fixtures/anthropic-messages.ts'
import * as geminiFixture from './fixtures/gemini.ts'
import * as chatFixture from './fixtures/openai-chat.ts'
import * as responsesFixture from './fixtures/openai-responses.ts'
import { targetOf } from './reading.ts'
import { conforms } from './suite.ts'

describe('openai-chat', () => conforms(openaiChat, targetOf('openai-chat', 'gpt-5.5'), chatFixture))
describe('openai-responses', () => conforms(openaiResponses, targetOf('openai-responses', 'gpt-5.5'), responsesFixture))
describe('anthropic-messages', () => conforms(anthropicMessages, targetOf('anthropic-messages', 'claude-opus-4-8'), anthropicFixture))
describe('gemini', () => conforms(gemini, targetOf('gemini', 'gemini-3.1-pro-preview'), geminiFixture))
