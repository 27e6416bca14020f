// A Response as the events of a stream, in the order and with the members that openai 7.57 types: created, in_progress, each
// item with its parts, and completed or incomplete at the end, numbered from 0.
import { logprobsOf } from '../../behaviour/logprobs.ts'
import { pieces, slices } from '../../behaviour/tokens.ts'
import { piece, type Asked, type Part, type Said, type SaidPart, type StreamPiece } from '../surface.ts'
import { finalResponse, itemId, itemOf, responseShell, textPart } from './write.ts'

type Event = { readonly part: Part; readonly type: string; readonly payload: Record<string, unknown>; readonly characters?: number; readonly thinking?: boolean }

/** See `Surface.events`. */
export function responseEvents(said: Said, asked: Asked): StreamPiece[] {
  const shell = responseShell(said, asked, 'in_progress')
  const final = finalResponse(said, asked)
  const events: Event[] = [
    { part: 'start', type: 'response.created', payload: { response: shell } },
    { part: 'start', type: 'response.in_progress', payload: { response: shell } },
    ...said.choices[0].parts.flatMap((part, index) => partEvents(part, index, said, asked)),
    { part: 'end', type: `response.${String(final['status'])}`, payload: { response: final } },
  ]
  return events.map(({ part, type, payload, characters, thinking }, number) => piece(part, namedEvent(type, { type, sequence_number: number, ...payload }), characters, thinking))
}

function partEvents(part: SaidPart, output_index: number, said: Said, asked: Asked): Event[] {
  const item_id = itemId(said, part, output_index)
  const [done] = itemOf(part, item_id, asked, 'completed')
  if (done === undefined) return []
  const opening: Part = output_index === 0 ? 'start' : 'close'
  const at = { item_id, output_index }
  return [
    { part: opening, type: 'response.output_item.added', payload: { output_index, item: emptied(done) } },
    ...inner(part, at, opening, asked),
    { part: 'close', type: 'response.output_item.done', payload: { output_index, item: done } },
  ]
}

/** The item as it is when it is added: nothing in it yet. */
function emptied(item: Record<string, unknown>): Record<string, unknown> {
  const empty: Record<string, unknown> = { ...item }
  if ('content' in empty) empty['content'] = []
  if ('summary' in empty) empty['summary'] = []
  if ('arguments' in empty) empty['arguments'] = ''
  if ('status' in empty) empty['status'] = 'in_progress'
  return empty
}

function inner(part: SaidPart, at: { item_id: string; output_index: number }, opening: Part, asked: Asked): Event[] {
  switch (part.kind) {
    case 'thinking': {
      if (!part.shown || part.text === '') return []
      const where = { ...at, summary_index: 0 }
      return [
        { part: opening, type: 'response.reasoning_summary_part.added', payload: { ...where, part: { type: 'summary_text', text: '' } } },
        ...pieces(part.text).map((delta): Event => ({ part: 'output', type: 'response.reasoning_summary_text.delta', payload: { ...where, delta }, characters: delta.length, thinking: true })),
        { part: 'close', type: 'response.reasoning_summary_text.done', payload: { ...where, text: part.text } },
        { part: 'close', type: 'response.reasoning_summary_part.done', payload: { ...where, part: { type: 'summary_text', text: part.text } } },
      ]
    }
    case 'text': {
      const where = { ...at, content_index: 0 }
      const logprobs = (text: string): unknown => (asked.topLogprobs === undefined ? [] : logprobsOf([text], asked.topLogprobs))
      const whole = textPart(part.text, asked)
      return [
        { part: opening, type: 'response.content_part.added', payload: { ...where, part: textPart('', asked) } },
        ...pieces(part.text).map((delta): Event => ({ part: 'output', type: 'response.output_text.delta', payload: { ...where, delta, logprobs: logprobs(delta) }, characters: delta.length })),
        { part: 'close', type: 'response.output_text.done', payload: { ...where, text: part.text, logprobs: whole['logprobs'] } },
        { part: 'close', type: 'response.content_part.done', payload: { ...where, part: whole } },
      ]
    }
    case 'refusal': {
      const where = { ...at, content_index: 0 }
      return [
        { part: opening, type: 'response.content_part.added', payload: { ...where, part: { type: 'refusal', refusal: '' } } },
        ...pieces(part.text).map((delta): Event => ({ part: 'output', type: 'response.refusal.delta', payload: { ...where, delta }, characters: delta.length })),
        { part: 'close', type: 'response.refusal.done', payload: { ...where, refusal: part.text } },
        { part: 'close', type: 'response.content_part.done', payload: { ...where, part: { type: 'refusal', refusal: part.text } } },
      ]
    }
    case 'tool':
      return [
        ...slices(part.argumentsJson).map((delta): Event => ({ part: 'output', type: 'response.function_call_arguments.delta', payload: { ...at, delta }, characters: delta.length })),
        { part: 'close', type: 'response.function_call_arguments.done', payload: { ...at, name: part.name, arguments: part.argumentsJson } },
      ]
  }
}

/** One event of a stream that names its events. */
export function namedEvent(name: string, payload: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(payload)}\n\n`
}
