import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { ERROR_CATALOGUE, WeighbridgeError, type ErrorCode } from '../../../core/errors.ts'
import { chatSurface } from '../../../router/http/surfaces/chat/surface.ts'
import { messagesSurface } from '../../../router/http/surfaces/messages/surface.ts'
import { responsesSurface } from '../../../router/http/surfaces/responses/surface.ts'
import { anthropicFed, openaiFed } from './support.ts'

const codes = Object.keys(ERROR_CATALOGUE) as ErrorCode[]
const ANTHROPIC_TYPES = ['invalid_request_error', 'authentication_error', 'billing_error', 'permission_error', 'not_found_error', 'request_too_large', 'rate_limit_error', 'timeout_error', 'api_error', 'overloaded_error', 'conflict_error']
const messages = [{ role: 'user' as const, content: 'Hi' }]

/** The classes that official clients throw, by what went wrong. */
const CLASSES = [
  ['bad_request', OpenAI.BadRequestError, Anthropic.BadRequestError, 'invalid_request_error'],
  ['key_missing', OpenAI.AuthenticationError, Anthropic.AuthenticationError, 'authentication_error'],
  ['key_scope', OpenAI.PermissionDeniedError, Anthropic.PermissionDeniedError, 'permission_error'],
  ['unknown_model', OpenAI.NotFoundError, Anthropic.NotFoundError, 'not_found_error'],
  ['body_too_large', OpenAI.APIError, Anthropic.APIError, 'request_too_large'],
  ['no_admissible_target', OpenAI.UnprocessableEntityError, Anthropic.UnprocessableEntityError, 'invalid_request_error'],
  ['provider_rate_limited', OpenAI.RateLimitError, Anthropic.RateLimitError, 'rate_limit_error'],
  ['provider_server_error', OpenAI.InternalServerError, Anthropic.InternalServerError, 'api_error'],
  ['provider_overloaded', OpenAI.InternalServerError, Anthropic.InternalServerError, 'overloaded_error'],
  ['provider_timeout_idle', OpenAI.InternalServerError, Anthropic.InternalServerError, 'timeout_error'],
] as const

describe('errors', () => {
  it.each(codes)('say %s in the shape of each surface, with the remedy and the request id', (code) => {
    const error = new WeighbridgeError(code, 'What happened.', { details: { param: 'messages' } })
    for (const surface of [chatSurface, responsesSurface]) {
      expect(surface.errorBody(error, undefined, 'req_1')).toEqual({
        error: {
          message: `What happened. ${error.remedy}`,
          type: error.answer.type,
          param: 'messages',
          code,
          weighbridge: { code, message: 'What happened.', remedy: error.remedy, details: { param: 'messages' }, request_id: 'req_1' },
        },
      })
    }
    const body = messagesSurface.errorBody(error, undefined, 'req_1')
    expect(body).toMatchObject({ type: 'error', error: { message: `What happened. ${error.remedy}`, weighbridge: { code } }, request_id: 'req_1' })
    expect(ANTHROPIC_TYPES).toContain((body['error'] as { type: string }).type)
  })

  it.each(CLASSES)('make official clients throw their own class for %s', async (code, openaiClass, anthropicClass, type) => {
    const error = new WeighbridgeError(code, 'What happened.')
    const status = error.answer.httpStatus
    const chat = openaiFed(JSON.stringify(chatSurface.errorBody(error, undefined, 'req_1')), 'application/json', status)
    const thrown: unknown = await chat.chat.completions.create({ model: 'auto', messages }).catch((reason: unknown) => reason)
    expect(thrown).toBeInstanceOf(openaiClass)
    expect(thrown).toMatchObject({ status, code, type: error.answer.type })
    const anthropic = anthropicFed(JSON.stringify(messagesSurface.errorBody(error, undefined, 'req_1')), 'application/json', status)
    const other: unknown = await anthropic.messages.create({ model: 'auto', max_tokens: 9, messages }).catch((reason: unknown) => reason)
    expect(other).toBeInstanceOf(anthropicClass)
    expect(other).toMatchObject({ status, type })
  })

  it("show a provider's own words where it is the client's request they are about", () => {
    const error = new WeighbridgeError('provider_bad_request', 'The provider refused the request.')
    const shown = { message: 'Bad value.', type: 'invalid_request_error', code: 'bad_value', param: 'top_p' }
    expect(chatSurface.errorBody(error, shown, '')).toMatchObject({ error: { ...shown, weighbridge: { code: 'provider_bad_request' } } })
    expect(messagesSurface.errorBody(error, shown, '')).toMatchObject({ error: { type: 'invalid_request_error', message: 'Bad value.' }, request_id: null })
    // A type of OpenAI's making is no type of Anthropic's.
    expect(messagesSurface.errorBody(error, { type: 'tokens' }, '')).toMatchObject({ error: { type: 'invalid_request_error' } })
  })
})
