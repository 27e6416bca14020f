// JSON text to a value, with our own error for what is not JSON.
import { WeighbridgeError } from '../../../core/errors.ts'

/** Parses. Throws `probes_unreadable`. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    throw new WeighbridgeError('probes_unreadable', `The file is not JSON: ${cause instanceof Error ? cause.message : 'unknown'}`, { cause, remedy: 'Check that the file is of the format named in the command.' })
  }
}
