// What the surface tests share: contexts, answers of every kind, streams cut into pieces, and the official clients fed with
// bytes instead of a network.
import Anthropic from '@anthropic-ai/sdk'
import fc from 'fast-check'
import OpenAI from 'openai'
import { WeighbridgeError } from '../../../core/errors.ts'
import { answerFacts, type AnswerEvent, type AnswerFacts, type ModelAnswer } from '../../../core/model-answer.ts'
import { WIRES, type Seal } from '../../../core/model-request.ts'
import { usageOf } from '../../../core/usage.ts'
import { eventsOf } from '../../../router/http/surfaces/blocks.ts'
import type { AnswerContext, Surface } from '../../../router/http/surfaces/surface.ts'
import type { StreamPart } from '../../../router/providers/adapter.ts'
import { parseObject, type JsonObject } from '../../../router/providers/json.ts'

/** The context of a call whose client sent this body. */
export function contextOf(surface: Surface, body: JsonObject): AnswerContext {
  return { asked: surface.read(body), model: 'served-model', id: '0123456789abcdef', createdS: 1_800_000_000, requestId: 'req_1' }
}

/** A part of another wire that carries these events. */
export function translatedPart(events: readonly AnswerEvent[]): StreamPart {
  return { kind: 'output', event: undefined, data: '', json: undefined, events, characters: 0 }
}

/** A part of the surface's own wire as the provider sent it. */
export function ownPart(data: string, kind: StreamPart['kind'] = 'output', event?: string): StreamPart {
  return { kind, event, data, json: parseObject(data), events: [], characters: 0 }
}

/** All bytes of a translated stream. */
export function streamed(surface: Surface, context: AnswerContext, events: readonly AnswerEvent[], facts: AnswerFacts): string {
  const writer = surface.writer(context)
  return events.map((event) => writer.translated(translatedPart([event]))).join('') + writer.end(facts)
}

/** The data of each event, parsed; `[DONE]` as its text. */
export function dataOf(bytes: string): unknown[] {
  return bytes
    .split('\n\n')
    .filter((block) => block !== '')
    .map((block) => block.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : [])).join('\n'))
    .map((data) => (data === '[DONE]' ? data : JSON.parse(data)))
}

/** An official OpenAI client that gets these bytes as its answer, whatever it asks. */
export function openaiFed(bytes: string, type = 'text/event-stream', status = 200): OpenAI {
  return new OpenAI({ apiKey: 'none', baseURL: 'http://router.invalid/v1', maxRetries: 0, fetch: async () => new Response(bytes, { status, headers: { 'content-type': type } }) })
}

/** The same for Anthropic's. */
export function anthropicFed(bytes: string, type = 'text/event-stream', status = 200): Anthropic {
  return new Anthropic({ apiKey: 'none', baseURL: 'http://router.invalid', maxRetries: 0, fetch: async () => new Response(bytes, { status, headers: { 'content-type': type } }) })
}

/** The error that a reading ends in; fails the test when it ends otherwise. */
export function refusalOf(read: () => unknown): WeighbridgeError {
  try {
    read()
  } catch (thrown) {
    if (thrown instanceof WeighbridgeError) return thrown
    throw thrown
  }
  throw new Error('nothing was thrown')
}

export const FULL_USAGE = usageOf({ inputTotal: 120, cacheRead: 80, cacheWrite: 10, cacheWrite1h: 4, outputTotal: 40, reasoning: 15 })
export const KNOWN_FACTS = answerFacts({ responseId: 'upstream-1', servedModel: 'served-model', usage: FULL_USAGE })

const text = fc.string({ minLength: 1, maxLength: 24, unit: 'grapheme' })
const seal: fc.Arbitrary<Seal> = fc.record({ wire: fc.constantFrom(...WIRES), value: fc.stringMatching(/^[A-Za-z0-9+/=._-]{1,24}$/) })
const argumentsJson = fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), fc.oneof(fc.integer(), fc.string({ maxLength: 8 }), fc.boolean()), { maxKeys: 3 }).map((value) => JSON.stringify(value))

