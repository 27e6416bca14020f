// Limits through a real router: what clients of every API hear, what official SDKs make of it, what is on the spans, and that the ledger
// agrees with what providers answered, to the last digit, when hundreds of agents call at once.
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KeyFacts, KeyRing } from '../../../core/mount.ts'
import { counted, dollars } from '../../../router/limits/amounts.ts'
import { WeighbridgeError } from '../../../core/errors.ts'
import { answerBody, answering, failing, json, scriptedProvider, streamText, USAGE, type ScriptedProvider } from '../support/scripted-provider.ts'
import { eventually, running, twoProviders, type Running } from '../support/running.ts'

/** What one answer of the scripted providers costs at alpha: 600 fresh and 400 cached tokens in, 100 out. */
const ALPHA_USD = (600 * 2.5 + 400 * 0.25 + 100 * 15) / 1e6
const BETA_USD = (1_000 * 5 + 100 * 30) / 1e6

let one: ScriptedProvider
let two: ScriptedProvider
const up: Running[] = []
beforeEach(async () => {
  one = await scriptedProvider(answering('from one'))
  two = await scriptedProvider(answering('from two'))
})
afterEach(async () => {
  for (const running of up.splice(0)) await running.close()
  await one.close()
  await two.close()
})

async function router(extra: string, options: Parameters<typeof running>[1] = {}): Promise<Running> {
  const started = await running(twoProviders(one.url, two.url, extra), options)
  up.push(started)
  return started
}

function ringOf(keys: Record<string, KeyFacts>): KeyRing {
  return { find: (secret) => keys[secret], has: () => true, byId: (id) => Object.values(keys).find((key) => key.id === id) }
}
const app: KeyFacts = { id: 'key_app', name: 'app', scopes: ['call', 'eval'] }
const TRACEPARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
// Budgets in all, not by day: no test should care for midnight.
const spent = (running: Running, rule: string, subject: string): number => dollars(running.router.limits.ledger.cell(rule, subject, 'total', 0).spent.usd)

