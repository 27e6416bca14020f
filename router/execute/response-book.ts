// Which target holds a stored response of the Responses API, so that a request that goes on from it (previous_response_id)
// reaches the provider, and the provider's key, that has it; and whose it is. In memory and bounded: what is forgotten is treated
// as unknown.
import type { Target } from '../../core/config.ts'

/** Most responses remembered; at about 200 bytes each, some 4 MB. */
const MOST_RESPONSES = 20_000

/** Longest id that is remembered; OpenAI's have some 60 characters. */
const LONGEST_ID = 512

export type Holder = {
  readonly target: string
  readonly provider: string
  readonly model: string
  readonly keyNumber: number | undefined
  /** Our own key that the response was given to; `undefined`: none was needed. */
  readonly keyId: string | undefined
}

/** The newest responses, by the id the client got. */
export class ResponseBook {
  readonly #holders = new Map<string, Holder>()
  readonly #most: number

  constructor(most = MOST_RESPONSES) {
    this.#most = most
  }

  remember(id: string, target: Target, keyNumber: number | undefined, keyId?: string): void {
    if (id.length > LONGEST_ID) return
    this.#holders.delete(id)
    this.#holders.set(id, { target: target.name, provider: target.provider.name, model: target.model, keyNumber, keyId })
    if (this.#holders.size <= this.#most) return
    const oldest = this.#holders.keys().next()
    if (oldest.done !== true) this.#holders.delete(oldest.value)
  }

  /** `undefined`: never seen here, or forgotten. */
  holder(id: string): Holder | undefined {
    return this.#holders.get(id)
  }
}
