// What an operator may ask of a running collector, over the same door and behind the same token: how it stands, dead letters taken up
// again, somebody forgotten. JSON in and out; errors as { error: { code, message, remedy } }.
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import { SUBJECTS, type Subject } from '../write/forgotten.ts'
import type { Answer } from './answers.ts'
import { readBody } from './body.ts'

export interface CollectorAdmin {
  /** How it stands, for `doctor`. */
  status(): Promise<unknown>
  replay(): Promise<unknown>
  forget(subject: Subject, name: string): Promise<unknown>
}

const MOST_BODY_BYTES = 64 * 1024
const forgetSchema = z.strictObject({ subject: z.enum(SUBJECTS), name: z.string().min(1).max(4096) })

/** Whether a path is one of these. */
export function isAdminPath(path: string): boolean {
  return path.startsWith('/admin/')
}

const json = (status: number, value: unknown): Answer => ({ status, headers: { 'content-type': 'application/json', 'cache-control': 'no-store' }, body: JSON.stringify(value) })

/** Answers a request whose sender was let in. Never throws. */
export async function answerAdmin(admin: CollectorAdmin, request: IncomingMessage, path: string): Promise<Answer> {
  try {
    if (path === '/admin/status' && request.method === 'GET') return json(200, await admin.status())
    if (request.method !== 'POST') throw new WeighbridgeError('method_not_allowed', `${path} takes POST, not ${request.method ?? ''}.`)
    // A page of another origin can post a form, but not JSON.
    if (request.headers['content-type']?.split(';')[0]?.trim() !== 'application/json') throw new WeighbridgeError('unsupported_media_type', 'Send application/json.')
    const { plain } = await readBody(request, false, MOST_BODY_BYTES)
    if (path === '/admin/replay') return json(200, await admin.replay())
    if (path === '/admin/forget') {
      const { subject, name } = forgetSchema.parse(JSON.parse(plain.toString()))
      return json(200, await admin.forget(subject, name))
    }
    throw new WeighbridgeError('route_not_found', `There is nothing at ${path.slice(0, 80)}.`)
  } catch (thrown) {
    const error = thrown instanceof SyntaxError || thrown instanceof z.ZodError ? new WeighbridgeError('bad_request', `Give { "subject": one of ${SUBJECTS.join(', ')}, "name": … }.`) : asWeighbridgeError(thrown)
    const { code, message, remedy } = error
    return json(error.answer.httpStatus, { error: { code, message, remedy } })
  }
}