describe('a refused call', () => {
  it('is answered in the shape of its API, with our facts, reset times and whether to try again', async () => {
    const running = await router('budgets: { each_key: { usd_per_day: 0.0000001, requests_per_minute: 50 } }', { keys: ringOf({ secret: app }) })
    const post = (path: string, body: unknown): Promise<Response> => fetch(`${running.router.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: 'Bearer secret' }, body: JSON.stringify(body) })
    const messages = [{ role: 'user', content: 'Hello' }]
    for (const [path, body] of [['/v1/chat/completions', { model: 'auto', messages }], ['/v1/responses', { model: 'auto', input: 'Hello' }], ['/v1/embeddings', { model: 'one/embedder', input: 'Hello' }]] as const) {
      const answer = await post(path, body)
      const { error } = (await answer.json()) as { error: Record<string, unknown> }
      if (path === '/v1/embeddings') {
        // A model that only the call names has no price: a dollar budget refuses it by name.
        expect([answer.status, error['code']], path).toEqual([422, 'no_admissible_target'])
        continue
      }
      expect([answer.status, error['code'], error['type']], path).toEqual([429, 'budget_exceeded', 'rate_limit_error'])
      expect(answer.headers.get('x-should-retry')).toBe('false')
      expect(answer.headers.get('x-weighbridge-error')).toBe('budget_exceeded')
      expect(answer.headers.get('x-ratelimit-limit-requests')).toBe('50')
      expect(error).toMatchObject({ weighbridge: { details: { budget: 'key usd_per_day', limit: 1e-7 } } })
    }
    const anthropic = await post('/v1/messages', { model: 'auto', max_tokens: 100, messages })
    expect([anthropic.status, anthropic.headers.get('x-should-retry'), anthropic.headers.get('anthropic-ratelimit-requests-limit')]).toEqual([429, 'false', '50'])
    expect(await anthropic.json()).toMatchObject({ type: 'error', error: { type: 'rate_limit_error', message: expect.stringContaining('key usd_per_day'), weighbridge: { code: 'budget_exceeded' } } })
    expect(one.asked.length + two.asked.length).toBe(0)
  })

  it('is on its span with the code, the limit that refused it and its task', async () => {
    const running = await router('budgets: { each_trace: { steps: 1 } }')
    await running.chat({ model: 'auto' }, { traceparent: TRACEPARENT })
    const refused = await running.chat({ model: 'auto' }, { traceparent: TRACEPARENT })
    expect([refused.status, refused.headers.get('x-should-retry'), refused.headers.get('x-weighbridge-steps-remaining')]).toEqual([409, 'false', '0'])
    const spans = await eventually(() => {
      const calls = running.collector.spans.filter((span) => span.attributes['weighbridge.role'] === 'call')
      return calls.length === 2 ? calls : undefined
    })
    expect(spans[0]?.attributes).toMatchObject({ 'weighbridge.budget.bound': 'trace steps', 'weighbridge.budget.step': 1 })
    expect(spans[1]).toMatchObject({ traceId: 'a'.repeat(32), status: 2, attributes: { 'weighbridge.error.code': 'step_limit', 'weighbridge.budget.bound': 'trace steps', 'weighbridge.task': 'general', 'weighbridge.attempts': 0 } })
  })

  it('by its key\'s task or target is 403 on every API, and tells nothing of other keys', async () => {
    const keys = ringOf({ secret: { ...app, policy: { tasks: ['general'], targets: ['alpha'] } }, other: { id: 'key_other', name: 'other-team', scopes: ['call'], policy: { targets: ['beta'], limits: { usd: 7 } } } })
    const running = await router('tasks: { facts: {} }', { keys })
    const auth = { authorization: 'Bearer secret' }
    const task = await running.chat({ model: 'task:facts' }, auth)
    const target = await running.chat({ model: 'beta' }, auth)
    const wild = await running.chat({ model: 'two/anything' }, auth)
    for (const [answer, code] of [[task, 'not_allowed_task'], [target, 'not_allowed_target'], [wild, 'not_allowed_target']] as const) {
      const text = await answer.text()
      expect([answer.status, (JSON.parse(text) as { error: { code: string; type: string } }).error]).toMatchObject([403, { code, type: 'permission_error' }])
      expect(text).not.toMatch(/key_other|other-team/)
    }
    expect((await running.chat({ model: 'auto' }, auth)).headers.get('x-weighbridge-target')).toBe('alpha')
    const shown = (await (await fetch(`${running.router.url}/v1/models`, { headers: auth })).json()) as { data: { id: string }[] }
    expect(shown.data.map(({ id }) => id)).toEqual(['auto', 'task:general', 'alpha'])
    expect((await fetch(`${running.router.url}/v1/models/beta`, { headers: auth })).status).toBe(404)
    const tokens = await fetch(`${running.router.url}/v1/messages/count_tokens`, { method: 'POST', headers: { 'content-type': 'application/json', ...auth }, body: JSON.stringify({ model: 'beta', messages: [{ role: 'user', content: 'x' }] }) })
    expect([tokens.status, await tokens.json()]).toMatchObject([403, { type: 'error', error: { type: 'permission_error' } }])
  })

  it('with an expired key is 401, and an expired last key opens no door', async () => {
    const running = await router('', { keys: { find: () => { throw new WeighbridgeError('key_expired', 'Key key_old ended at 2026-01-01T00:00:00.000Z.') }, has: () => true } })
    const answer = await running.chat({ model: 'auto' }, { authorization: 'Bearer old' })
    expect([answer.status, await answer.json()]).toMatchObject([401, { error: { code: 'key_expired', type: 'authentication_error' } }])
    expect((await running.chat({ model: 'auto' })).status).toBe(401)
  })

  it('is asked once by the official clients, which try again only where waiting is short', async () => {
    const running = await router('budgets: { each_session: { steps: 1 }, all: { usd: 0.5 } }')
    let sent = 0
    const counting: typeof fetch = (...parameters) => ((sent += 1), fetch(...parameters))
    const openai = new OpenAI({ baseURL: `${running.router.url}/v1`, apiKey: 'none', fetch: counting, maxRetries: 3, defaultHeaders: { 'x-weighbridge-session': 's' } })
    const anthropic = new Anthropic({ baseURL: running.router.url, apiKey: 'none', fetch: counting, maxRetries: 3, defaultHeaders: { 'x-weighbridge-session': 's' } })
    const ask = { model: 'auto', messages: [{ role: 'user' as const, content: 'Hi' }] }
    await openai.chat.completions.create(ask)
    sent = 0
    await expect(openai.chat.completions.create(ask)).rejects.toMatchObject({ status: 409, code: 'step_limit' })
    await expect(anthropic.messages.create({ ...ask, max_tokens: 50 })).rejects.toMatchObject({ status: 409 })
    const money = { 'x-weighbridge-session': 'other', 'x-weighbridge-max-trace-usd': '0.0000001' }
    await expect(openai.chat.completions.create(ask, { headers: money })).rejects.toMatchObject({ status: 429, code: 'budget_exceeded' })
    await expect(anthropic.messages.create({ ...ask, max_tokens: 50 }, { headers: money })).rejects.toMatchObject({ status: 429 })
    expect(sent).toBe(4)
  })
})

describe('limits that a call brings', () => {
  it('may stand in headers or in metadata, and what cannot be meant is refused by name', async () => {
    const running = await router('')
    const answers = []
    for (const metadata of [{ 'weighbridge.session': 's1', weighbridge_max_steps: '1' }, { 'weighbridge.session': 's1', weighbridge_max_steps: '1' }]) answers.push((await running.chat({ model: 'auto', metadata })).status)
    expect(answers).toEqual([200, 409])
    expect(one.asked[0]?.body['metadata']).toBeUndefined()
    for (const [headers, message] of [[{ 'x-weighbridge-max-steps': '1.5', 'x-weighbridge-session': 's' }, /whole number of calls/], [{ 'x-weighbridge-max-trace-usd': 'much', 'x-weighbridge-session': 's' }, /number of dollars/], [{ 'x-weighbridge-max-steps': '3' }, /neither a traceparent nor a session/]] as const) {
      const answer = await running.chat({ model: 'auto' }, { ...headers })
      expect([answer.status, await answer.text()]).toEqual([400, expect.stringMatching(message)])
    }
  })
})

describe('what calls cost', () => {
  it('is what the ledger counts: failed attempts, failovers, streams and embeddings included', async () => {
    const running = await router('budgets: { all: { usd: 1 } }')
    await running.chat({ model: 'auto' })
    one.script = (response) => json(response, 200, { ...answerBody('x'), choices: [] })
    await running.chat({ model: 'auto' })
    one.script = failing(500, { message: 'down' })
    await running.chat({ model: 'auto' })
    one.script = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.end(streamText(['a', 'b']))
    }
    await (await running.chat({ model: 'alpha', stream: true })).text()
    const calls = await eventually(() => {
      const found = running.collector.spans.filter((span) => span.attributes['weighbridge.role'] === 'call')
      return found.length === 4 ? found : undefined
    })
    const sum = calls.reduce((total, span) => total + counted(Number(span.attributes['weighbridge.call.cost_usd'])), 0)
    const cell = running.router.limits.ledger.cell('all', '', 'total', 0)
    expect(cell.spent.usd).toBe(sum)
    expect(cell.spent.requests).toBe(4)
    expect(cell.held.usd).toBe(0)
    expect(dollars(sum)).toBeGreaterThanOrEqual(2 * ALPHA_USD + BETA_USD)
    expect(running.router.metrics.value('weighbridge_budget_spent_usd_total', { budget: 'all' })).toBeCloseTo(dollars(sum), 12)
  })

  it('of a client that hangs up is settled at what was seen, and what was set aside is free again', async () => {
    const running = await router('budgets: { all: { usd: 1 } }')
    let started: (() => void) | undefined
    one.script = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(streamText(['half an answer']).split('data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"served-model-2026","choices":[{"index":0,"delta":{}')[0] ?? '')
      started?.()
    }
    const gone = new AbortController()
    const begun = new Promise<void>((resolve) => (started = resolve))
    const call = fetch(`${running.router.url}/v1/chat/completions`, { method: 'POST', signal: gone.signal, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'auto', stream: true, messages: [{ role: 'user', content: 'Hello' }] }) })
    await begun
    const cell = running.router.limits.ledger.cell('all', '', 'total', 0)
    await eventually(() => (cell.held.usd > 0 ? true : undefined))
    await (await call).body?.getReader().read()
    gone.abort()
    await eventually(() => (cell.held.usd === 0 ? true : undefined))
    expect(dollars(cell.spent.usd)).toBeGreaterThan(0)
    expect(dollars(cell.spent.usd)).toBeLessThan(ALPHA_USD)
  })

  it('reaching a limit ends no stream, but no next call begins', async () => {
    const running = await router('budgets: { each_trace: { usd: 0.02 } }')
    let finish: (() => void) | undefined
    one.script = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      const [head = '', ...rest] = streamText(['a', 'long', 'answer']).split('\n\n')
      response.write(`${head}\n\n${rest.slice(0, 2).join('\n\n')}\n\n`)
      finish = () => {
        const dear = rest.slice(2).join('\n\n').replace('"completion_tokens":100', '"completion_tokens":100000').replace('"total_tokens":1100', '"total_tokens":101000')
        response.end(dear)
      }
    }
    const stream = await running.chat({ model: 'auto', stream: true, max_tokens: 200 }, { traceparent: TRACEPARENT })
    await eventually(() => finish)
    finish?.()
    expect(await stream.text()).toMatch(/data: \[DONE\]\n\n$/)
    expect(spent(running, 'trace', `-/${'a'.repeat(32)}`)).toBeGreaterThan(1)
    const next = await running.chat({ model: 'auto' }, { traceparent: TRACEPARENT })
    expect([next.status, ((await next.json()) as { error: { code: string } }).error.code]).toEqual([429, 'budget_exceeded'])
  })

  it('holds across a restart of the router', async () => {
    const first = await router('budgets: { all: { usd: 0.0321 } }')
    for (let call = 0; call < 3; call += 1) await (await first.chat({ model: 'alpha', max_tokens: 100 })).text()
    await first.router.close()
    const second = await running(twoProviders(one.url, two.url, 'budgets: { all: { usd: 0.0100 } }'), { dataDir: first.dataDir })
    up.unshift(second)
    expect(spent(second, 'all', '')).toBeCloseTo(3 * ALPHA_USD, 12)
    expect((await second.chat({ model: 'alpha', max_tokens: 100 })).status).toBe(429)
  })

  it('is bounded when an agent runs away: the same call again and again, or dollars too fast', async () => {
    const running = await router('budgets: { runaway: { same_call: 3, usd_per_minute: 0.02 } }')
    const statuses: number[] = []
    for (let call = 0; call < 5; call += 1) statuses.push((await running.chat({ model: 'auto', user: `u${call}` }, { traceparent: TRACEPARENT })).status)
    expect(statuses).toEqual([200, 200, 200, 409, 409])
    const refused = await running.chat({ model: 'auto' }, { traceparent: TRACEPARENT })
    expect([refused.headers.get('x-should-retry'), await refused.json()]).toMatchObject(['false', { error: { code: 'runaway', message: expect.stringMatching(/made 3 times .* budgets\.runaway\.same_call is 3\. .*budgets reset trace/), weighbridge: { details: { limit: 'same_call', most: 3, made: 3 } } } }])
    expect((await running.chat({ model: 'auto', messages: [{ role: 'user', content: 'Something else' }] }, { traceparent: TRACEPARENT })).status).toBe(200)
    for (let call = 0; call < 4; call += 1) await running.chat({ model: 'auto', messages: [{ role: 'user', content: `Other ${call}` }] }, { traceparent: TRACEPARENT })
    const fast = await running.chat({ model: 'auto', messages: [{ role: 'user', content: 'One more' }] }, { traceparent: TRACEPARENT })
    expect([fast.status, await fast.json()]).toMatchObject([409, { error: { code: 'runaway', message: expect.stringContaining('budgets.runaway.usd_per_minute is $0.02') } }])
    // Another trace, and a call in none, are none of its business.
    expect((await running.chat({ model: 'auto' })).status).toBe(200)
  })
})

describe('many at once', () => {
  it('three hundred agents with a budget each end with honest errors and exact spend', async () => {
    const LIMIT = 0.0085
    const running = await router(`budgets: { each_trace: { usd: ${LIMIT} }, all: { usd: 100 } }`)
    const outcomes = await Promise.all(
      Array.from({ length: 300 }, async (_, agent) => {
        const trace = (0x1000 + agent).toString(16).padStart(32, 'c')
        let answered = 0
        for (;;) {
          const answer = await running.chat({ model: 'alpha', max_tokens: 110, messages: [{ role: 'user', content: `Agent ${agent}, step ${answered}` }] }, { traceparent: `00-${trace}-${'b'.repeat(16)}-01` })
          const body = (await answer.json()) as { error?: { code: string } }
          if (answer.status === 200) answered += 1
          else return { trace, answered, status: answer.status, code: body.error?.code, retry: answer.headers.get('x-should-retry') }
        }
      }),
    )
    for (const { status, code, retry } of outcomes) expect([status, code, retry]).toEqual([429, 'budget_exceeded', 'false'])
    for (const { trace, answered } of outcomes) {
      const used = spent(running, 'trace', `-/${trace}`)
      expect(used).toBeCloseTo(answered * ALPHA_USD, 12)
      // One call at a time: the last one may cost more than what was set aside for it (110 tokens out at $15, a few in), no more.
      expect(used).toBeLessThanOrEqual(LIMIT + ALPHA_USD - 0.00165)
    }
    // The provider's own count of what it answered is the ledger's.
    expect(running.router.limits.ledger.cell('all', '', 'total', 0).spent.usd).toBe(one.asked.length * counted(ALPHA_USD))
    expect(one.asked.length).toBe(outcomes.reduce((sum, { answered }) => sum + answered, 0))
    expect(USAGE.completion_tokens).toBeLessThanOrEqual(110)
  }, 120_000)

  it('a thousand calls in one moment, all under way together, keep a budget to what was set aside for them', async () => {
    const LIMIT = 0.5
    const waiting: (() => void)[] = []
    one.script = (response, asked, count) => void waiting.push(() => void answering('late')(response, asked, count))
    const text = twoProviders(one.url, two.url, `budgets: { reserve: most, all: { usd: ${LIMIT} } }`, '{ connect_ms: 60000, first_token_ms: 60000, idle_ms: 60000, total_ms: 120000 }').replace('one: {', 'one: { max_connections: 1024,')
    const running_ = await running(text)
    up.push(running_)
    let refused = 0
    const calls = Array.from({ length: 1_000 }, async () => {
      const answer = await running_.chat({ model: 'alpha', max_tokens: 100 }, { 'x-weighbridge-failover': 'off' })
      if (answer.status !== 200) {
        refused += 1
        expect([answer.status, ((await answer.json()) as { error: { code: string } }).error.code]).toEqual([429, 'budget_exceeded'])
        return 0
      }
      await answer.text()
      return 1
    })
    // Nobody is answered until all thousand were either let through or refused.
    await eventually(() => (waiting.length + refused === 1_000 ? true : undefined), 60_000)
    const cell = running_.router.limits.ledger.cell('all', '', 'total', 0)
    expect(cell.held.usd).toBeLessThanOrEqual(counted(LIMIT))
    const held = dollars(cell.held.usd)
    for (const answer of waiting) answer()
    const answered = (await Promise.all(calls)).reduce<number>((sum, one_) => sum + one_, 0)
    expect(answered).toBe(waiting.length)
    expect(cell.spent.usd).toBe(answered * counted(ALPHA_USD))
    expect(cell.held.usd).toBe(0)
    // The scripted provider bills a prompt of 1,000 tokens for two words: by so much, and no more, the limit may be passed.
    expect(dollars(cell.spent.usd)).toBeLessThanOrEqual(LIMIT + answered * ALPHA_USD - held)
  }, 180_000)
})
