// How a router that follows another asks it for slices of budgets: one request over HTTP, with a short deadline, and what is wrong with
// its answer as one error.
import { request } from 'undici'
import { WeighbridgeError } from '../../core/errors.ts'
import { leaseAnswer } from '../../core/leases.ts'
import type { AskPrimary } from '../limits/lease-line.ts'

/** Longest that one question may take; a call that needs more than it has waits less. */
const TIMEOUT_MS = 1_500
const LARGEST_BYTES = 4 * 1024 * 1024

/** `key`: an admin key of the primary; `undefined` where it wants none. The result rejects with `primary_unreachable`. */
export function askPrimaryAt(url: string, key: string | undefined): AskPrimary {
  const path = `${url.replace(/\/+$/, '')}/admin/budgets/lease`
  return async (asked) => {
    const answer = await request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) },
      body: JSON.stringify(asked),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((cause: unknown) => {
      throw new WeighbridgeError('primary_unreachable', `${path} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })
    })
    if (Number(answer.headers['content-length'] ?? 0) > LARGEST_BYTES) {
      answer.body.destroy()
      throw new WeighbridgeError('primary_unreachable', `${path} answered more than ${LARGEST_BYTES} bytes`)
    }
    const text = await answer.body.text()
    if (answer.statusCode !== 200) {
      const locked = answer.statusCode === 401 || answer.statusCode === 403
      throw new WeighbridgeError('primary_unreachable', `${path} answered HTTP ${answer.statusCode}${locked ? ': WEIGHBRIDGE_PRIMARY_KEY must be a key of the primary with scope admin' : ''}`)
    }
    const parsed = leaseAnswer.safeParse(parseJson(text))
    if (!parsed.success || parsed.data.cells.length !== asked.cells.length) throw new WeighbridgeError('primary_unreachable', `${path} answered something else: is it a weighbridge router of this version?`)
    return parsed.data
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
