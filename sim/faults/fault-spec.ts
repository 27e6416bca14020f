// A fault as a person writes it: its name, then numbers if wanted, `rate_limit_429;retry_after_ms=500`. Pure.
import { WeighbridgeError } from '../../core/errors.ts'
import { FAULTS, FAULT_NAMES, type Fault, type FaultName } from './table.ts'

/** A fault with all its numbers. */
export type FaultSpec = { readonly name: FaultName; readonly param: (name: string) => number }

/** Reads a fault. Throws `usage` naming the known ones, or the numbers this one takes. */
export function parseFault(text: string): FaultSpec {
  const [head = '', ...rest] = text.split(';').map((piece) => piece.trim())
  const name = FAULT_NAMES.find((known) => known === head)
  if (name === undefined) throw new WeighbridgeError('usage', `There is no fault "${head}".`, { remedy: `Known faults: ${FAULT_NAMES.join(', ')}.` })
  const { params = {} }: Fault = FAULTS[name]
  const given = new Map(Object.entries(params))
  for (const piece of rest) {
    const [key = '', value = ''] = piece.split('=')
    if (!given.has(key) || value === '' || !Number.isFinite(Number(value))) {
      throw new WeighbridgeError('usage', `The fault ${name} takes no "${piece}".`, { remedy: `Numbers it takes: ${Object.keys(params).join(', ') || 'none'}.` })
    }
    given.set(key, Number(value))
  }
  return { name, param: (key) => given.get(key) ?? 0 }
}
