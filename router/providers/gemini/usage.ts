// Gemini's usageMetadata → canonical usage. Pure; a detail that is not stated stays undefined.
import type { Usage } from '../../../core/usage.ts'
import { amountAt, isObject, type JsonObject } from '../json.ts'

/**
 * `promptTokenCount` includes cached content; what server-side tools fed back (`toolUsePromptTokenCount`) is input besides it;
 * `thoughtsTokenCount` is output besides `candidatesTokenCount`. While only thoughts have come, and when a prompt was blocked,
 * `candidatesTokenCount` is missing, and what the total leaves is the output. `undefined`: no object, or one without counts
 * (Vertex sends `{trafficType}` along the way).
 */
export function geminiUsage(raw: unknown): Usage | undefined {
  if (!isObject(raw)) return undefined
  const prompt = amountAt(raw, 'promptTokenCount')
  const toolUse = amountAt(raw, 'toolUsePromptTokenCount')
  const candidates = amountAt(raw, 'candidatesTokenCount')
  const reasoning = amountAt(raw, 'thoughtsTokenCount')
  const all = amountAt(raw, 'totalTokenCount')
  if (prompt === undefined && candidates === undefined && reasoning === undefined && all === undefined) return undefined
  const inputTotal = prompt === undefined ? undefined : prompt + (toolUse ?? 0)
  const stated = candidates === undefined ? undefined : candidates + (reasoning ?? 0)
  const rest = all === undefined || inputTotal === undefined || all < inputTotal ? reasoning : all - inputTotal
  return {
    inputTotal,
    cacheRead: amountAt(raw, 'cachedContentTokenCount'),
    cacheWrite: undefined,
    cacheWrite1h: undefined,
    outputTotal: stated ?? rest,
    reasoning,
    reportedCostUsd: undefined,
    raw,
  }
}

/** A stream's usage so far with what a chunk says now: counts are cumulative, so the last one of each wins. */
export function mergedUsage(known: JsonObject | undefined, now: unknown): JsonObject | undefined {
  return isObject(now) ? { ...known, ...now } : known
}
