// The parts of an answer by kind, for surfaces whose message has one place for each. Pure.
import type { AnswerPart } from '../../../core/model-answer.ts'
import type { ReasoningPart, ToolCallPart } from '../../../core/model-request.ts'

export type GatheredParts = {
  /** All text joined; `undefined` when there is none. */
  readonly text: string | undefined
  readonly refusal: string | undefined
  /** All visible reasoning joined. */
  readonly reasoning: string | undefined
  /** Reasoning that has a seal, in order. */
  readonly details: readonly ReasoningPart[]
  readonly calls: readonly ToolCallPart[]
}

export function gatherParts(parts: readonly AnswerPart[]): GatheredParts {
  let text: string | undefined
  let refusal: string | undefined
  let reasoning: string | undefined
  const details: ReasoningPart[] = []
  const calls: ToolCallPart[] = []
  for (const part of parts) {
    if (part.kind === 'text') text = (text ?? '') + part.text
    else if (part.kind === 'refusal') refusal = (refusal ?? '') + part.text
    else if (part.kind === 'tool_call') calls.push(part)
    else {
      if (part.text !== '') reasoning = (reasoning ?? '') + part.text
      if (part.seal !== undefined) details.push(part)
    }
  }
  return { text, refusal, reasoning, details, calls }
}
