// Whether the client of a call is still there. One small object a call instead of an AbortController: every call makes one and
// almost none needs it.

/** Tells those who wait that the client hung up. */
export class ClientGone {
  #gone = false
  #listeners: (() => void)[] = []

  get aborted(): boolean {
    return this.#gone
  }

  /** The client hung up; what is registered runs now, once. */
  abort(): void {
    if (this.#gone) return
    this.#gone = true
    const listeners = this.#listeners
    this.#listeners = []
    for (const listener of listeners) listener()
  }

  /** Runs `listener` when the client hangs up, at once if it already has. */
  listen(listener: () => void): void {
    if (this.#gone) listener()
    else this.#listeners.push(listener)
  }

  forget(listener: () => void): void {
    const at = this.#listeners.indexOf(listener)
    if (at >= 0) this.#listeners.splice(at, 1)
  }
}
