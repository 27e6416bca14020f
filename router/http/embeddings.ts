// POST /v1/embeddings, as OpenAI documents it (openai-node 7.57, EmbeddingCreateParams). Vectors of different models do not mix:
// a call is served by one model, failing over only among targets that run the same one.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { WeighbridgeError } from '../../core/errors.ts'
import type { Ability } from '../../core/config.ts'
import { NO_LOSS } from '../providers/adapter.ts'
import { ADAPTERS } from '../providers/adapters.ts'
import { isObject, type JsonObject } from '../providers/json.ts'
import type { CallFacts } from '../decide/call-facts.ts'
import type { Demands } from '../decide/demands.ts'
import { planEmbedding } from '../decide/plan-embedding.ts'
import { runCall } from '../execute/call.ts'
import type { AnswerSink, CallInput } from '../execute/dependencies.ts'
import { startCallSpan } from '../spans/call-spans.ts'
import { parseTraceparent } from '../spans/traceparent.ts'
import { sendError, sendJson } from './answer.ts'
import { readJsonBody } from './body.ts'
import { answerHeaders, countCall, failureHeaders, headerText, planInLimits, spansOnDisk, statusOf, watchClient, type CallContext, type CallRouteDependencies } from './call-shared.ts'
import { firstOf, isAllSimulated } from './model-call.ts'
import { readOwnMetadata, withoutOwn } from './own-metadata.ts'
import { checkMembers, COUNT, fault, modelOf, OBJECT, oneOf, TEXT } from './surfaces/faults.ts'
import { textTokens } from './surfaces/tokens.ts'

export const EMBEDDINGS_ROUTE = '/v1/embeddings'

/** Most inputs of one request (OpenAI's API reference, "Create embeddings", 2026-11). */
const MOST_INPUTS = 2_048
const NOTHING: ReadonlySet<Ability> = new Set()
/** An answer that cannot be streamed has nowhere to stream to. */
const NO_SINK: AnswerSink = { begin: () => undefined, part: () => undefined }

/** Serves one request. Throws what is wrong with it before any target is asked. */
export async function embeddings(deps: CallRouteDependencies, context: CallContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { settings } = context.config
  deps.underWay.enter(settings.router.max_calls)
  try {
    const gone = watchClient(response)
    const asked = await readJsonBody(request, response, settings.router.max_body_bytes)
    const said = factsOf(asked, request)
    const key = context.requireKey(said.purpose === 'production' ? 'call' : 'eval')
    const facts = deps.limits.tagged(context.config, key, said)
    const parent = parseTraceparent(firstOf(request.headers['traceparent']))
    const ticket = deps.limits.ticket({ config: context.config, key, facts, traceId: parent?.traceId, native: asked })
    const span = startCallSpan(deps.spans, facts, {
      operation: 'embeddings',
      surface: 'embeddings',
      route: EMBEDDINGS_ROUTE,
      requestId: context.requestId,
      keyId: key?.id,
      simulated: isAllSimulated(context.config),
      parent,
    })
    response.setHeader('x-weighbridge-trace-id', span.traceId)
    const plan = await planInLimits(deps, { ticket, span, response, wire: 'openai-chat' }, (barred) =>
      planEmbedding({ config: context.config, table: context.table, expected: deps.execute.expected, prices: deps.prices, barred }, ticket.facts(), DEMANDS),
    )
    response.setHeader('x-weighbridge-task', headerText(plan.task.name))
    response.setHeader('x-weighbridge-route-version', String(plan.routeVersion))
    const cover: CallInput['cover'] = (target, soFar) => ticket.cover(target, soFar)
    const outcome = await runCall(deps.execute, { plan, facts, job: { kind: 'embeddings', body: withoutOwn(asked) }, requestId: context.requestId, span, sink: NO_SINK, gone, keyNumber: undefined, cover })
    ticket.settle(outcome)
    countCall(deps, plan.task.name, outcome)
    await spansOnDisk(deps)
    if (response.destroyed) return
    if (outcome.error !== undefined) return sendError(response, outcome.error, failureHeaders(outcome), outcome.shown, statusOf(outcome, outcome.error))
    if (outcome.plain === undefined) throw new WeighbridgeError('internal', 'An embeddings call ended without an answer.')
    const headers = answerHeaders(outcome)
    if (outcome.costUsd !== undefined) headers['x-weighbridge-cost-usd'] = outcome.costUsd.toFixed(12)
    sendJson(response, 200, outcome.plain.native, headers)
  } finally {
    deps.underWay.leave()
  }
}

/** Bodies are OpenAI's on every wire that has embeddings; what a wire cannot carry of one is its adapter's to refuse. */
const DEMANDS: Demands = {
  kind: 'embedding',
  needs: NOTHING,
  lossAt: (target) => (ADAPTERS[target.provider.api].embeddings === undefined ? { refused: ['input'], dropped: [] } : NO_LOSS),
  boundTo: undefined,
}

/** Throws `bad_request` naming the member at fault. */
function factsOf(body: JsonObject, request: IncomingMessage): CallFacts {
  const model = modelOf(body)
  checkMembers(body, [
    ['dimensions', COUNT],
    ['encoding_format', oneOf(['float', 'base64'])],
    ['user', TEXT],
    ['metadata', OBJECT],
  ])
  const { own } = readOwnMetadata(request.headers, body['metadata'])
  const { user } = body
  return {
    model,
    ...own,
    userId: own.userId ?? (typeof user === 'string' ? user : undefined),
    effort: undefined,
    stream: false,
    inputTokens: Math.ceil(inputTokens(body['input'])),
    // No output is billed, so none is to be expected.
    maxOutputTokens: 0,
  }
}

/** Estimated tokens of a text, a list of texts, a list of tokens, or a list of such lists. Throws `bad_request`. */
function inputTokens(input: unknown): number {
  if (typeof input === 'string') {
    if (input === '') throw fault('input', 'must not be empty')
    return textTokens(input)
  }
  if (!Array.isArray(input) || input.length === 0) throw fault('input', 'must be a non-empty string or array')
  if (input.every((token) => isToken(token))) return input.length
  if (input.length > MOST_INPUTS) throw fault('input', `holds ${input.length} inputs, at most ${MOST_INPUTS} are allowed`)
  let tokens = 0
  for (const [index, one] of (input as readonly unknown[]).entries()) {
    if (typeof one === 'string' && one !== '') tokens += textTokens(one)
    else if (Array.isArray(one) && one.length > 0 && one.every((token) => isToken(token))) tokens += one.length
    else if (isObject(one)) throw fault(`input.${index}`, 'must be text or tokens')
    else throw fault(`input.${index}`, 'must be a non-empty string or an array of tokens')
  }
  return tokens
}

function isToken(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}
