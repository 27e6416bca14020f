// One question through the router's front door at a pinned target, as any client would ask it. Never fails over, never
// retries: what the target answered, or that it did not, is the observation.
import type { Dispatcher } from 'undici'
import { z } from 'zod'
import { asWeighbridgeError } from '../../core/errors.ts'
import type { Clock } from '../../core/seams.ts'

/** What to ask of whom. */
export type Question = {
  readonly target: string
  readonly task: string
  readonly instructions: string | undefined
  readonly question: string
  readonly maxOutputTokens: number
  readonly seed: number
  readonly tags: string
}

/** What came back. `error` is set when no answer did; it holds a code and no content. */
export type Reply = {
  readonly text: string
  readonly finishReason: string | undefined
  readonly servedModel: string
  readonly servedTarget: string
  readonly traceId: string
  readonly latencyMs: number
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly costUsd: number | undefined
  readonly error: string | undefined
  /** Whether the router answered at all; if not, no provider was asked. */
  readonly asked: boolean
  /** Whether the router turned it away for a budget of its own; no provider was asked then either. */
  readonly turnedAway?: boolean
}

/** What the router answers when its budget for evals, or that of the key, is reached. */
const OUT_OF_BUDGET: ReadonlySet<string> = new Set(['budget_exceeded', 'rate_limit_exceeded'])

const count = z.number().int().nonnegative().optional().catch(undefined)
const answerSchema = z.looseObject({
  model: z.string().catch(''),
  choices: z
    .array(z.looseObject({ finish_reason: z.string().nullish().catch(undefined), message: z.looseObject({ content: z.string().nullish(), refusal: z.string().nullish() }).catch({}) }))
    .min(1),
  usage: z.looseObject({ prompt_tokens: count, completion_tokens: count }).nullish().catch(undefined),
})
const errorSchema = z.looseObject({ error: z.looseObject({ code: z.string().catch('unknown') }) })

/** Asks; resolves with what happened and rejects only when `signal` aborts. The dispatcher is bound to the router's origin. */
export async function ask(router: Dispatcher, apiKey: string | undefined, q: Question, clock: Clock, signal: AbortSignal): Promise<Reply> {
  const started = clock.monotonicMs()
  const messages = [...(q.instructions === undefined ? [] : [{ role: 'system', content: q.instructions }]), { role: 'user', content: q.question }]
  const nothing = { text: '', finishReason: undefined, servedModel: '', servedTarget: '', traceId: '', inputTokens: undefined, outputTokens: undefined, costUsd: undefined }
  try {
    const { statusCode, headers, body } = await router.request({
      method: 'POST',
      path: '/v1/chat/completions',
      headers: {
        'content-type': 'application/json',
        'x-weighbridge-purpose': 'eval',
        'x-weighbridge-pin': q.target,
        'x-weighbridge-task': q.task,
        'x-weighbridge-failover': 'off',
        'x-weighbridge-tags': q.tags,
        ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
      },
      body: JSON.stringify({ model: q.target, messages, max_tokens: q.maxOutputTokens, seed: q.seed }),
      signal,
    })
    const text = await body.text()
    const latencyMs = clock.monotonicMs() - started
    const seen = {
      servedTarget: header(headers, 'x-weighbridge-target'),
      traceId: header(headers, 'x-weighbridge-trace-id'),
      costUsd: numeric(header(headers, 'x-weighbridge-cost-usd')),
      latencyMs,
    }
    if (statusCode !== 200) return { ...nothing, ...seen, error: errorCode(text, statusCode), asked: true, turnedAway: OUT_OF_BUDGET.has(header(headers, 'x-weighbridge-error')) }
    const parsed = answerSchema.safeParse(parseJson(text))
    const choice = parsed.success ? parsed.data.choices[0] : undefined
    if (!parsed.success || choice === undefined) return { ...nothing, ...seen, error: 'provider_malformed', asked: true }
    return {
      ...seen,
      text: choice.message.content ?? choice.message.refusal ?? '',
      finishReason: choice.finish_reason ?? undefined,
      servedModel: parsed.data.model,
      inputTokens: parsed.data.usage?.prompt_tokens,
      outputTokens: parsed.data.usage?.completion_tokens,
      error: undefined,
      asked: true,
    }
  } catch (thrown) {
    if (signal.aborted) throw thrown
    return { ...nothing, latencyMs: clock.monotonicMs() - started, error: `router_unreachable: ${asWeighbridgeError(thrown).message}`, asked: false }
  }
}

function header(headers: Readonly<Record<string, string | string[] | undefined>>, name: string): string {
  const value = headers[name]
  return Array.isArray(value) ? (value[0] ?? '') : (value ?? '')
}

function numeric(text: string): number | undefined {
  const value = text === '' ? Number.NaN : Number(text)
  return Number.isFinite(value) ? value : undefined
}

function errorCode(text: string, status: number): string {
  const parsed = errorSchema.safeParse(parseJson(text))
  return parsed.success ? parsed.data.error.code : `http_${status}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