const part = fc.oneof(
  fc.record({ kind: fc.constant('text' as const), text }),
  fc.record({ kind: fc.constant('reasoning' as const), text }),
  fc.record({ kind: fc.constant('reasoning' as const), text: fc.oneof(text, fc.constant('')), seal }),
  fc.record({ kind: fc.constant('reasoning' as const), text: fc.constant(''), seal, redacted: fc.constant(true) }),
  fc.record({ kind: fc.constant('tool_call' as const), name: fc.stringMatching(/^[a-z_]{1,12}$/), argumentsJson }),
  fc.record({ kind: fc.constant('tool_call' as const), name: fc.stringMatching(/^[a-z_]{1,12}$/), argumentsJson, seal }),
)

/** Any answer: parts in any order, those that would run together kept apart. */
export const anyAnswer: fc.Arbitrary<ModelAnswer> = fc
  .record({ parts: fc.array(part, { minLength: 1, maxLength: 6 }), refusal: fc.option(text, { nil: undefined }), finish: fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter', 'refusal', 'pause') })
  .map(({ parts, refusal, finish }) => {
    const apart = parts.filter((one, index) => {
      const before = parts[index - 1]
      const runsOn = one.kind === before?.kind && (one.kind === 'text' || (one.kind === 'reasoning' && !('seal' in before)))
      return !runsOn
    })
    const numbered = apart.map((one, index) => (one.kind === 'tool_call' ? { ...one, id: `call_${index}` } : one))
    // A redacted or sealed part after an unsealed one would close it; what is left is what streams can say.
    const sayable = numbered.filter((one, index) => !(one.kind === 'reasoning' && numbered[index - 1]?.kind === 'reasoning' && !('redacted' in one)))
    return { parts: refusal === undefined ? sayable : [...sayable, { kind: 'refusal' as const, text: refusal }], finish, stopSequence: undefined, logprobs: undefined }
  })

/** The answer as a stream in pieces of the given sizes, taken in turn. */
export function piecesOf(answer: ModelAnswer, sizes: readonly number[]): AnswerEvent[] {
  let turn = 0
  const cut = (whole: string): string[] => {
    const pieces: string[] = []
    for (let at = 0; at < whole.length; ) {
      const size = sizes[turn % Math.max(1, sizes.length)] ?? whole.length
      turn += 1
      pieces.push(whole.slice(at, at + size))
      at += size
    }
    return pieces.length === 0 ? [whole] : pieces
  }
  const events = eventsOf(answer).flatMap((event): AnswerEvent[] => {
    if (event.kind === 'text' || event.kind === 'reasoning' || event.kind === 'refusal') return cut(event.text).map((piece) => ({ ...event, text: piece }))
    return event.kind === 'tool_arguments' ? cut(event.json).map((piece) => ({ ...event, json: piece })) : [event]
  })
  return answer.finish === undefined ? events : [...events, { kind: 'finish', finish: answer.finish }]
}

export const pieceSizes = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 })

/** The body with any JSON value in place of one of its values, at any depth, or with one of them gone. */
export function damaged(body: JsonObject): fc.Arbitrary<JsonObject> {
  const places: (readonly (string | number)[])[] = []
  const visit = (value: unknown, path: readonly (string | number)[]): void => {
    if (path.length > 0) places.push(path)
    if (Array.isArray(value)) for (const [index, item] of value.entries()) visit(item, [...path, index])
    else if (typeof value === 'object' && value !== null) for (const [member, item] of Object.entries(value)) visit(item, [...path, member])
  }
  visit(body, [])
  const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(null, '', 0, -1, 1e308, [], {}, [null], [[]], { type: 'x' }, [{ type: 7 }], [{}]))
  return fc.record({ place: fc.constantFrom(...places), value }).map(({ place, value: put }) => {
    const copy = structuredClone(body)
    let holder: unknown = copy
    for (const step of place.slice(0, -1)) holder = (holder as Record<string | number, unknown>)[step]
    ;(holder as Record<string | number, unknown>)[place.at(-1) ?? ''] = put
    return copy
  })
}
