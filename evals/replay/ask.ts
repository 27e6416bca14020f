// One question through the router's front door at a pinned target, as any client would ask it, for an eval or for a judge.
// Never fails over, never retries: what the target answered, or that it did not, is the observation.
import type { Dispatcher } from 'undici'
import { z } from 'zod'
import type { Purpose } from '../../core/attributes.ts'
import { asWeighbridgeError } from '../../core/errors.ts'
import { jsonOf } from '../../core/json.ts'
import type { Clock } from '../../core/seams.ts'

export type Message = { readonly role: 'system' | 'user'; readonly content: string }

/** What to ask of whom. */
export type Question = {
  readonly target: string
  readonly task: string
  readonly purpose: Extract<Purpose, 'eval' | 'judge'>
  readonly messages: readonly Message[]
  readonly maxOutputTokens: number
  readonly seed: number
  readonly tags: string
  /** 32 hex digits, made by the caller, so that a call whose answer never arrives can be found by it. */
  readonly traceId: string
  /** `response_format` of Chat Completions; undefined: plain text. */
  readonly responseFormat?: Readonly<Record<string, unknown>> | undefined
}

/** What came back. `error` is set when no answer did; it holds a code and no content. */
export type Reply = {
  readonly text: string
  readonly finishReason: string | undefined
  readonly servedModel: string
  readonly servedTarget: string
  readonly traceId: string
  readonly spanId: string
  readonly latencyMs: number
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly costUsd: number | undefined
  /** Why there is no answer: an error code, with details where we know them; undefined: there is one. */
  readonly error: string | undefined
  /** The error's code alone. */
  readonly code: string | undefined
  /** How long the provider asks to be left alone. */
  readonly retryAfterMs: number | undefined
  /** Whether the router answered at all; if not, no provider was asked. */
  readonly asked: boolean
  /** Whether the router turned it away for a budget of its own; no provider was asked then either. */
  readonly turnedAway?: boolean
}

/** Codes that say "too many now": the same question may be asked again later, and nothing was billed. */
const LIMITS: ReadonlySet<string> = new Set(['provider_rate_limited', 'provider_overloaded', 'overloaded', 'rate_limit_exceeded'])
/** Codes after which a provider answers nobody until a person does something. */
const HOPELESS: ReadonlySet<string> = new Set(['provider_quota_exhausted', 'provider_credential', 'key_missing', 'key_invalid', 'key_scope'])

/** What the router answers when its budget for evals, or that of the key, is reached. */
const OUT_OF_BUDGET: ReadonlySet<string> = new Set(['budget_exceeded', 'rate_limit_exceeded'])
/** A run waits for a budget of the router's that is filled again within this; a longer one ends it as a spent budget does. */
const WAITED_FOR_MS = 120_000

/** Whether the reply only says to come back later. */
export const isLimited = (reply: Pick<Reply, 'code' | 'turnedAway'>): boolean => reply.code !== undefined && LIMITS.has(reply.code) && reply.turnedAway !== true
/** Whether asking this provider again is pointless. */
export const isHopeless = (reply: Pick<Reply, 'code'>): boolean => reply.code !== undefined && HOPELESS.has(reply.code)

const count = z.number().int().nonnegative().optional().catch(undefined)
const answerSchema = z.looseObject({
  model: z.string().catch(''),
  choices: z
    .array(z.looseObject({ finish_reason: z.string().nullish().catch(undefined), message: z.looseObject({ content: z.string().nullish(), refusal: z.string().nullish() }).catch({}) }))
    .min(1),
  usage: z.looseObject({ prompt_tokens: count, completion_tokens: count }).nullish().catch(undefined),
})
const errorSchema = z.looseObject({ error: z.looseObject({ code: z.string().catch('unknown'), weighbridge: z.looseObject({ code: z.string() }).optional().catch(undefined) }) })

