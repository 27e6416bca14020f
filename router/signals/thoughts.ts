// Takes the reasoning out that some models write at the head of their answer (<think>…</think>): clients strip it before they
// send the answer back. Pieces may be cut anywhere; no text is kept between them.

const OPENS = '<think'
const CLOSES = '</think'
type State = 'head' | 'thought' | 'closing' | 'answer'

/** Passes on what is no thought. One filter per text. */
export class ThoughtFilter {
  /** `matched` characters of the literal that the state waits for have been seen. */
  #state: State = 'head'
  #matched = 0

  pass(piece: string): string {
    for (let at = 0; at < piece.length; at += 1) {
      const character = piece.charAt(at)
      switch (this.#state) {
        case 'answer':
          return piece.slice(at)
        case 'head':
          if (character === OPENS.charAt(this.#matched)) {
            this.#matched += 1
            if (this.#matched === OPENS.length) this.#become('thought')
          } else if (this.#matched > 0 || character.trim() !== '') return this.rest() + piece.slice(at)
          break
        case 'thought':
          this.#matched = character === CLOSES.charAt(this.#matched) ? this.#matched + 1 : character === '<' ? 1 : 0
          if (this.#matched === CLOSES.length) this.#become('closing')
          break
        case 'closing':
          if (character === '>') this.#become('answer')
          break
      }
    }
    return ''
  }

  /** What was held back because it might have opened a thought. */
  rest(): string {
    const rest = this.#state === 'head' ? OPENS.slice(0, this.#matched) : ''
    this.#become('answer')
    return rest
  }

  #become(state: State): void {
    this.#state = state
    this.#matched = 0
  }
}
