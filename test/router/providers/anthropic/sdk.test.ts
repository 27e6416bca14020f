// The official SDKs as witnesses: what they send is what the adapters build, and what the tests call a stream they can read.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Anthropic from '@anthropic-ai/sdk'
import { FunctionCallingConfigMode, GoogleGenAI, ThinkingLevel } from '@google/genai'
import { afterEach, describe, expect, it } from 'vitest'
import type { ModelRequest } from '../../../../core/model-request.ts'
import type { ProviderRequest } from '../../../../router/providers/adapter.ts'
import { anthropicMessages } from '../../../../router/providers/anthropic-messages/adapter.ts'
import { gemini } from '../../../../router/providers/gemini/adapter.ts'
import { isObject, type JsonObject } from '../../../../router/providers/json.ts'
import { bodyOf, call, sse, target } from './calls.ts'

type Seen = { readonly path: string; readonly headers: Readonly<Record<string, unknown>>; readonly body: JsonObject }

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

/** A provider that answers everything with one text and remembers what it was sent. */
async function provider(answer: string, type: string): Promise<{ readonly url: string; readonly seen: Seen[] }> {
  const seen: Seen[] = []
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => void chunks.push(chunk))
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString())
      seen.push({ path: request.url ?? '', headers: request.headers, body: isObject(body) ? body : {} })
      response.writeHead(200, { 'content-type': type }).end(answer)
    })
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, seen }
}

/** The same request, as our adapter would send it. */
function ours(request: ProviderRequest): { readonly path: string; readonly body: JsonObject } {
  return { path: request.path, body: bodyOf(request) }
}

const schema = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false }
const ASKED: Partial<ModelRequest> = {
  messages: [
    { role: 'system', parts: [{ kind: 'text', text: 'Be brief.', cache: '1h' }] },
    { role: 'user', parts: [{ kind: 'text', text: 'Weather?' }, { kind: 'image', source: { kind: 'data', mediaType: 'image/png', base64: 'AA==' } }] },
    { role: 'assistant', parts: [{ kind: 'tool_call', id: 'toolu_1', name: 'weather', argumentsJson: '{"city":"Wien"}' }] },
    { role: 'tool', parts: [{ kind: 'tool_result', callId: 'toolu_1', parts: [{ kind: 'text', text: '7 °C' }], isError: false }] },
  ],
  tools: [{ name: 'weather', description: 'd', schema }],
  toolChoice: { kind: 'auto' },
  maxOutputTokens: 100,
  stop: ['END'],
  effort: 'low',
}

const MESSAGE_EVENTS = [
  { type: 'message_start', message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-opus-4-8', content: [], stop_reason: null, stop_sequence: null, usage: { input_tokens: 3, output_tokens: 1 } } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Seven.' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 4 } },
  { type: 'message_stop' },
]

describe('the official Anthropic SDK', () => {
  it('sends what our adapter builds, and reads the stream that our reader reads', async () => {
    const { url, seen } = await provider(MESSAGE_EVENTS.map((event) => sse(event, event.type)).join(''), 'text/event-stream')
    const client = new Anthropic({ apiKey: 'k', baseURL: url, maxRetries: 0 })
    const final = await client.messages
      .stream({
        model: 'claude-opus-4-8',
        max_tokens: 100,
        system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
        messages: [
          { role: 'user', content: [{ type: 'text', text: 'Weather?' }, { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AA==' } }] },
          { role: 'assistant', content: [{ type: 'tool_use', id: 'toolu_1', name: 'weather', input: { city: 'Wien' } }] },
          { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: '7 °C' }] }] },
        ],
        tools: [{ name: 'weather', description: 'd', input_schema: schema }],
        tool_choice: { type: 'auto' },
        stop_sequences: ['END'],
        thinking: { type: 'adaptive', display: 'summarized' },
        output_config: { effort: 'low' },
      })
      .finalMessage()
    expect(final.content).toMatchObject([{ type: 'text', text: 'Seven.' }])
    const request = anthropicMessages.build(call(ASKED, { stream: true }), target('anthropic-messages', 'claude-opus-4-8'), 'k')
    expect(seen[0]?.path).toBe(`/v1${ours(request).path}`)
    expect(ours(request).body).toEqual(seen[0]?.body)
    // The SDK's version of the API refuses what the one we send still takes; see build.ts.
    expect(seen[0]?.headers['anthropic-version']).toBe('2026-10-21')
    for (const name of ['authorization', 'content-type']) expect(request.headers[name]).toBe(seen[0]?.headers[name])
  })
})

