// A call → one POST {base}/chat/completions: a Chat client's own body (native.ts), or one written out of the common form
// (request.ts). Model, stream and usage are set here for both.
import type { Target } from '../../../core/config.ts'
import type { OutgoingCall, ProviderRequest } from '../adapter.ts'
import { objectAt } from '../json.ts'
import { openaiRequest } from '../openai-request.ts'
import { knownAddress } from './addresses.ts'
import { rulesOf } from './dialects.ts'
import { nativeBody } from './native.ts'
import { chatBody } from './request.ts'

/** See `Adapter.build`. Usage is always asked for in streams: the cost is computed from it, and the surface strips it again. */
export function buildChatRequest(call: OutgoingCall, target: Target, key: string | undefined): ProviderRequest {
  const rules = rulesOf(target.provider)
  const body = call.wire === 'openai-chat' ? nativeBody(call.native, rules, target.model, call.effort) : chatBody(call.request(), rules, target.model, call.effort)
  Object.assign(body, rules.always)
  body['model'] = target.model
  if (call.stream) {
    body['stream'] = true
    if (rules.usageUnasked) delete body['stream_options']
    else body['stream_options'] = { ...objectAt(body, 'stream_options'), include_usage: true }
  } else delete body['stream_options']
  return openaiRequest(body, target, key, { path: '/chat/completions', stream: call.stream, requestId: call.requestId, keyHeader: knownAddress(target.provider.baseUrl)?.keyHeader })
}
