// When a simulated model calls tools: a user's text that holds `call:NAME` (or `call:NAME{"argument":"value"}`) makes it call that
// tool, several make several calls at once; a tool choice that forbids or demands calls is obeyed. Pure.
import type { Asked, ToolOffer } from '../surfaces/surface.ts'
import { valueFor } from './schema-value.ts'

export type WantedCall = { readonly name: string; readonly argumentsJson: string }

const TRIGGER = /call:([A-Za-z0-9_.-]+)(\{[^{}]*\})?/g
const MOST_CALLS = 16

/** The calls a request provokes; none when its tools have just answered, unless a call is demanded. */
export function wantedCalls(asked: Asked): WantedCall[] {
  const { tools, toolChoice } = asked
  if (toolChoice === 'none' || tools.length === 0) return []
  const demanded = toolChoice !== 'auto'
  if (asked.toolResults.length > 0 && !demanded) return []
  const only = typeof toolChoice === 'object' ? toolChoice.name : undefined
  const triggered = [...asked.question.matchAll(TRIGGER)].flatMap(([, name, args]): WantedCall[] => {
    const offer = tools.find((one) => one.name === name && (only === undefined || one.name === only))
    return offer === undefined ? [] : [call(offer, asked, args)]
  })
  const first = tools.find((one) => only === undefined || one.name === only)
  const calls = triggered.length === 0 && demanded && first !== undefined ? [call(first, asked, undefined)] : triggered
  return calls.slice(0, asked.parallelTools ? MOST_CALLS : 1)
}

function call(offer: ToolOffer, asked: Asked, given: string | undefined): WantedCall {
  if (given !== undefined && isJson(given)) return { name: offer.name, argumentsJson: given }
  const made = offer.schema === undefined || offer.schema === null ? {} : valueFor(offer.schema, `${offer.name}\n${asked.question}`)
  return { name: offer.name, argumentsJson: JSON.stringify(made ?? {}) }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
