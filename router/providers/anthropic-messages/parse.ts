// Whole Messages answers → facts and, on demand, the common form. Pure: text in, values out; the body keeps unknown members.
import type { Target } from '../../../core/config.ts'
import { WeighbridgeError } from '../../../core/errors.ts'
import { answerFacts, type AnswerPart, type FinishReason, type ModelAnswer } from '../../../core/model-answer.ts'
import type { PlainAnswer } from '../adapter.ts'
import { amountAt, listAt, objectAt, parseObject, textAt, type JsonObject } from '../json.ts'
import { errorInAnswer } from './classify.ts'
import { messagesUsage, servedTier } from './usage.ts'

/** `stop_reason` in our words (SDK: StopReason). `compaction` is a beta's: the turn goes on after the client sends it back. */
const FINISH: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  pause_turn: 'pause',
  compaction: 'pause',
  refusal: 'refusal',
}

/** Why an answer ended; `undefined` for a reason that is not ours to guess at. */
export function finishOf(stopReason: string | undefined): FinishReason | undefined {
  return stopReason !== undefined && Object.hasOwn(FINISH, stopReason) ? FINISH[stopReason] : undefined
}

/** See `Adapter.parse`. */
export function parseMessage(bodyText: string, _target: Target): PlainAnswer {
  const body = parseObject(bodyText)
  if (body === undefined) throw new WeighbridgeError('provider_malformed', `The provider's answer of ${bodyText.length} characters is not a JSON object.`)
  if (body['type'] === 'error' || objectAt(body, 'error') !== undefined) throw errorInAnswer(body)
  if (!Array.isArray(body['content'])) throw new WeighbridgeError('provider_malformed', "The provider's answer has no content.")
  const stopReason = textAt(body, 'stop_reason')
  // Without streaming it is always stated (SDK: Message.stop_reason); an answer without it is not known to be whole.
  if (stopReason === undefined) throw new WeighbridgeError('provider_malformed', "The provider's answer has no stop_reason.")
  const usage = body['usage']
  return {
    native: body,
    facts: answerFacts({ responseId: textAt(body, 'id'), servedModel: textAt(body, 'model'), finishReason: stopReason, finish: finishOf(stopReason), serviceTier: servedTier(usage), usage: messagesUsage(usage) }),
    answer: () => modelAnswer(body, stopReason),
    characters: listAt(body, 'content').reduce<number>((sum, block) => sum + blockCharacters(block), refusalText(body['stop_details'])?.length ?? 0),
  }
}

/** Characters of output in a block: what the model wrote, not what encloses it. */
export function blockCharacters(block: unknown): number {
  const input = objectAt(block, 'input')
  return (textAt(block, 'text')?.length ?? 0) + (textAt(block, 'thinking')?.length ?? 0) + (input === undefined || Object.keys(input).length === 0 ? 0 : JSON.stringify(input).length) + (textAt(block, 'name')?.length ?? 0)
}

function modelAnswer(body: JsonObject, stopReason: string): ModelAnswer {
  const parts = joined(listAt(body, 'content').flatMap((block) => partOf(block)))
  const refusal = refusalText(body['stop_details'])
  return {
    parts: refusal === undefined ? parts : [...parts, { kind: 'refusal', text: refusal }],
    finish: finishOf(stopReason),
    stopSequence: textAt(body, 'stop_sequence'),
    logprobs: undefined,
  }
}

/** Pieces of text that follow each other as one part (citations cut an answer into many), as a stream of them would read. */
function joined(parts: readonly AnswerPart[]): readonly AnswerPart[] {
  const out: AnswerPart[] = []
  for (const part of parts) {
    const last = out.at(-1)
    if (part.kind === 'text' && part.text === '') continue
    if (part.kind === 'text' && last?.kind === 'text') out[out.length - 1] = { kind: 'text', text: last.text + part.text }
    else out.push(part)
  }
  return out
}

/** Why the model declined, in words for the client, when the provider says so. */
export function refusalText(details: unknown): string | undefined {
  const text = textAt(details, 'type') === 'refusal' ? textAt(details, 'explanation') : undefined
  return text === '' ? undefined : text
}

/** Server tools' blocks have no place in the common form: what they found is in the text that follows them. */
function partOf(block: unknown): readonly AnswerPart[] {
  const type = textAt(block, 'type')
  if (type === 'text') return [{ kind: 'text', text: textAt(block, 'text') ?? '' }]
  if (type === 'thinking') {
    const signature = textAt(block, 'signature')
    return [{ kind: 'reasoning', text: textAt(block, 'thinking') ?? '', ...(signature === undefined || signature === '' ? {} : { seal: { wire: 'anthropic-messages', value: signature } }) }]
  }
  if (type === 'redacted_thinking') return [{ kind: 'reasoning', text: '', redacted: true, seal: { wire: 'anthropic-messages', value: textAt(block, 'data') ?? '' } }]
  if (type === 'tool_use') return [{ kind: 'tool_call', id: textAt(block, 'id') ?? '', name: textAt(block, 'name') ?? '', argumentsJson: JSON.stringify(objectAt(block, 'input') ?? {}) }]
  return []
}

/** See `Adapter.countTokens`. */
export function parseTokenCount(bodyText: string): number {
  const count = amountAt(parseObject(bodyText), 'input_tokens')
  if (count === undefined) throw new WeighbridgeError('provider_malformed', "The provider's token count has no input_tokens.")
  return count
}
