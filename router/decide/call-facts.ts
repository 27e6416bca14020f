// What a surface knows of a call before anything is decided: read from headers, metadata and body, already checked.
import type { Purpose } from '../../core/attributes.ts'

/** Everything that the decision and the spans need to know of a request; no prompt text. */
export type CallFacts = {
  /** The client's `model` field. */
  readonly model: string
  /** Task named by the caller's header or metadata. */
  readonly task: string | undefined
  /** Target named by x-weighbridge-pin. */
  readonly pin: string | undefined
  readonly failover: boolean
  /** USD per 1,000 tokens, the caller's own ceiling. */
  readonly maxCostPer1k: number | undefined
  /** USD, bound on the whole call. */
  readonly maxCostUsd: number | undefined
  /** USD and calls, the caller's own bounds on the trace or session that the call belongs to; left out: none. */
  readonly maxTraceUsd?: number | undefined
  readonly maxSteps?: number | undefined
  readonly purpose: Purpose
  readonly sessionId: string | undefined
  readonly userId: string | undefined
  /** `key=value` strings. */
  readonly tags: readonly string[]
  /** The client's reasoning_effort. */
  readonly effort: string | undefined
  readonly stream: boolean
  /** Estimated input tokens. */
  readonly inputTokens: number
  /** Most output tokens the client allows; `undefined`: no limit. */
  readonly maxOutputTokens: number | undefined
}
