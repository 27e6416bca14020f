// POST /v1/messages/count_tokens: how many input tokens a request would have at the target that would serve it. The provider
// counts where its wire can; elsewhere, and when it cannot be asked, our estimate is the answer and a header says so. Nothing
// is billed and no answer is given, so it is not a call: no span, no cost, no effect on health.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import type { Target } from '../../core/config.ts'
import { demandsOf } from '../decide/demands.ts'
import type { CallFacts } from '../decide/call-facts.ts'
import { chooseFirst, planCall } from '../decide/plan.ts'
import { Attempt } from '../execute/attempt.ts'
import type { ClientGone } from '../execute/client-gone.ts'
import { nothingAdmissible } from '../execute/nothing-admissible.ts'
import { soonestReturn, standingAgainst } from '../execute/standing.ts'
import { permitted } from '../limits/permission.ts'
import { ADAPTERS } from '../providers/adapters.ts'
import type { OutgoingCall } from '../providers/adapter.ts'
import { sendError, sendJson } from './answer.ts'
import { readJsonBody } from './body.ts'
import { headerText, statusOf, watchClient, type CallContext, type CallRouteDependencies } from './call-shared.ts'
import { readOwnMetadata } from './own-metadata.ts'
import type { Surface, SurfaceRequest } from './surfaces/surface.ts'

export const COUNT_TOKENS_ROUTE = '/v1/messages/count_tokens'

/** Serves one request of the Messages surface. */
export async function countTokens(deps: CallRouteDependencies, surface: Surface, context: CallContext, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { config, table } = context
  const { router } = config.settings
  deps.underWay.enter(router.max_calls)
  try {
    const gone = watchClient(response)
    const body = await readJsonBody(request, response, router.max_body_bytes)
    // The same body as a message's, but for the output limit that a message must have.
    const { max_tokens: _given, ...counted } = body
    const read = surface.read({ ...counted, max_tokens: 1 })
    const { max_tokens: _ours, ...native } = read.native
    const asked: SurfaceRequest = { ...read, native, stream: false }
    const { own } = readOwnMetadata(request.headers, asked.metadata)
    const key = context.requireKey(own.purpose === 'production' ? 'call' : 'eval')
    const policy = deps.limits.policy(config, key)
    const said: CallFacts = { model: asked.model, ...own, effort: asked.effort, stream: false, inputTokens: asked.inputTokens, maxOutputTokens: undefined }
    const facts: CallFacts = { ...said, model: policy.aliases.get(said.model) ?? said.model }
    const plan = permitted(policy, (barred) => planCall({ config, table, expected: deps.execute.expected, prices: deps.prices, barred }, facts, demandsOf(asked, surface.wire, ADAPTERS, undefined)))
    const production = facts.purpose === 'production'
    const standing = (target: Target): ReturnType<typeof standingAgainst> => standingAgainst(deps.execute, target, deps.execute.clock.monotonicMs(), production, true)
    const considered = chooseFirst(plan, standing, deps.execute.random)
    const target = considered.choice?.candidate.target
    if (target === undefined) throw nothingAdmissible(plan, considered.exclusions, soonestReturn(deps.execute, plan.candidates, deps.execute.clock.monotonicMs()), asked.native)
    const headers = { 'x-weighbridge-target': headerText(target.name), 'x-weighbridge-task': headerText(plan.task.name) }
    const call: OutgoingCall = { wire: surface.wire, native: asked.native, request: asked.request, stream: false, effort: target.effort, requestId: context.requestId }
    const counting = await askProvider(deps, call, target, gone)
    if (response.destroyed) return
    if (typeof counting === 'number') return sendJson(response, 200, { input_tokens: counting }, headers)
    if (counting !== undefined && !counting.error.answer.failOver && counting.error.code !== 'call_timeout') return sendError(response, counting.error, headers, counting.shown, statusOf(counting.outcome, counting.error), surface)
    sendJson(response, 200, { input_tokens: asked.inputTokens }, { ...headers, 'x-weighbridge-estimated': 'true' })
  } finally {
    deps.underWay.leave()
  }
}

type Failed = { readonly error: WeighbridgeError; readonly shown: Attempt['observed']['shown']; readonly outcome: Parameters<typeof statusOf>[0] }

/** The provider's count; `undefined`: its wire has none. */
async function askProvider(deps: CallRouteDependencies, call: OutgoingCall, target: Target, gone: ClientGone): Promise<number | Failed | undefined> {
  const { execute } = deps
  const adapter = ADAPTERS[target.provider.api]
  const counter = adapter.countTokens
  if (counter === undefined) return undefined
  const key = execute.keys.pick(target.provider, target.model, execute.clock.monotonicMs())
  let attempt: Attempt | undefined
  const hangUp = (): void => attempt?.abort(new WeighbridgeError('client_closed', 'The client hung up.'))
  try {
    attempt = new Attempt({
      adapter,
      target,
      request: counter.build(call, target, key?.secret ?? target.provider.apiKeys[0]),
      stream: false,
      dispatcher: execute.pools.of(target.provider),
      maxResponseBytes: execute.limits.maxResponseBytes,
      // An estimate at once is worth more than a count after minutes.
      callMs: Math.min(execute.limits.callTimeoutMs, target.provider.timeouts.firstTokenMs),
      clock: execute.clock,
    })
    gone.listen(hangUp)
    return counter.parse((await attempt.whole()).toString())
  } catch (thrown) {
    const error = asWeighbridgeError(thrown)
    if (error.code === 'internal') execute.log.error({ err: thrown, request_id: call.requestId }, 'counting tokens failed inside the router')
    attempt?.abort(error)
    return { error, shown: attempt?.observed.shown, outcome: { providerStatus: attempt?.observed.status } }
  } finally {
    gone.forget(hangUp)
  }
}
