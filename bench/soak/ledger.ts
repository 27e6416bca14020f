// The oracle's books: what was issued, what was acknowledged (a debt), what a damaged disk may have taken, and the judgement over
// what is stored. Pure.

/** A span: trace id and span id in hex. */
export type SpanId = string

export type Verdict = { readonly lost: readonly SpanId[]; readonly double: readonly SpanId[]; readonly foreign: readonly SpanId[]; readonly forgivenAbsent: number }

export class Ledger {
  readonly #issued = new Set<SpanId>()
  readonly #debts = new Set<SpanId>()
  readonly #forgiven = new Set<SpanId>()

  issue(ids: readonly SpanId[]): void {
    for (const id of ids) this.#issued.add(id)
  }

  /** An answer of 200: from here on these must be there. */
  acknowledge(ids: readonly SpanId[]): void {
    for (const id of ids) {
      this.#issued.add(id)
      this.#debts.add(id)
    }
  }

  /** Acknowledged bytes were destroyed on disk on purpose: absence is excused, doubling is not. */
  forgive(ids: readonly SpanId[]): void {
    for (const id of ids) this.#forgiven.add(id)
  }

  counts(): { readonly issued: number; readonly debts: number; readonly forgiven: number } {
    return { issued: this.#issued.size, debts: this.#debts.size, forgiven: this.#forgiven.size }
  }

  /** What is wrong with what is stored: rows by id. */
  judge(stored: ReadonlyMap<SpanId, number>): Verdict {
    const absent = [...this.#debts].filter((id) => !stored.has(id))
    return {
      lost: absent.filter((id) => !this.#forgiven.has(id)),
      double: [...stored].flatMap(([id, rows]) => (rows > 1 ? [id] : [])),
      foreign: [...stored.keys()].filter((id) => !this.#issued.has(id)),
      forgivenAbsent: absent.filter((id) => this.#forgiven.has(id)).length,
    }
  }
}
