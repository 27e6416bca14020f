// Answers kept in this process, the most recently used ones up to a number of bytes, each for the key that got it alone. No
// I/O: nothing is written anywhere.
import type { JsonObject } from '../../providers/json.ts'
import type { AnswerMemory } from './surface.ts'

type Kept = { readonly items: readonly JsonObject[]; readonly bytes: number }

/** What an entry weighs beside its items: names, references, the map itself. */
const ENTRY_BYTES = 256

/** Keeps what was used last, up to `maxBytes` as told by those who keep. One entry may take a quarter of it. */
export class BoundedMemory {
  readonly #maxBytes: number
  /** In the order of their last use. */
  readonly #kept = new Map<string, Kept>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** What one owner (a key's id; `undefined`: whoever needs no key) keeps and finds: nobody recalls what another kept. */
  of(owner: string | undefined): AnswerMemory {
    const mine = (id: string): string => `${owner ?? ''}\n${id}`
    return { keep: (id, items, bytes) => this.#keep(mine(id), items, bytes), recall: (id) => this.#recall(mine(id)) }
  }

  #keep(id: string, items: readonly JsonObject[], bytes: number): void {
    this.#forget(id)
    const weight = bytes + ENTRY_BYTES
    if (weight > this.#maxBytes / 4) return
    this.#kept.set(id, { items, bytes: weight })
    this.#bytes += weight
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#maxBytes) break
      this.#forget(oldest)
    }
  }

  #recall(id: string): readonly JsonObject[] | undefined {
    const kept = this.#kept.get(id)
    if (kept === undefined) return undefined
    this.#kept.delete(id)
    this.#kept.set(id, kept)
    return kept.items
  }

  #forget(id: string): void {
    this.#bytes -= this.#kept.get(id)?.bytes ?? 0
    this.#kept.delete(id)
  }
}
