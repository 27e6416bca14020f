// What a provider's own usage object says beside plain tokens and only few prices ask for: audio and image tokens, web
// searches, and marks that change the price (Anthropic's inference_geo). Read at pricing time from `Usage.raw`, so
// that adapters need not carry it. Pure; any value may be missing, of a wrong type or nonsense, and then it is unknown.

/** Each `undefined` when the usage object does not say. Token counts are part of the totals, never beside them. */
export type BilledExtras = {
  readonly inputAudio: number | undefined
  readonly cacheReadAudio: number | undefined
  readonly outputAudio: number | undefined
  readonly inputImage: number | undefined
  readonly outputImage: number | undefined
  readonly webSearches: number | undefined
}

type Source = { readonly extra: keyof BilledExtras; readonly path: readonly [string, string]; readonly modality?: string }

/**
 * Where each dialect puts it. OpenAI chat: prompt_ and completion_tokens_details (openai 7.57 CompletionUsage); Anthropic:
 * server_tool_use (@anthropic-ai/sdk 1.12 ServerToolUsage), which OpenRouter repeats; Gemini: lists by modality (@google/genai 3.1
 * GenerateContentResponseUsageMetadata); xAI: server_side_tool_usage_details (docs.x.ai, 2026-11).
 */
const SOURCES: readonly Source[] = [
  { extra: 'inputAudio', path: ['prompt_tokens_details', 'audio_tokens'] },
  { extra: 'inputAudio', path: ['input_tokens_details', 'audio_tokens'] },
  { extra: 'inputAudio', path: ['promptTokensDetails', 'tokenCount'], modality: 'AUDIO' },
  { extra: 'cacheReadAudio', path: ['cacheTokensDetails', 'tokenCount'], modality: 'AUDIO' },
  { extra: 'outputAudio', path: ['completion_tokens_details', 'audio_tokens'] },
  { extra: 'outputAudio', path: ['output_tokens_details', 'audio_tokens'] },
  { extra: 'outputAudio', path: ['candidatesTokensDetails', 'tokenCount'], modality: 'AUDIO' },
  { extra: 'inputImage', path: ['promptTokensDetails', 'tokenCount'], modality: 'IMAGE' },
  { extra: 'outputImage', path: ['candidatesTokensDetails', 'tokenCount'], modality: 'IMAGE' },
  { extra: 'webSearches', path: ['server_tool_use', 'web_search_requests'] },
  { extra: 'webSearches', path: ['server_side_tool_usage_details', 'web_search_calls'] },
]

/** Most entries of a list by modality that are looked at. */
const MOST_MODALITIES = 32

type Written = { -readonly [Name in keyof BilledExtras]: BilledExtras[Name] }

/** The extras of a usage object; the first dialect that states one wins. */
export function billedExtras(raw: unknown): BilledExtras {
  const found: Written = { inputAudio: undefined, cacheReadAudio: undefined, outputAudio: undefined, inputImage: undefined, outputImage: undefined, webSearches: undefined }
  if (!isObject(raw)) return found
  for (const { extra, path, modality } of SOURCES) {
    const [first, second] = path
    const inner = raw[first]
    if (inner === undefined || found[extra] !== undefined) continue
    found[extra] = modality === undefined ? count(isObject(inner) ? inner[second] : undefined) : sumOf(inner, modality, second)
  }
  return found
}

/** A top-level word of a usage object, for marks such as Anthropic's `inference_geo: us`. */
export function usageWord(raw: unknown, name: string): string | undefined {
  const value = isObject(raw) ? raw[name] : undefined
  return typeof value === 'string' ? value : undefined
}

function sumOf(list: unknown, modality: string, member: string): number | undefined {
  if (!Array.isArray(list)) return undefined
  let sum: number | undefined
  for (const entry of list.slice(0, MOST_MODALITIES)) {
    const tokens = isObject(entry) && entry['modality'] === modality ? count(entry[member]) : undefined
    if (tokens !== undefined) sum = (sum ?? 0) + tokens
  }
  return sum
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? value : undefined
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
