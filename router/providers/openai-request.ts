// The head of a request to an OpenAI-like provider, the same for Chat Completions, Responses and embeddings. Pure.
import type { Target } from '../../core/config.ts'
import type { ProviderRequest } from './adapter.ts'
import type { JsonObject } from './json.ts'

/** What the head depends on besides target and key. */
export type HeadOptions = { readonly path: string; readonly stream: boolean; /** Our request id; `undefined`: none is sent. */ readonly requestId: string | undefined; /** Header for the key; default: `authorization: Bearer …`. */ readonly keyHeader?: string | undefined }

/** Body and headers put together; the provider's configured headers win over ours, also over the key's. */
export function openaiRequest(body: JsonObject, target: Target, key: string | undefined, options: HeadOptions): ProviderRequest {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: options.stream ? 'text/event-stream' : 'application/json',
    'user-agent': 'weighbridge',
  }
  if (options.requestId !== undefined) headers['x-request-id'] = options.requestId
  if (key !== undefined) {
    if (options.keyHeader === undefined) headers['authorization'] = `Bearer ${key}`
    else headers[options.keyHeader] = key
  }
  Object.assign(headers, target.provider.headers)
  return { method: 'POST', path: options.path, headers, body: JSON.stringify(body) }
}
