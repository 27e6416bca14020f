// A request's body → a JSON object, within bounds of bytes and depth.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { WeighbridgeError } from '../../core/errors.ts'
import { isObject, type JsonObject } from '../providers/json.ts'

/** Deepest nesting of a request; the official SDKs' largest schemas stay below 20. */
export const MAX_DEPTH = 128

/**
 * Reads a whole body. A client that waits for leave to send it (expect: 100-continue) gets it here, after every check that
 * needs no body. Throws `body_too_large`, `bad_request` (not a JSON object, too deep) or `client_closed`.
 */
export async function readJsonBody(request: IncomingMessage, response: ServerResponse, maxBytes: number): Promise<JsonObject> {
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) {
    // Read to nowhere, so that the client hears why instead of a broken pipe.
    request.resume()
    throw tooLarge(maxBytes)
  }
  allowBody(request, response)
  const body = await readBytes(request, maxBytes)
  let value: unknown
  try {
    value = JSON.parse(body.toString())
  } catch {
    throw new WeighbridgeError('bad_request', `The body of ${body.length} bytes is not valid JSON.`)
  }
  if (!isObject(value)) throw new WeighbridgeError('bad_request', 'The body is not a JSON object.')
  if (mayBeDeep(body)) checkDepth(value)
  return value
}

/** Tells a client that waits for it to send its body. */
export function allowBody(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue()
}

function tooLarge(maxBytes: number): WeighbridgeError {
  return new WeighbridgeError('body_too_large', `The body is larger than ${maxBytes} bytes.`)
}

// Leaving an async iteration early would destroy the socket and with it the answer that says why; events do not.
function readBytes(request: IncomingMessage, maxBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const gone = (cause?: unknown): void => {
      // `close` also follows a whole body; an error is only made (stack and all) when it is one.
      if (!request.complete) reject(new WeighbridgeError('client_closed', 'The client hung up inside its request.', { cause }))
    }
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= maxBytes) return void chunks.push(chunk)
      request.removeAllListeners('data')
      request.resume()
      reject(tooLarge(maxBytes))
    })
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)))
    request.on('close', () => gone())
    request.on('error', gone)
  })
}

/** Whether a text has more opening brackets than the allowed depth; almost none has, and finding them is far cheaper than looking at every value. */
function mayBeDeep(text: Buffer): boolean {
  let opened = 0
  for (const bracket of OPENING) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) if ((opened += 1) > MAX_DEPTH) return true
  }
  return false
}
/** `{` and `[`. */
const OPENING = [0x7b, 0x5b] as const

// Level by level instead of recursively: a hostile depth must not be able to exhaust the stack, here or when forwarding.
function checkDepth(root: JsonObject): void {
  let level: object[] = [root]
  for (let depth = 1; level.length > 0; depth += 1) {
    if (depth > MAX_DEPTH) throw new WeighbridgeError('bad_request', `The body is nested deeper than ${MAX_DEPTH} levels.`)
    const below: object[] = []
    for (const node of level) for (const member of Object.values(node)) if (typeof member === 'object' && member !== null) below.push(member)
    level = below
  }
}
