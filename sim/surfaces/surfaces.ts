// The wire formats the sim speaks and where: every simulated provider answers all of them, at `/PROVIDER/v1/…` as OpenAI and
// Anthropic lay out their paths and at `/PROVIDER/v1beta/models/MODEL:operation` (or `v1`) as Google does. Pure.
import { anthropicCount, anthropicMessages } from './anthropic-messages/surface.ts'
import { geminiEmbeddings, openaiEmbeddings } from './embeddings.ts'
import { gemini, geminiCount } from './gemini/surface.ts'
import { openaiChat } from './openai-chat/surface.ts'
import { openaiResponses } from './openai-responses/surface.ts'
import type { Surface } from './surface.ts'

const BY_PATH: Readonly<Record<string, Surface>> = {
  '/chat/completions': openaiChat,
  '/responses': openaiResponses,
  '/embeddings': openaiEmbeddings,
  '/messages': anthropicMessages,
  '/messages/count_tokens': anthropicCount,
}

const BY_OPERATION: Readonly<Record<string, { readonly surface: Surface; readonly stream: boolean }>> = {
  generateContent: { surface: gemini, stream: false },
  streamGenerateContent: { surface: gemini, stream: true },
  countTokens: { surface: geminiCount, stream: false },
  batchEmbedContents: { surface: geminiEmbeddings, stream: false },
}

/** What a path asks for. `surface`: `undefined` where nothing is; `list`: the models are asked for. */
export type Place = { readonly provider: string | undefined; readonly surface: Surface | undefined; readonly list: boolean; readonly model: string | undefined; readonly stream: boolean; /** Writes the errors of this path. */ readonly errors: Surface }

/** Finds what stands at a path. */
export function placeOf(path: string): Place {
  const [, provider, version, below = ''] = /^(?:\/([^/]+))?\/(v1|v1beta)(\/.*)$/.exec(path) ?? []
  const nowhere = { provider, surface: undefined, list: below === '/models', model: undefined, stream: false }
  const [, model, operation = ''] = /^\/models\/([^:]+):(\w+)$/.exec(below) ?? []
  if (version !== 'v1beta' && model === undefined) {
    const surface = BY_PATH[below]
    return { ...nowhere, surface, errors: surface ?? (below.startsWith('/messages') ? anthropicMessages : openaiChat) }
  }
  const found = BY_OPERATION[operation]
  return { ...nowhere, surface: found?.surface, model: decoded(model), stream: found?.stream ?? false, errors: gemini }
}

function decoded(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text)
  } catch {
    return text
  }
}
