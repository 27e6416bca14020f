// A signal before it has an id, a time and the call that showed it. Types only.
import type { RememberedCall } from './remembered-call.ts'
import type { SignalBasis, SignalKind } from './signal.ts'

export type Finding = {
  readonly kind: SignalKind
  readonly basis: SignalBasis
  /** The call it is about. */
  readonly call: RememberedCall
  readonly confidence: number
  readonly value?: number
  readonly survival?: number
}
