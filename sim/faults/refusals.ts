// Answers that are errors from their first byte: every status a provider or a proxy before it may send, each in its wire's
// own words (surfaces/*-errors.ts).
import { planBody, planError, REFUSAL_MS } from '../plan.ts'
import { refusal, type Fault } from './fault.ts'

const PAGE = (title: string): string => `<!doctype html><html><head><title>${title}</title></head><body><center><h1>${title}</h1></center><hr><center>nginx</center></body></html>`

export const REFUSALS = {
  rate_limit_429: {
    about: 'Too many requests, with the time to wait in every form the wire has for it',
    delivers: false,
    params: { retry_after_ms: 2_000 },
    steps: (context) => refusal('rate_limit', { retryAfterMs: context.param('retry_after_ms') })(context),
  },
  rate_limit_date_429: {
    about: 'Too many requests, with the time to wait as an HTTP date',
    delivers: false,
    params: { after_s: 2 },
    steps: (context) => refusal('rate_limit', { headers: { 'retry-after': new Date(context.nowMs + context.param('after_s') * 1000).toUTCString() } })(context),
  },
  quota_429: { about: 'The account has no credit left', delivers: false, steps: refusal('quota') },
  spend_limit_429: { about: 'A spend limit that somebody set is reached', delivers: false, steps: refusal('spend_limit') },
  overloaded_503: { about: 'No capacity for anyone (Anthropic: 529 overloaded_error)', delivers: false, steps: refusal('overloaded') },
  unauthorized_401: { about: 'The key is wrong (Gemini says so with 400)', delivers: false, steps: refusal('unauthorized') },
  payment_402: { about: 'Billing is in trouble', delivers: false, steps: refusal('payment') },
  forbidden_403: { about: 'The key may not do this', delivers: false, steps: refusal('forbidden') },
  model_not_found_404: { about: 'The model is gone', delivers: false, steps: refusal('unknown_model') },
  timeout_408: { about: 'The provider timed out reading the request', delivers: false, steps: refusal('request_timeout') },
  conflict_409: { about: 'A conflict at the provider', delivers: false, steps: refusal('conflict') },
  too_large_413: { about: 'The request is too large for the provider', delivers: false, steps: refusal('too_large') },
  unprocessable_422: { about: 'The request cannot be followed', delivers: false, steps: refusal('unprocessable') },
  bad_request_400: { about: 'The request itself is refused', delivers: false, steps: refusal('bad_request') },
  context_length_400: { about: 'More input than the model takes', delivers: false, steps: refusal('context_length') },
  content_filter_400: {
    about: 'The filter stops the request (Gemini: a 200 without candidates)',
    delivers: false,
    steps: (context) => {
      const { surface, said, answer } = context
      return surface.wire === 'gemini' && surface.kind === 'answer' ? answer({ ...said, choices: [{ parts: [], finish: 'content_filter', stopSequence: undefined }] }) : refusal('content_filter')(context)
    },
  },
  server_500: { about: 'A plain server error', delivers: false, steps: refusal('server') },
  bad_gateway_502: { about: "A proxy's page instead of an answer", delivers: false, steps: ({ timeScale }) => planBody(502, 'text/html', PAGE('502 Bad Gateway'), REFUSAL_MS * timeScale) },
  unavailable_503: { about: 'A line of text from a load balancer', delivers: false, steps: ({ timeScale }) => planBody(503, 'text/plain', 'upstream connect error or disconnect/reset before headers', REFUSAL_MS * timeScale) },
  gateway_timeout_504: { about: 'The provider gave up waiting for itself', delivers: false, steps: refusal('gateway_timeout') },
  redirect_307: {
    about: 'A redirect to another path',
    delivers: false,
    steps: ({ surface, asked, timeScale }) => planError(surface, { kind: 'bad_gateway', headers: { location: '/elsewhere' } }, asked.model, timeScale).map((step) => (step.kind === 'head' ? { ...step, status: 307 } : step)),
  },
  no_content_204: { about: 'Success without a body', delivers: false, steps: ({ timeScale }) => [{ kind: 'head', atMs: REFUSAL_MS * timeScale, status: 204, headers: {} }, { kind: 'end', atMs: REFUSAL_MS * timeScale }] },
} as const satisfies Record<string, Fault>
