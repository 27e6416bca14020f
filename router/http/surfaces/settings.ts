// Settings that several surfaces spell alike. Pure.
import type { ModelRequest } from '../../../core/model-request.ts'
import type { JsonObject } from '../../providers/json.ts'
import { fault, numberAt } from './faults.ts'

/** Stop sequences: one or a list. Throws `bad_request`. */
export function stopsOf(value: unknown, path: string): readonly string[] {
  if (value === undefined || value === null) return []
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list.map((stop, index) => {
    if (typeof stop !== 'string') throw fault(Array.isArray(value) ? `${path}.${index}` : path, 'must be a string')
    return stop
  })
}

/** Anthropic's `thinking`, which others took over: enabled with a budget, adaptive, or disabled; `display: omitted` hides the text. Throws `bad_request`. */
export function thinkingOf(thinking: JsonObject, path: string): ModelRequest['thinking'] {
  const type = thinking['type']
  if (type !== 'enabled' && type !== 'adaptive' && type !== 'disabled') throw fault(`${path}.type`, 'must be enabled, adaptive or disabled')
  return { enabled: type !== 'disabled', budgetTokens: numberAt(thinking, 'budget_tokens'), show: thinking['display'] !== 'omitted' }
}
