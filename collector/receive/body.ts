// A request's body → its bytes, bounded before and after decompression. Nothing is decoded here.
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { WeighbridgeError } from '../../core/errors.ts'

const inflate = promisify(gunzip)

/** `raw` as it came over the wire, `plain` without compression. */
export type Body = { readonly raw: Buffer; readonly plain: Buffer; readonly compressed: boolean }

function tooLarge(maxBytes: number): WeighbridgeError {
  return new WeighbridgeError('body_too_large', `The body is larger than ${maxBytes} bytes.`, { remedy: 'Send smaller batches, or raise collector.max_body_bytes.' })
}

/** Whether a Content-Encoding is gzip. Throws `unsupported_media_type` for what is neither gzip nor identity. */
export function isCompressed(encoding: string | undefined): boolean {
  const name = encoding?.trim().toLowerCase() ?? 'identity'
  if (name === 'gzip') return true
  if (name === 'identity' || name === '') return false
  throw new WeighbridgeError('unsupported_media_type', `The content encoding "${name.slice(0, 40)}" is not accepted.`, { remedy: 'Send gzip or no compression.' })
}

/** What a chunked body is taken for until more of it has come. */
const UNDECLARED_BYTES = 1024 * 1024

/** Bytes to expect of a request, by what it says. Throws `body_too_large` when that is too many already. */
export function expectedBytes(request: IncomingMessage, maxBytes: number): number {
  const declared = Number(request.headers['content-length'] ?? UNDECLARED_BYTES)
  if (declared > maxBytes && request.headers['content-length'] !== undefined) throw tooLarge(maxBytes)
  return declared
}

/** Reads the whole body; `onBytes` is told how much of it there is so far, and may throw. Throws `body_too_large`, `otlp_undecodable` for a broken gzip stream, `client_closed`. */
export async function readBody(request: IncomingMessage, compressed: boolean, maxBytes: number, onBytes: (bytes: number) => void = () => undefined): Promise<Body> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    // Leaving the loop early must not cut the connection: the answer still has to reach the sender.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const piece: Buffer = chunk
      bytes += piece.length
      if (bytes > maxBytes) throw tooLarge(maxBytes)
      onBytes(bytes)
      chunks.push(piece)
    }
  } catch (cause) {
    if (cause instanceof WeighbridgeError) throw cause
    throw new WeighbridgeError('client_closed', 'The sender hung up.', { cause })
  }
  const raw = Buffer.concat(chunks, bytes)
  if (!compressed) return { raw, plain: raw, compressed }
  try {
    return { raw, plain: await inflate(raw, { maxOutputLength: maxBytes }), compressed }
  } catch (cause) {
    if (cause instanceof RangeError || (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE')) throw tooLarge(maxBytes)
    throw new WeighbridgeError('otlp_undecodable', 'The body is not a gzip stream.', { cause })
  }
}
