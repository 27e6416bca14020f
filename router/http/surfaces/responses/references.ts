// References to answers that we wrote: `previous_response_id` and `item_reference` of another wire's answer are filled in from
// memory, since no provider knows them. References to a provider's own stay as they are. Pure but for the memory it is given.
import { WeighbridgeError } from '../../../../core/errors.ts'
import { isObject, listAt, type JsonObject } from '../../../providers/json.ts'
import { fault } from '../faults.ts'
import { isOurItemId, isOurResponseId } from '../ids.ts'
import type { AnswerContext, AnswerMemory } from '../surface.ts'

/** The body with everything said that it refers to; the same object where it refers to nothing of ours. Throws `unknown_response`, or `bad_request` for an item referred to twice. */
export function withReferences(body: JsonObject, memory: AnswerMemory | undefined): JsonObject {
  const previous = body['previous_response_id']
  const input = body['input']
  const refers = Array.isArray(input) && (input as readonly unknown[]).some(isOurReference)
  if (!refers && !isOurResponseId(previous)) return body
  const items: readonly unknown[] = Array.isArray(input) ? input : conversationOf(body)
  const seen = new Set<unknown>()
  const said = items.flatMap((item): readonly unknown[] => {
    if (!isOurReference(item)) return [item]
    // A short request must not become a long one: an item said twice would be a copy of what memory holds each time.
    if (seen.has(item['id'])) throw fault('input', 'refers to one item twice')
    seen.add(item['id'])
    return recalled(String(item['id']), memory)
  })
  if (!isOurResponseId(previous)) return { ...body, input: said }
  const { previous_response_id: _filledIn, ...rest } = body
  return { ...rest, input: [...recalled(previous, memory), ...said] }
}

function isOurReference(item: unknown): item is JsonObject {
  return isObject(item) && item['type'] === 'item_reference' && isOurItemId(item['id'])
}

function recalled(id: string, memory: AnswerMemory | undefined): readonly JsonObject[] {
  const items = memory?.recall(id)
  if (items === undefined) throw new WeighbridgeError('unknown_response', `"${id.slice(0, 128)}" is not kept here any more.`, { details: { param: isOurResponseId(id) ? 'previous_response_id' : 'input' } })
  return items
}

/** The input as items, with what it refers to already filled in. */
export function conversationOf(body: JsonObject): readonly JsonObject[] {
  const input = body['input']
  return typeof input === 'string' ? [{ role: 'user', content: input }] : listAt(body, 'input').filter(isObject)
}

/** Keeps a whole answer under its own id and each of its items' ids, unless the client wants nothing stored. */
export function keepAnswer(context: AnswerContext, id: string, output: readonly JsonObject[]): void {
  const { memory, asked } = context
  if (memory === undefined || asked.native['store'] === false) return
  for (const item of output) if (isOurItemId(item['id'])) memory.keep(item['id'], [item], weightOf(item))
  const said = [...(asked.conversation ?? []), ...output]
  memory.keep(id, said, weightOf(said))
}

/** What every value takes beside its text: its place in its holder, its header. */
const VALUE_BYTES = 16

/** About how many bytes a value takes in memory; a request's depth is bounded (http/body.ts). Tokens would not do: an image is a few of them. */
function weightOf(value: unknown): number {
  if (typeof value === 'string') return VALUE_BYTES + value.length
  let bytes = VALUE_BYTES
  if (Array.isArray(value)) for (const item of value as readonly unknown[]) bytes += weightOf(item)
  else if (isObject(value)) for (const member of Object.keys(value)) bytes += VALUE_BYTES + weightOf(value[member])
  return bytes
}
