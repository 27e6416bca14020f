// Ids of tool calls that a provider left unnamed. Pure.
import { amountAt, textAt, type JsonObject } from '../json.ts'

/**
 * Ids by the number of the call, made from the answer's own id (or its time): the same however the answer came, and unlike those of
 * other answers in one conversation. Letters that all APIs take.
 */
export function callIds(body: JsonObject): (index: number) => string {
  return (index) => {
    const answer = (textAt(body, 'id') ?? '').replaceAll(/[^A-Za-z0-9_-]/g, '').slice(-32)
    return `call_${answer === '' ? (amountAt(body, 'created') ?? 0) : answer}_${index}`
  }
}
