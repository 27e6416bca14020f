// Streamed events put together as any reader of the common form would: the answer they amount to.
import type { AnswerEvent, AnswerPart, ModelAnswer, TokenLogprob } from '../../../core/model-answer.ts'
import type { ToolCallPart } from '../../../core/model-request.ts'

export function gather(events: readonly AnswerEvent[]): ModelAnswer {
  const parts: AnswerPart[] = []
  const logprobs: TokenLogprob[] = []
  const calls = new Map<number, number>()
  let finish: ModelAnswer['finish']
  let stopSequence: string | undefined
  let finishes = 0
  /** Whether the reasoning at the end was closed by its seal. */
  let sealed = false
  for (const event of events) {
    const last = parts.at(-1)
    switch (event.kind) {
      case 'text':
      case 'refusal':
      case 'reasoning': {
        if (event.kind === 'text' && event.logprobs !== undefined) logprobs.push(...event.logprobs)
        if (event.text === '') break
        if (last?.kind === event.kind && !(event.kind === 'reasoning' && sealed)) parts[parts.length - 1] = { ...last, text: last.text + event.text } as AnswerPart
        else parts.push({ kind: event.kind, text: event.text })
        sealed = false
        break
      }
      case 'reasoning_seal':
        if (last?.kind === 'reasoning' && !sealed && !event.redacted) parts[parts.length - 1] = { ...last, seal: event.seal }
        else parts.push({ kind: 'reasoning', text: '', seal: event.seal, ...(event.redacted ? { redacted: true } : {}) })
        sealed = true
        break
      case 'tool_call':
        if (event.index !== calls.size) throw new Error(`call ${event.index} came as number ${calls.size}`)
        calls.set(event.index, parts.length)
        parts.push({ kind: 'tool_call', id: event.id, name: event.name, argumentsJson: '', ...(event.seal === undefined ? {} : { seal: event.seal }) })
        break
      case 'tool_arguments': {
        const at = calls.get(event.index)
        const call = at === undefined ? undefined : parts[at]
        if (at === undefined || call?.kind !== 'tool_call') throw new Error(`arguments of call ${event.index}, which was not opened`)
        parts[at] = { ...call, argumentsJson: call.argumentsJson + event.json } satisfies ToolCallPart
        break
      }
      case 'finish':
        finishes += 1
        if (finishes > 1) throw new Error('finished twice')
        finish = event.finish
        stopSequence = event.stopSequence
    }
  }
  return { parts, finish, stopSequence, logprobs: logprobs.length === 0 ? undefined : logprobs }
}
