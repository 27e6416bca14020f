// Scripts of providers that speak Anthropic's Messages or OpenAI's Responses, as their official SDKs type them
// (@anthropic-ai/sdk 1.12, openai 7.57).
import { json, type Script } from './scripted-provider.ts'

export const MESSAGES_USAGE = { input_tokens: 600, cache_read_input_tokens: 400, cache_creation_input_tokens: 0, output_tokens: 100 }

export function message(text: string, over: Record<string, unknown> = {}): Record<string, unknown> {
  return { id: 'msg_01', type: 'message', role: 'assistant', model: 'claude-served', content: [{ type: 'text', text }], stop_reason: 'end_turn', stop_sequence: null, usage: MESSAGES_USAGE, ...over }
}

/** Answers Messages requests, whole or streamed as the client asks. */
export function messaging(text: string, over: Record<string, unknown> = {}): Script {
  return (response, asked) => {
    if (asked.body['stream'] !== true) return json(response, 200, message(text, over))
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.end(messageEvents(text, String(over['stop_reason'] ?? 'end_turn')))
  }
}

function event(type: string, members: Record<string, unknown>): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`
}

/** The bytes of a streamed message, with a ping before its first output. An empty text makes no block at all. */
export function messageEvents(text: string, stopReason = 'end_turn'): string {
  const start = message('', { content: [], stop_reason: null, usage: { ...MESSAGES_USAGE, output_tokens: 1 } })
  const block = text === '' ? [] : [event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }), event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } }), event('content_block_stop', { index: 0 })]
  return [
    event('message_start', { message: start }),
    event('ping', {}),
    ...block,
    event('message_delta', { delta: { stop_reason: stopReason, stop_sequence: null }, usage: { output_tokens: 100 } }),
    event('message_stop', {}),
  ].join('')
}

export function responseBody(id: string, text: string): Record<string, unknown> {
  return {
    id, object: 'response', created_at: 1, status: 'completed', model: 'responses-served', error: null, incomplete_details: null, instructions: null, metadata: {}, parallel_tool_calls: true,
    temperature: 1, tool_choice: 'auto', tools: [], top_p: 1, store: true,
    output: [{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text, annotations: [] }] }],
    usage: { input_tokens: 1000, input_tokens_details: { cached_tokens: 400 }, output_tokens: 100, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 1100 },
  }
}

/** Answers Responses requests whole; each answer has the next of the ids. */
export function responding(ids: readonly string[], text = 'hi'): Script {
  let next = 0
  return (response) => {
    const id = ids[next % ids.length] ?? 'resp_0'
    next += 1
    json(response, 200, responseBody(id, text))
  }
}
