// Whole answers around a usage object, in each wire's own shape, as the adapters read them.
import type { Wire } from '../../../core/model-request.ts'

/** The body of an answer with this usage; the served tier stands where the wire puts it. */
export function answerBody(wire: Wire, model: string, usage: unknown, serviceTier: string | undefined): string {
  const tier = serviceTier === undefined ? {} : { service_tier: serviceTier }
  switch (wire) {
    case 'openai-chat':
      return JSON.stringify({ id: 'chatcmpl-1', object: 'chat.completion', created: 1, model, choices: [{ index: 0, message: { role: 'assistant', content: 'ok', refusal: null }, finish_reason: 'stop', logprobs: null }], usage, ...tier })
    case 'openai-responses':
      return JSON.stringify({ id: 'resp_1', object: 'response', created_at: 1, status: 'completed', model, error: null, incomplete_details: null, output: [{ id: 'msg_1', type: 'message', role: 'assistant', status: 'completed', content: [{ type: 'output_text', text: 'ok', annotations: [] }] }], usage, ...tier })
    case 'anthropic-messages':
      return JSON.stringify({ id: 'msg_1', type: 'message', role: 'assistant', model, content: [{ type: 'text', text: 'ok', citations: null }], stop_reason: 'end_turn', stop_sequence: null, usage })
    case 'gemini':
      return JSON.stringify({ responseId: 'r', modelVersion: model, candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'ok' }] }, finishReason: 'STOP' }], usageMetadata: usage })
  }
}
