// Answers that the Responses API keeps, so that a later request may go on from one by its id. In memory, bounded.

const MOST_KEPT = 1_000

export interface Conversations {
  /** The conversation up to and with this answer, as one text; `undefined` for an id nobody kept. */
  readonly recall: (id: string) => string | undefined
  readonly keep: (id: string, conversation: string) => void
}

/** An empty memory. */
export function conversations(): Conversations {
  const kept = new Map<string, string>()
  return {
    recall: (id) => kept.get(id),
    keep(id, conversation) {
      kept.set(id, conversation)
      const [oldest] = kept.keys()
      if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest)
    },
  }
}
