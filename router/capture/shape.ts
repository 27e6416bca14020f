// A prompt or an answer without its texts: who spoke, in what kinds of parts, how much. Pure.
import type { ModelAnswer } from '../../core/model-answer.ts'
import type { ModelRequest, RequestPart } from '../../core/model-request.ts'

type PartShape = { readonly kind: string; readonly characters: number; readonly name?: string }

function sizeOf(part: RequestPart): number {
  switch (part.kind) {
    case 'text':
    case 'reasoning':
    case 'refusal':
      return part.text.length
    case 'audio':
      return part.base64.length
    case 'image':
    case 'file':
      return part.source.kind === 'data' ? part.source.base64.length : 0
    case 'tool_call':
      return part.argumentsJson.length
    case 'tool_result':
      return part.parts.reduce((sum, inner) => sum + sizeOf(inner), 0)
  }
}

/** `name` is that of a tool: the operator's own word, never a user's. */
function partShape(part: RequestPart): PartShape {
  return { kind: part.kind, characters: sizeOf(part), ...(part.kind === 'tool_call' ? { name: part.name } : {}) }
}

/** Of a request. */
export function requestShape(request: ModelRequest): unknown {
  const { messages, tools, maxOutputTokens, temperature, topP, effort, format, choices } = request
  return {
    messages: messages.map(({ role, parts }) => ({ role, parts: parts.map(partShape) })),
    tools: tools.map(({ name }) => name),
    maxOutputTokens,
    temperature,
    topP,
    effort,
    format: format?.kind,
    choices,
  }
}

/** Of an answer. */
export function answerShape({ parts, finish }: ModelAnswer): unknown {
  return { parts: parts.map(partShape), finish }
}
