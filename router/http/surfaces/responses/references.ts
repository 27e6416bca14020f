// References to answers that we wrote: `previous_response_id` and `item_reference` of another wire's answer are filled in from
// memory, since no provider knows them. References to a provider's own stay as they are. Pure but for the memory it is given.
import { WeighbridgeError } from '../../../../core/errors.ts'
import { isObject, listAt, type JsonObject } from '../../../providers/json.ts'
import { isOurItemId, isOurResponseId } from '../ids.ts'
import type { AnswerContext, AnswerMemory } from '../surface.ts'

/** The body with everything said that it refers to; the same object where it refers to nothing of ours. Throws `unknown_response`. */
export function withReferences(body: JsonObject, memory: AnswerMemory | undefined): JsonObject {
  const previous = body['previous_response_id']
  const input = body['input']
  const refers = Array.isArray(input) && (input as readonly unknown[]).some(isOurReference)
  if (!refers && !isOurResponseId(previous)) return body
  const items: readonly unknown[] = Array.isArray(input) ? input : conversationOf(body)
  const said = items.flatMap((item): readonly unknown[] => (isOurReference(item) ? recalled(String(item['id']), memory) : [item]))
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
  let bytes = 0
  for (const item of output) {
    const size = JSON.stringify(item).length
    bytes += size
    if (isOurItemId(item['id'])) memory.keep(item['id'], [item], size)
  }
  // What was said before weighs about what its tokens do.
  memory.keep(id, [...(asked.conversation ?? []), ...output], asked.inputTokens * 4 + bytes)
}
