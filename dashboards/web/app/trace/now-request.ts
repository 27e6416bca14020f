// A stored call as a question to the router: where would it go now? Out of its facts alone: no words of its prompt are kept on spans. Pure.
import type { ExplainRequest } from '../../../../core/explanation.ts'
import { SURFACES } from '../parts/surfaces.ts'
import type { Decision, Span } from '../../api/trace.ts'

/** What is left out takes the router's own default. */
export function nowRequest(call: Span, attempts: readonly Span[], decision: Decision | undefined): Partial<ExplainRequest> {
  const surface = SURFACES.find((name) => name === call.surface)
  const counted = attempts.map((attempt) => attempt.input_tokens).findLast((tokens) => tokens !== null)
  const home = decision?.home
  return {
    ...(surface === undefined ? {} : { surface }),
    model: call.model_requested === '' ? 'auto' : call.model_requested,
    // The text that the rules went by is not kept; what they made of it is.
    headers: { ...(call.task === '' ? {} : { 'x-weighbridge-task': call.task }), ...(call.purpose === 'production' ? {} : { 'x-weighbridge-purpose': call.purpose }) },
    ...(counted == null ? {} : { input_tokens: counted }),
    ...(call.key_id === '' ? {} : { key: call.key_id }),
    stream: call.stream,
    ...(home == null ? {} : { home: { target: home.target, in_tool_loop: home.in_tool_loop } }),
  }
}
