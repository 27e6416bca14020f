// How much reasoning a Messages client gets of an answer of another wire. Who did not ask for thinking expects an answer that
// begins with its text, so reasoning is kept from it, but for what a tool loop must bring back: that stands, sealed, right
// before the call. A value of one answer.
import { objectAt, type JsonObject } from '../../../providers/json.ts'
import type { ReasoningEnd } from '../blocks.ts'
import { writeSeal } from '../seals.ts'

/** `shown`: as it came; `sealed`: blocks without their text (`display: omitted`); `hidden`: only before tool calls. */
export type Thinking = 'shown' | 'sealed' | 'hidden'

/** What the client's own `thinking` asks for. */
export function thinkingOfBody(body: JsonObject): Thinking {
  const thinking = objectAt(body, 'thinking')
  if (thinking === undefined || thinking['type'] === 'disabled') return 'hidden'
  return thinking['display'] === 'omitted' ? 'sealed' : 'shown'
}

/** Makes the blocks of finished reasoning, as far as the client asked for them. */
export class ThinkingBlocks {
  readonly thinking: Thinking
  #waiting: JsonObject[] = []

  constructor(thinking: Thinking) {
    this.thinking = thinking
  }

  /** The block to write now; `undefined`: none. */
  closed(text: string, end: ReasoningEnd): JsonObject | undefined {
    if (this.thinking === 'shown') return end.redacted ? redacted(end, '') : { type: 'thinking', thinking: text, signature: writeSeal(end.seal) }
    // Without a seal nobody could take it back.
    if (end.seal === undefined) return undefined
    if (this.thinking === 'sealed') return end.redacted ? redacted(end, '') : { type: 'thinking', thinking: '', signature: writeSeal(end.seal, { hiddenText: text }) }
    this.#waiting.push(redacted(end, text))
    return undefined
  }

  /** The blocks that a tool call must have before it. */
  beforeCall(): readonly JsonObject[] {
    const waiting = this.#waiting
    this.#waiting = []
    return waiting
  }
}

function redacted(end: ReasoningEnd, hiddenText: string): JsonObject {
  return { type: 'redacted_thinking', data: writeSeal(end.seal, { redacted: end.redacted, hiddenText }) }
}
