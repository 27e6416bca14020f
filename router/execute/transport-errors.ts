// What goes wrong between us and a provider's socket, as errors of ours: connections that broke, and our own that were all in
// use. Pure but for looking at a pool's counts; it never shows an address or a body.
import { Pool, type Dispatcher } from 'undici'
import { WeighbridgeError } from '../../core/errors.ts'

/** Whether a request waits for one of our own connections to fall free, rather than for the provider to accept a new one. */
export function isFull(dispatcher: Dispatcher): boolean {
  return dispatcher instanceof Pool && dispatcher.stats.queued > 0 && dispatcher.stats.connected > 0
}

/** Not the provider's failure: it must not open its breaker, only send calls elsewhere for a moment. */
export function allBusy(): WeighbridgeError {
  return new WeighbridgeError('provider_overloaded', 'All connections to the provider were busy for too long.', { remedy: "Raise the provider's max_connections, or add a link at another provider.", details: { cause: 'max_connections' } })
}

/** What a broken connection means: before the head nothing was answered; after it the answer is cut. */
export function transportError(error: Error, answered: boolean): WeighbridgeError {
  if (error instanceof WeighbridgeError) return error
  const name = 'code' in error && typeof error.code === 'string' ? error.code : error.name
  const options = { cause: error, details: { cause: name } }
  if (name === 'UND_ERR_CONNECT_TIMEOUT') return new WeighbridgeError('provider_timeout_connect', 'The connection to the provider timed out.', options)
  if (name.startsWith('HPE_') || name === 'UND_ERR_HEADERS_OVERFLOW' || name === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') {
    return new WeighbridgeError(answered ? 'provider_stream_cut' : 'provider_malformed', `The provider broke HTTP (${name}).`, options)
  }
  if (answered) return new WeighbridgeError('provider_stream_cut', `The provider's connection broke inside its answer (${name}).`, options)
  return new WeighbridgeError('provider_unreachable', `The provider could not be reached (${name}).`, options)
}
