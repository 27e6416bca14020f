// A call → one POST {base}/models/MODEL:generateContent (or :streamGenerateContent, :countTokens). No surface of ours speaks this
// wire, so bodies are made from the common form; a body in Gemini's own form passes as it is.
import type { Target } from '../../../core/config.ts'
import { WeighbridgeError } from '../../../core/errors.ts'
import type { ModelRequest } from '../../../core/model-request.ts'
import type { Loss, OutgoingCall, ProviderRequest } from '../adapter.ts'
import type { JsonObject } from '../json.ts'
import { conversation } from './contents.ts'
import { fixedLoss } from './loss.ts'
import { geminiRules } from './models.ts'
import { generationConfig, serviceTier, thinkingConfig, toolSettings } from './settings.ts'

/** See `Adapter.build`. */
export function buildGenerateRequest(call: OutgoingCall, target: Target, key: string | undefined): ProviderRequest {
  const method = call.stream ? 'streamGenerateContent?alt=sse' : 'generateContent'
  return post(`/${modelPath(target.model)}:${method}`, target, key, requestBody(call, target), call)
}

/** See `Adapter.countTokens`: the whole request is counted, system prompt and tools with it. */
export function buildCountRequest(call: OutgoingCall, target: Target, key: string | undefined): ProviderRequest {
  const path = modelPath(target.model)
  return post(`/${path}:countTokens`, target, key, { generateContentRequest: { model: path, ...requestBody(call, target) } }, { stream: false, requestId: call.requestId })
}

/** One request with the headers every method wants. */
export function post(path: string, target: Target, key: string | undefined, body: JsonObject, call: { readonly stream: boolean; readonly requestId?: string }): ProviderRequest {
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    accept: call.stream ? 'text/event-stream' : 'application/json',
    'user-agent': 'weighbridge',
    ...(call.requestId === undefined ? {} : { 'x-request-id': call.requestId }),
    ...target.provider.headers,
  }
  if (key !== undefined) headers['x-goog-api-key'] ??= key
  return { method: 'POST', path, headers, body: JSON.stringify(body) }
}

/**
 * A model's resource name as a path. A client may name the model (`provider/model`), so nothing in it may lead elsewhere: throws
 * `bad_request` for empty and dot segments.
 */
export function modelPath(model: string): string {
  const segments = (model.includes('/') ? model : `models/${model}`).split('/')
  if (segments.some((segment) => /^\.{0,2}$/.test(segment))) throw new WeighbridgeError('bad_request', `The model "${model.slice(0, 64)}" is no model name of this provider.`)
  return segments.map((segment) => encodeURIComponent(segment)).join('/')
}

function requestBody(call: OutgoingCall, target: Target): JsonObject {
  if (call.wire === 'gemini') return call.native
  return translatedBody(call.request(), call.effort, target)
}

function translatedBody(request: ModelRequest, effort: string | undefined, target: Target): JsonObject {
  const rules = geminiRules(target.model)
  const { systemInstruction, contents } = conversation(request.messages, rules)
  const config = { ...generationConfig(request, rules).body, ...thinkingConfig(request, effort, rules).body }
  return {
    ...(systemInstruction === undefined ? {} : { systemInstruction }),
    contents,
    ...toolSettings(request, rules),
    ...(Object.keys(config).length === 0 ? {} : { generationConfig: config }),
    ...serviceTier(request.serviceTier).body,
  }
}

/** See `Adapter.loss`. */
export function geminiLoss(request: ModelRequest, target: Target): Loss {
  const rules = geminiRules(target.model)
  const fixed = fixedLoss(request, rules)
  const left = [generationConfig(request, rules), thinkingConfig(request, target.effort, rules), serviceTier(request.serviceTier)]
  return { refused: fixed.refused, dropped: [...fixed.dropped, ...left.flatMap((part) => part.dropped)] }
}
