// Messages answers, whole and streamed, as typed by @anthropic-ai/sdk 1.12. input_tokens leaves cache reads and writes out;
// a stream states usage twice: a snapshot at its start, cumulative figures (some null) before its end.
import { pieces, slices } from '../../behaviour/tokens.ts'
import { namedEvent } from '../openai-responses/stream.ts'
import { piece, type Part, type Said, type SaidChoice, type SaidPart, type SimUsage, type StreamPiece } from '../surface.ts'

const STOP = { stop: 'end_turn', length: 'max_tokens', tool_calls: 'tool_use', content_filter: 'refusal', refusal: 'refusal', bad_call: 'tool_use' } as const

/** See `Surface.whole`. */
export function wholeMessage(said: Said): string {
  const [choice] = said.choices
  return JSON.stringify({ ...shell(said), content: choice.parts.flatMap(blockOf), ...stopOf(choice), ...(said.usage === undefined ? {} : { usage: usageOf(said.usage, said.usage.output) }) })
}

function shell(said: Said): Record<string, unknown> {
  return { id: said.id, type: 'message', role: 'assistant', model: said.model, content: [], stop_reason: null, stop_sequence: null, stop_details: null, container: null }
}

function stopOf({ finish, stopSequence }: SaidChoice): Record<string, unknown> {
  const declined = finish === 'refusal' || finish === 'content_filter'
  return {
    stop_reason: stopSequence === undefined ? STOP[finish] : 'stop_sequence',
    stop_sequence: stopSequence ?? null,
    stop_details: declined ? { type: 'refusal', category: null, explanation: null } : null,
  }
}

function blockOf(part: SaidPart): Record<string, unknown>[] {
  switch (part.kind) {
    case 'thinking':
      return [{ type: 'thinking', thinking: part.shown ? part.text : '', signature: part.seal }]
    case 'text':
      // An empty text is no block at all.
      return part.text === '' ? [] : [{ type: 'text', text: part.text, citations: null }]
    case 'refusal':
      return [{ type: 'text', text: part.text, citations: null }]
    case 'tool':
      return [{ type: 'tool_use', id: part.id, name: part.name, input: parsedOrText(part.argumentsJson), caller: { type: 'direct' } }]
  }
}

/** Broken arguments cannot stand in a whole answer as an object; the API then hands over what it has. */
function parsedOrText(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return json
  }
}

function usageOf(usage: SimUsage, output: number): Record<string, unknown> {
  return {
    input_tokens: usage.input - usage.cached - usage.written,
    cache_creation_input_tokens: usage.written,
    cache_read_input_tokens: usage.cached,
    cache_creation: { ephemeral_5m_input_tokens: usage.written - usage.written1h, ephemeral_1h_input_tokens: usage.written1h },
    output_tokens: output,
    output_tokens_details: output >= usage.reasoning && usage.reasoning > 0 ? { thinking_tokens: usage.reasoning } : null,
    server_tool_use: null,
    service_tier: 'standard',
    inference_geo: null,
    speed: null,
  }
}

/** See `Surface.events`. */
export function messageEvents(said: Said): StreamPiece[] {
  const [choice] = said.choices
  const blocks = choice.parts.flatMap((part) => blockOf(part).map((block) => ({ part, block })))
  const { stop_reason, stop_sequence, stop_details } = stopOf(choice)
  // The snapshot counts the first token or so; the real number comes at the end.
  const opening = said.usage === undefined ? {} : { usage: usageOf(said.usage, Math.min(1, said.usage.output)) }
  const closing = said.usage === undefined ? {} : { usage: { ...nullUsage, output_tokens: said.usage.output, output_tokens_details: said.usage.reasoning > 0 ? { thinking_tokens: said.usage.reasoning } : null } }
  return [
    event('start', 'message_start', { message: { ...shell(said), ...opening } }),
    event('start', 'ping', {}),
    ...blocks.flatMap(({ part, block }, index) => blockEvents(part, block, index)),
    event('finish', 'message_delta', { delta: { stop_reason, stop_sequence, stop_details, container: null }, ...closing }),
    event('end', 'message_stop', {}),
  ]
}

const nullUsage = { input_tokens: null, cache_creation_input_tokens: null, cache_read_input_tokens: null, server_tool_use: null }

function blockEvents(part: SaidPart, block: Record<string, unknown>, index: number): StreamPiece[] {
  const delta = (payload: Record<string, unknown>, characters: number, thinking = false): StreamPiece => event('output', 'content_block_delta', { index, delta: payload }, characters, thinking)
  const opening = index === 0 ? 'start' : 'close'
  const open = (empty: Record<string, unknown>): StreamPiece => event(opening, 'content_block_start', { index, content_block: { ...block, ...empty } })
  const close = event('close', 'content_block_stop', { index })
  switch (part.kind) {
    case 'thinking':
      return [
        open({ thinking: '', signature: '' }),
        ...(part.shown ? pieces(part.text).map((thinking) => delta({ type: 'thinking_delta', thinking }, thinking.length, true)) : []),
        event('close', 'content_block_delta', { index, delta: { type: 'signature_delta', signature: part.seal } }),
        close,
      ]
    case 'text':
    case 'refusal':
      return [open({ text: '' }), ...pieces(part.text).map((text) => delta({ type: 'text_delta', text }, text.length)), close]
    case 'tool':
      return [open({ input: {} }), delta({ type: 'input_json_delta', partial_json: '' }, 0), ...slices(part.argumentsJson).map((partial_json) => delta({ type: 'input_json_delta', partial_json }, partial_json.length)), close]
  }
}

function event(part: Part, type: string, payload: Record<string, unknown>, characters = 0, thinking = false): StreamPiece {
  return piece(part, namedEvent(type, { type, ...payload }), characters, thinking)
}
