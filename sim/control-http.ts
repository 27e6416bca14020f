// The side channel over HTTP, under /__sim/: the same words as SimControl, for a person with curl. Only JSON requests may
// change anything, so that a page in a browser cannot.
import { z } from 'zod'
import { WeighbridgeError } from '../core/errors.ts'
import { CHANGEABLE, type SimControl } from './control.ts'
import { FAULTS } from './faults/table.ts'

const faultSchema = z.strictObject({ scope: z.string(), fault: z.string().nullable(), times: z.number().int().min(1).optional() })
const share = z.number().min(0).max(1).optional()
const behaveSchema = z.strictObject({ model: z.string(), ...Object.fromEntries(CHANGEABLE.map((name) => [name, share])) })
const outageSchema = z.strictObject({ provider: z.string(), on: z.boolean(), kind: z.enum(['reset', '503']).optional() })

export type ControlAnswer = { readonly status: number; readonly body: unknown }

/** Answers a request below /__sim/; `body` is the parsed JSON of a POST, `undefined` when it was not sent as JSON. */
export function answerControl(control: SimControl, method: string, path: string, body: unknown): ControlAnswer {
  const route = `${method} ${path}`
  try {
    switch (route) {
      case 'GET /__sim/truth':
        return { status: 200, body: { truth: control.truth() } }
      case 'GET /__sim/faults':
        return { status: 200, body: { active: control.faults(), known: Object.fromEntries(Object.entries(FAULTS).map(([name, fault]) => [name, fault.about])) } }
      case 'GET /__sim/unused':
        return { status: 200, body: { unused: control.unused() } }
      case 'POST /__sim/faults': {
        const { scope, fault, times } = faultSchema.parse(body)
        control.setFault(scope, fault, times === undefined ? {} : { times })
        return { status: 200, body: { active: control.faults() } }
      }
      case 'POST /__sim/behave': {
        const { model, ...behaviour } = behaveSchema.parse(body)
        control.behave(model, Object.keys(behaviour).length === 0 ? null : behaviour)
        return { status: 200, body: { model, ...behaviour } }
      }
      case 'POST /__sim/outage': {
        const { provider, on, kind } = outageSchema.parse(body)
        control.outage(provider, on, kind)
        return { status: 200, body: { provider, on } }
      }
      default:
        return { status: 404, body: { error: `No ${route} here.` } }
    }
  } catch (thrown) {
    if (thrown instanceof WeighbridgeError) return { status: 400, body: { error: `${thrown.message} ${thrown.remedy}` } }
    if (thrown instanceof z.ZodError) return { status: 400, body: { error: thrown.issues.map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`).join('; ') } }
    throw thrown
  }
}
