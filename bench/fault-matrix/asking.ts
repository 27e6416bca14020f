// The requests of the matrix: the same question as each API says it, plain, for an answer with a form, or with a tool. Pure.
import type { Wire } from '../../core/model-request.ts'

/** The one question both simulated providers know; each answers it in its own words. */
export const MARKER_QUESTION = 'Say your words in order.'

/** The surfaces clients may speak, with the wire that is theirs. */
export const SURFACES = { chat: 'openai-chat', responses: 'openai-responses', messages: 'anthropic-messages' } as const satisfies Record<string, Wire>
export type SurfaceName = keyof typeof SURFACES

/** `schema`: the answer must be JSON of a form; `tool`: the question provokes a call. */
export type Kind = 'text' | 'schema' | 'tool'

const FORM = { type: 'object', properties: { first: { type: 'string', minLength: 24 }, second: { type: 'string', minLength: 24 } }, required: ['first', 'second'], additionalProperties: false }
const CITY = { type: 'object', properties: { city: { type: 'string', minLength: 30 } }, required: ['city'], additionalProperties: false }

/** Where a wire takes requests (below a provider's or the router's root) and what one looks like. */
export function bodyOf(wire: Wire, model: string, stream: boolean, kind: Kind): { readonly path: string; readonly body: Record<string, unknown> } {
  const question = kind === 'tool' ? 'Please call:weather now.' : MARKER_QUESTION
  const streaming = stream ? { stream: true } : {}
  switch (wire) {
    case 'openai-chat':
      return {
        path: '/v1/chat/completions',
        body: {
          model,
          messages: [{ role: 'user', content: question }],
          ...streaming,
          ...(kind === 'schema' ? { response_format: { type: 'json_schema', json_schema: { name: 'words', schema: FORM, strict: true } } } : {}),
          ...(kind === 'tool' ? { tools: [{ type: 'function', function: { name: 'weather', parameters: CITY } }] } : {}),
        },
      }
    case 'openai-responses':
      return {
        path: '/v1/responses',
        body: {
          model,
          input: question,
          ...streaming,
          ...(kind === 'schema' ? { text: { format: { type: 'json_schema', name: 'words', schema: FORM, strict: true } } } : {}),
          ...(kind === 'tool' ? { tools: [{ type: 'function', name: 'weather', parameters: CITY, strict: true }] } : {}),
        },
      }
    case 'anthropic-messages':
      return {
        path: '/v1/messages',
        body: {
          model,
          max_tokens: 2_000,
          messages: [{ role: 'user', content: question }],
          ...streaming,
          ...(kind === 'schema' ? { output_config: { format: { type: 'json_schema', schema: FORM } } } : {}),
          ...(kind === 'tool' ? { tools: [{ name: 'weather', input_schema: CITY }] } : {}),
        },
      }
    case 'gemini':
      return {
        path: `/v1beta/models/${encodeURIComponent(model)}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
        body: {
          contents: [{ role: 'user', parts: [{ text: question }] }],
          ...(kind === 'schema' ? { generationConfig: { responseMimeType: 'application/json', responseJsonSchema: FORM } } : {}),
          ...(kind === 'tool' ? { tools: [{ functionDeclarations: [{ name: 'weather', parametersJsonSchema: CITY }] }] } : {}),
        },
      }
  }
}
