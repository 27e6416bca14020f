// A spooled request without what can be spared: when room runs short, what a call cost and where it went stays, how that was decided
// and what else is known goes first. Bytes in, bytes out; pure.
import { GEN_AI, WB } from '../../core/attributes.ts'

/** Attributes that no figure is made of: explanations, raw copies, sketches, and what other attributes say too. */
const OPTIONAL: ReadonlySet<string> = new Set([
  WB.decision,
  WB.usageRaw,
  WB.dropped,
  WB.ceilingSkipped,
  WB.ceilingWaived,
  WB.providerRequestId,
  WB.questionSketch,
  WB.answerSketch,
  WB.sentBackSketch,
  WB.prefixFingerprint,
  WB.answerFingerprint,
  WB.sentBackPrompt,
  WB.sentBackAnswer,
  GEN_AI.systemFingerprint,
  GEN_AI.timeToFirstChunk,
  GEN_AI.serverAddress,
  GEN_AI.conversationId,
  GEN_AI.errorType,
  GEN_AI.requestMaxTokens,
])

type SpooledSpan = { traceId: string; attributes?: { key: string }[] }
/** A request as the router writes it (span-text.ts). */
export type SpooledRequest = { resourceSpans: { scopeSpans: { spans: SpooledSpan[] }[] }[] }

/** The request of a spooled record; `undefined` for one that is not of the router's making. */
export function readSpooled(record: Uint8Array): SpooledRequest | undefined {
  try {
    const request = JSON.parse(Buffer.from(record).toString()) as SpooledRequest // written by span-text.ts, and checked as far as it is used
    return Array.isArray(request.resourceSpans) ? request : undefined
  } catch {
    return undefined
  }
}

export function writeSpooled(request: SpooledRequest): Uint8Array {
  return Buffer.from(JSON.stringify(request))
}

/** How many spans a request holds. */
export function spansIn(request: SpooledRequest): number {
  return request.resourceSpans.reduce((sum, { scopeSpans }) => sum + scopeSpans.reduce((inner, { spans }) => inner + spans.length, 0), 0)
}

/** The same request without optional attributes; how many were taken out. */
export function withoutOptional(request: SpooledRequest): { readonly request: SpooledRequest; readonly dropped: number } {
  let dropped = 0
  const trimmed = mapSpans(request, (span) => {
    const attributes = (span.attributes ?? []).filter(({ key }) => !OPTIONAL.has(key))
    dropped += (span.attributes ?? []).length - attributes.length
    return { ...span, attributes }
  })
  return { request: trimmed, dropped }
}

/** The spans of the traces that are asked for. */
export function onlyTraces(request: SpooledRequest, keep: (traceId: string) => boolean): SpooledRequest {
  return { resourceSpans: request.resourceSpans.map((resource) => ({ ...resource, scopeSpans: resource.scopeSpans.map((scope) => ({ ...scope, spans: scope.spans.filter(({ traceId }) => keep(traceId)) })) })) }
}

function mapSpans(request: SpooledRequest, change: (span: SpooledSpan) => SpooledSpan): SpooledRequest {
  return { resourceSpans: request.resourceSpans.map((resource) => ({ ...resource, scopeSpans: resource.scopeSpans.map((scope) => ({ ...scope, spans: scope.spans.map(change) })) })) }
}
