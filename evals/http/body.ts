// The body of an admin request: bounded, JSON, and of a known shape.
import type { IncomingMessage } from 'node:http'
import type { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'

const MAX_BODY_BYTES = 64 * 1024

/** Reads a JSON body; none at all counts as `{}`. Throws `body_too_large`, `unsupported_media_type`, `bad_request`. */
export async function readBody<T>(request: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    const piece = Buffer.from(chunk)
    bytes += piece.byteLength
    if (bytes > MAX_BODY_BYTES) throw new WeighbridgeError('body_too_large', `The body is larger than ${MAX_BODY_BYTES} bytes.`, { remedy: 'Send a smaller body.' })
    chunks.push(piece)
  }
  const text = Buffer.concat(chunks).toString('utf8')
  if (text.trim() !== '' && !/^application\/json\b/i.test(request.headers['content-type'] ?? '')) throw new WeighbridgeError('unsupported_media_type', `The body is ${request.headers['content-type'] ?? 'of no stated type'}, not JSON.`)
  let value: unknown = {}
  try {
    if (text.trim() !== '') value = JSON.parse(text)
  } catch (cause) {
    throw new WeighbridgeError('bad_request', 'The body is not JSON.', { cause })
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  throw new WeighbridgeError('bad_request', `The body has ${parsed.error.issues.map((issue) => `${issue.path.join('.') || '(top level)'}: ${issue.message}`).join('; ')}.`)
}