/** Asks; resolves with what happened and rejects only when `signal` aborts. The dispatcher is bound to the router's origin. */
export async function ask(router: Dispatcher, apiKey: string | undefined, q: Question, clock: Clock, signal: AbortSignal): Promise<Reply> {
  const started = clock.monotonicMs()
  const nothing = { text: '', finishReason: undefined, servedModel: '', servedTarget: '', traceId: q.traceId, spanId: '', inputTokens: undefined, outputTokens: undefined, costUsd: undefined, retryAfterMs: undefined }
  try {
    const { statusCode, headers, body } = await router.request({ method: 'POST', path: '/v1/chat/completions', headers: headersOf(q, apiKey), body: bodyOf(q), signal })
    const text = await body.text()
    const seen = {
      servedTarget: header(headers, 'x-weighbridge-target'),
      traceId: header(headers, 'x-weighbridge-trace-id') || q.traceId,
      spanId: header(headers, 'x-weighbridge-span-id'),
      costUsd: numeric(header(headers, 'x-weighbridge-cost-usd')),
      latencyMs: clock.monotonicMs() - started,
    }
    if (statusCode !== 200) {
      const code = header(headers, 'x-weighbridge-error') || errorCode(text, statusCode)
      const retryAfterMs = pause(headers)
      const turnedAway = OUT_OF_BUDGET.has(code) && !(code === 'rate_limit_exceeded' && retryAfterMs !== undefined && retryAfterMs <= WAITED_FOR_MS)
      return { ...nothing, ...seen, error: code, code, retryAfterMs, asked: true, turnedAway }
    }
    const parsed = answerSchema.safeParse(jsonOf(text))
    const choice = parsed.success ? parsed.data.choices[0] : undefined
    if (!parsed.success || choice === undefined) return { ...nothing, ...seen, error: 'provider_malformed', code: 'provider_malformed', asked: true }
    return {
      ...seen,
      text: choice.message.content ?? choice.message.refusal ?? '',
      finishReason: choice.finish_reason ?? undefined,
      servedModel: parsed.data.model,
      inputTokens: parsed.data.usage?.prompt_tokens,
      outputTokens: parsed.data.usage?.completion_tokens,
      error: undefined,
      code: undefined,
      retryAfterMs: undefined,
      asked: true,
    }
  } catch (thrown) {
    if (signal.aborted) throw thrown
    return { ...nothing, latencyMs: clock.monotonicMs() - started, error: `router_unreachable: ${asWeighbridgeError(thrown).message}`, code: 'router_unreachable', asked: false }
  }
}

function headersOf(q: Question, apiKey: string | undefined): Record<string, string> {
  return {
    'content-type': 'application/json',
    'x-weighbridge-purpose': q.purpose,
    'x-weighbridge-pin': q.target,
    'x-weighbridge-task': q.task,
    'x-weighbridge-failover': 'off',
    'x-weighbridge-tags': q.tags,
    // The parent span is ours alone and never sent anywhere: it only carries the trace id in.
    traceparent: `00-${q.traceId}-${q.traceId.slice(0, 16)}-01`,
    ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
  }
}

function bodyOf(q: Question): string {
  return JSON.stringify({ model: q.target, messages: q.messages, max_tokens: q.maxOutputTokens, seed: q.seed, ...(q.responseFormat === undefined ? {} : { response_format: q.responseFormat }) })
}

type Headers = Readonly<Record<string, string | string[] | undefined>>

function header(headers: Headers, name: string): string {
  const value = headers[name]
  return Array.isArray(value) ? (value[0] ?? '') : (value ?? '')
}

function pause(headers: Headers): number | undefined {
  const exact = numeric(header(headers, 'retry-after-ms'))
  if (exact !== undefined) return exact
  const seconds = numeric(header(headers, 'retry-after'))
  return seconds === undefined ? undefined : 1_000 * seconds
}

function numeric(text: string): number | undefined {
  const value = text === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : undefined
}

function errorCode(text: string, status: number): string {
  const parsed = errorSchema.safeParse(jsonOf(text))
  return parsed.success ? (parsed.data.error.weighbridge?.code ?? parsed.data.error.code) : `http_${status}`
}
