// Thought signatures: what a simulated provider signs its thinking with, so that it can refuse what it did not sign. Only the
// wire and the provider that made one accept it, and only unaltered. No cryptography: nobody here is an attacker.
import { fnv1a } from '../../core/seams.ts'

/** A signature of a thinking text. */
export function sealFor(wire: string, provider: string, text: string): string {
  const claim = [wire, provider, fnv1a(text).toString(36), text.length.toString(36)].join(' ')
  return Buffer.from(`${claim} ${proof(claim)}`).toString('base64')
}

/** Why a signature is not one of this wire and provider (for this text, where it comes with one); `undefined` when it is. */
export function sealFault(seal: string, wire: string, provider: string, text: string | undefined): 'altered' | 'foreign' | 'other_text' | undefined {
  const [madeBy = '', owner = '', hash = '', length = '', signed = ''] = Buffer.from(seal, 'base64').toString('utf8').split(' ')
  if (signed !== proof([madeBy, owner, hash, length].join(' '))) return 'altered'
  if (Buffer.from(Buffer.from(seal, 'base64')).toString('base64') !== seal) return 'altered'
  if (madeBy !== wire || owner !== provider) return 'foreign'
  // A text that was never shown comes back empty.
  return text === undefined || text === '' || hash === fnv1a(text).toString(36) ? undefined : 'other_text'
}

function proof(claim: string): string {
  return `${fnv1a(`${claim} sealed`).toString(36)}${fnv1a(`again ${claim}`).toString(36)}`
}