const CHUNK = { candidates: [{ content: { role: 'model', parts: [{ text: 'Seven.' }] }, finishReason: 'STOP', index: 0 }], usageMetadata: { promptTokenCount: 3, candidatesTokenCount: 4, totalTokenCount: 7 }, responseId: 'r' }

describe('the official Gemini SDK', () => {
  it('sends what our adapter builds, and reads the stream that our reader reads', async () => {
    const { url, seen } = await provider(sse(CHUNK), 'text/event-stream')
    const client = new GoogleGenAI({ apiKey: 'k', apiVersion: 'v1beta', httpOptions: { baseUrl: url } })
    const stream = await client.models.generateContentStream({
      model: 'gemini-3.1-pro-preview',
      contents: [
        { role: 'user', parts: [{ text: 'Weather?' }, { inlineData: { mimeType: 'image/png', data: 'AA==' } }] },
        { role: 'model', parts: [{ functionCall: { id: 'toolu_1', name: 'weather', args: { city: 'Wien' } }, thoughtSignature: 'skip_thought_signature_validator' }] },
        { role: 'user', parts: [{ functionResponse: { id: 'toolu_1', name: 'weather', response: { output: '7 °C' } } }] },
      ],
      config: {
        systemInstruction: { parts: [{ text: 'Be brief.' }] },
        maxOutputTokens: 100,
        stopSequences: ['END'],
        tools: [{ functionDeclarations: [{ name: 'weather', description: 'd', parametersJsonSchema: schema }] }],
        toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.AUTO } },
        thinkingConfig: { thinkingLevel: ThinkingLevel.LOW, includeThoughts: true },
      },
    })
    const texts: (string | undefined)[] = []
    for await (const chunk of stream) texts.push(chunk.text)
    expect(texts).toEqual(['Seven.'])
    const request = gemini.build(call(ASKED, { stream: true }), target('gemini', 'gemini-3.1-pro-preview'), 'k')
    expect(seen[0]?.path).toBe(`/v1beta${request.path}`)
    expect(ours(request).body).toEqual(seen[0]?.body)
    expect(request.headers['x-goog-api-key']).toBe(seen[0]?.headers['x-goog-api-key'])
  })

  it('asks for embeddings and token counts where our adapter does', async () => {
    const { url, seen } = await provider(JSON.stringify({ embeddings: [{ values: [1] }, { values: [2] }], totalTokens: 3 }), 'application/json')
    const client = new GoogleGenAI({ apiKey: 'k', apiVersion: 'v1beta', httpOptions: { baseUrl: url } })
    await client.models.embedContent({ model: 'gemini-embedding-001', contents: ['a', 'b'], config: { outputDimensionality: 2 } })
    const request = gemini.embeddings?.build({ input: ['a', 'b'], dimensions: 2 }, target('gemini', 'gemini-embedding-001'), 'k')
    expect(seen[0]?.path).toBe(`/v1beta${request?.path}`)
    // The SDK names the author of the text, which says nothing in an embedding.
    expect(JSON.parse(JSON.stringify(seen[0]?.body).replaceAll(/,"role":"user"|"role":"user",/g, ''))).toEqual(request === undefined ? undefined : bodyOf(request))
    await client.models.countTokens({ model: 'gemini-3.1-pro-preview', contents: 'hi' })
    expect(seen[1]?.path).toBe(`/v1beta${gemini.countTokens?.build(call({}), target('gemini', 'gemini-3.1-pro-preview'), 'k').path}`)
  })
})
