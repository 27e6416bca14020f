// generateContent answers, whole and streamed, as typed by @google/genai 3.1. Thoughts are not among candidatesTokenCount;
// every chunk of a stream states usage so far, and the last one is right; no event says that the stream is over.
import { logprobsOf } from '../../behaviour/logprobs.ts'
import { pieces, tokensOf } from '../../behaviour/tokens.ts'
import { piece, type Asked, type Said, type SaidChoice, type SaidPart, type SimUsage, type StreamPiece } from '../surface.ts'

const FINISH = { stop: 'STOP', length: 'MAX_TOKENS', tool_calls: 'STOP', content_filter: 'SAFETY', refusal: 'PROHIBITED_CONTENT', bad_call: 'MALFORMED_FUNCTION_CALL' } as const

/** See `Surface.whole`. */
export function wholeGemini(said: Said, asked: Asked): string {
  const [first] = said.choices
  if (isBlocked(first)) return JSON.stringify({ promptFeedback: blocked, ...usageMember(said.usage, 0, false), ...tail(said) })
  const candidates = said.choices.map((choice, index) => ({
    ...(choice.parts.length === 0 ? {} : { content: { parts: choice.parts.flatMap((part) => partsOf(part, choice)), role: 'model' } }),
    finishReason: FINISH[choice.finish],
    index,
    ...logprobs(choice, asked),
  }))
  return JSON.stringify({ candidates, ...usageMember(said.usage, said.usage?.output ?? 0, true), ...tail(said) })
}

// A prompt that the filter stops has no candidates at all.
const blocked = { blockReason: 'SAFETY', safetyRatings: [{ category: 'HARM_CATEGORY_DANGEROUS_CONTENT', probability: 'HIGH', blocked: true }] }
const isBlocked = ({ parts, finish }: SaidChoice): boolean => finish === 'content_filter' && parts.length === 0

function tail(said: Said): Record<string, unknown> {
  return { modelVersion: said.model, responseId: said.id }
}

type GeminiPart = Record<string, unknown>

function partsOf(part: SaidPart, choice: SaidChoice): GeminiPart[] {
  switch (part.kind) {
    case 'thinking':
      return part.shown && part.text !== '' ? [{ text: part.text, thought: true }] : []
    case 'text':
      return part.text === '' ? [] : [{ text: part.text, ...sealOfText(choice) }]
    case 'refusal':
      return [{ text: part.text }]
    case 'tool':
      return [{ functionCall: { id: part.id, name: part.name, args: parsedOrEmpty(part.argumentsJson) }, ...(part.seal === undefined ? {} : { thoughtSignature: part.seal }) }]
  }
}

/** Without a call to carry it, the signature stands on the text. */
function sealOfText({ parts }: SaidChoice): { thoughtSignature?: string } {
  const thinking = parts.find((part) => part.kind === 'thinking')
  return thinking === undefined || parts.some((part) => part.kind === 'tool') ? {} : { thoughtSignature: thinking.seal }
}

function parsedOrEmpty(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return {}
  }
}

function usageMember(usage: SimUsage | undefined, output: number, ended: boolean): { usageMetadata?: unknown } {
  if (usage === undefined) return {}
  const visible = ended ? usage.output - usage.reasoning : output
  return {
    usageMetadata: {
      promptTokenCount: usage.input,
      ...(visible > 0 ? { candidatesTokenCount: visible } : {}),
      ...(usage.cached > 0 ? { cachedContentTokenCount: usage.cached, cacheTokensDetails: [{ modality: 'TEXT', tokenCount: usage.cached }] } : {}),
      ...(usage.reasoning > 0 ? { thoughtsTokenCount: usage.reasoning } : {}),
      totalTokenCount: usage.input + visible + usage.reasoning,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: usage.input }],
    },
  }
}

function logprobs(choice: SaidChoice, { topLogprobs }: Asked): Record<string, unknown> {
  if (topLogprobs === undefined) return {}
  const tokens = logprobsOf(choice.parts.flatMap((part) => (part.kind === 'text' ? pieces(part.text) : [])), topLogprobs)
  const sum = tokens.reduce((total, { logprob }) => total + logprob, 0)
  return {
    avgLogprobs: tokens.length === 0 ? 0 : sum / tokens.length,
    logprobsResult: {
      chosenCandidates: tokens.map(({ token, logprob }) => ({ token, logProbability: logprob })),
      topCandidates: tokens.map(({ top_logprobs }) => ({ candidates: top_logprobs.map(({ token, logprob }) => ({ token, logProbability: logprob })) })),
    },
  }
}

/** See `Surface.events`. */
export function geminiEvents(said: Said, asked: Asked): StreamPiece[] {
  let output = 0
  const chunk = (candidates: readonly Record<string, unknown>[], ended: boolean): string => crlf({ candidates, ...usageMember(said.usage, output, ended), ...tail(said) })
  if (isBlocked(said.choices[0])) return [piece('finish', crlf({ promptFeedback: blocked, ...usageMember(said.usage, 0, false), ...tail(said) }))]
  return said.choices.flatMap((choice, index) => {
    const last = index === said.choices.length - 1
    const spoken = choice.parts.flatMap((part): StreamPiece[] => {
      const thinking = part.kind === 'thinking'
      const texts = thinking ? (part.shown ? pieces(part.text) : []) : part.kind === 'tool' ? [] : pieces(part.text)
      const made: { content: GeminiPart; characters: number }[] = part.kind === 'tool' ? partsOf(part, choice).map((content) => ({ content, characters: part.argumentsJson.length })) : texts.map((text) => ({ content: { text, ...(thinking ? { thought: true } : {}) }, characters: text.length }))
      return made.map(({ content, characters }) => {
        if (!thinking) output += tokensOf('x'.repeat(characters))
        return piece('output', chunk([{ content: { parts: [content], role: 'model' }, index }], false), characters, thinking)
      })
    })
    // The signature of an answer without calls comes with an empty text at the end.
    const closing = { content: { parts: [{ text: '', ...sealOfText(choice) }], role: 'model' }, finishReason: FINISH[choice.finish], index, ...logprobs(choice, asked) }
    return [...spoken, piece('finish', chunk([closing], last))]
  })
}

/** One event with Google's line ends. */
export function crlf(payload: unknown): string {
  return `data: ${JSON.stringify(payload)}\r\n\r\n`
}
