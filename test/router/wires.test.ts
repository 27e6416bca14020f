// Any surface reaches any wire: what is carried, what is left out and said so, what is refused by name; and errors in the shape
// of the surface they happened on.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { answering, failing, hanging, scriptedProvider, streaming, type ScriptedProvider } from './support/scripted-provider.ts'
import { messageEvents, messaging, responding } from './support/other-wires.ts'
import { running, type Running } from './support/running.ts'

let chat: ScriptedProvider
let messages: ScriptedProvider
let responses: ScriptedProvider
let up: Running

const TIMEOUTS = '{ connect_ms: 500, first_token_ms: 300, idle_ms: 200, total_ms: 2000 }'
const configured = (extra = ''): string => `
providers:
  openai: { api: openai-chat, base_url: "${chat.url}", timeouts: ${TIMEOUTS}, retries: 0 }
  anthropic: { api: anthropic-messages, base_url: "${messages.url}", api_key: sk-ant, timeouts: ${TIMEOUTS}, retries: 0 }
  openai-r: { api: openai-responses, base_url: "${responses.url}", timeouts: ${TIMEOUTS}, retries: 0 }
targets:
  gpt: { provider: openai, model: gpt-x, price: { input: 2.5, cache_read: 0.25, output: 15 } }
  claude: { provider: anthropic, model: claude-x, price: { input: 5, cache_read: 0.5, output: 25 } }
  r: { provider: openai-r, model: r-x, price: { input: 2.5, cache_read: 0.25, output: 15 } }
  blind: { provider: openai, model: blind-x, price: { input: 1, output: 1 }, lacks: [images, tools] }
chains:
  default: [ { target: claude }, { target: gpt } ]
  only_claude: [ { target: claude } ]
  blind_first: [ { target: blind }, { target: gpt } ]
tasks: { claude_only: { chain: only_claude }, blind_task: { chain: blind_first } }
${extra}`

beforeEach(async () => {
  chat = await scriptedProvider(answering('from gpt'))
  messages = await scriptedProvider(messaging('from claude'))
  responses = await scriptedProvider(responding(['resp_1']))
  up = await running(configured())
})
afterEach(async () => {
  await up.close()
  await Promise.all([chat.close(), messages.close(), responses.close()])
})

const post = (path: string, body: Record<string, unknown>, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${up.router.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
const user = [{ role: 'user', content: 'Hello there' }]
const bodies: [string, Record<string, unknown>, (answer: Record<string, unknown>) => unknown][] = [
  ['/v1/chat/completions', { messages: user }, (answer) => (answer['choices'] as { message: { content: string } }[])[0]?.message.content],
  ['/v1/responses', { input: 'Hello there' }, (answer) => (answer['output'] as { content: { text: string }[] }[])[0]?.content[0]?.text],
  ['/v1/messages', { messages: user, max_tokens: 50 }, (answer) => (answer['content'] as { text: string }[])[0]?.text],
]

describe('every surface', () => {
  it.each(bodies)('%s is answered by every wire, in its own shape', async (path, body, textOf) => {
    for (const [target, text] of [['claude', 'from claude'], ['gpt', 'from gpt'], ['r', 'hi']] as const) {
      const response = await post(path, { model: target, ...body })
      expect([response.status, response.headers.get('x-weighbridge-target')], target).toEqual([200, target])
      expect(textOf((await response.json()) as Record<string, unknown>), target).toBe(text)
      const { attempts } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
      const price = target === 'claude' ? (600 * 5 + 400 * 0.5 + 100 * 25) / 1e6 : (600 * 2.5 + 400 * 0.25 + 100 * 15) / 1e6
      expect(Number(attempts[0]?.attributes['weighbridge.cost.usd']), target).toBeCloseTo(price, 12)
      expect(attempts[0]?.attributes['weighbridge.wire'], target).toBe({ claude: 'anthropic-messages', gpt: 'openai-chat', r: 'openai-responses' }[target])
    }
  })

  it.each(bodies)('%s streams from a wire of another, whole to its terminal event', async (path, body) => {
    for (const target of path === '/v1/messages' ? ['gpt'] : ['claude']) {
      if (target === 'gpt') chat.script = streaming(['from ', 'gpt'])
      const response = await post(path, { model: target, stream: true, ...body })
      const text = await response.text()
      expect(text).toContain(target === 'gpt' ? 'from ' : 'from claude')
      expect(text.trimEnd().split('\n').at(-1)).toMatch(/\[DONE\]|response\.completed|message_stop/)
    }
  })

  it.each(bodies)('%s fails over from its own wire to another and back, unnoticed', async (path, body, textOf) => {
    messages.script = failing(500, { message: 'down' })
    const response = await post(path, { model: 'auto', ...body })
    expect(response.headers.get('x-weighbridge-target')).toBe('gpt')
    expect(textOf((await response.json()) as Record<string, unknown>)).toBe('from gpt')
  })

  it.each(bodies)('%s answers what is wrong in its own shape, with the request id in header and body', async (path, body) => {
    const faults: [Promise<Response>, number][] = [
      [post(path, { model: 'no-such-model', ...body }), 404],
      [post(path, { ...body, model: 5 }), 400],
      [fetch(`${up.router.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"model":' }), 400],
      [fetch(`${up.router.url}${path}`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' }), 415],
      [fetch(`${up.router.url}${path}`, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: '{}' }), 405],
      [post(path, { model: 'auto', ...body }, { origin: 'https://evil.example' }), 403],
    ]
    for (const [pending, status] of faults) {
      const response = await pending
      const id = response.headers.get('x-request-id')
      const answer = (await response.json()) as { type?: string; request_id?: string; error: { message: string; weighbridge: { request_id?: string } } }
      expect(response.status).toBe(status)
      if (path === '/v1/messages') expect([answer.type, answer.request_id, response.headers.get('request-id')]).toEqual(['error', id, id])
      else expect([answer.type, answer.error.weighbridge.request_id]).toEqual([undefined, id])
    }
  })

  it.each(bodies)('%s ends a stream that breaks with its own error event, never a terminal one', async (path, body) => {
    const whole = messageEvents('from claude')
    messages.script = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(whole.slice(0, whole.indexOf('event: content_block_stop')), () => response.socket?.destroy())
    }
    const response = await post(path, { model: 'claude', stream: true, ...body })
    const text = await response.text()
    expect(text).toContain('from claude')
    expect(text).toContain('provider_stream_cut')
    expect(text).not.toMatch(/\[DONE\]|"response\.completed"|event: message_stop/)
    const { call } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect([call.status, call.attributes['weighbridge.error.code']]).toEqual([2, 'provider_stream_cut'])
  })

  it('sends its request id upstream, and keeps the provider’s own on the span', async () => {
    messages.script = (response, asked, count) => {
      response.setHeader('request-id', 'req_their_1')
      return messaging('hi')(response, asked, count)
    }
    const response = await post('/v1/messages', { model: 'claude', messages: user, max_tokens: 5 }, { 'x-request-id': 'mine-7' })
    expect([response.headers.get('x-request-id'), messages.asked[0]?.headers['x-request-id']]).toEqual(['mine-7', 'mine-7'])
    const { call, attempts } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect([call.attributes['weighbridge.request.id'], attempts[0]?.attributes['weighbridge.provider.request_id']]).toEqual(['mine-7', 'req_their_1'])
  })
})

describe('what a wire cannot carry', () => {
  it('is refused naming the members, when no target of the call could serve it', async () => {
    const response = await post('/v1/chat/completions', { model: 'task:claude_only', messages: user, n: 2, logit_bias: { 50256: -100 } })
    const { error } = (await response.json()) as { error: { code: string; weighbridge: { details: { members: string[] } } } }
    expect([response.status, error.code]).toEqual([400, 'cannot_translate'])
    expect([...error.weighbridge.details.members].sort()).toEqual(['logit_bias', 'n'])
    expect(messages.asked).toHaveLength(0)
    const { call } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect(JSON.parse(String(call.attributes['weighbridge.decision']))).toMatchObject({ v: 1, exclusions: [{ target: 'claude', reason: 'untranslatable' }] })
  })

  it('takes only those targets out that cannot', async () => {
    const response = await post('/v1/chat/completions', { model: 'auto', messages: user, n: 2 })
    expect([response.status, response.headers.get('x-weighbridge-target')]).toEqual([200, 'gpt'])
  })

  it('is left out and named in a header and on the spans, where that changes nothing', async () => {
    const response = await post('/v1/chat/completions', { model: 'claude', messages: user, seed: 7 })
    expect([response.status, response.headers.get('x-weighbridge-dropped')]).toEqual([200, 'seed'])
    const { call, attempts } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect([call.attributes['weighbridge.dropped'], attempts[0]?.attributes['weighbridge.dropped']]).toEqual([['seed'], ['seed']])
    const own = await post('/v1/chat/completions', { model: 'gpt', messages: user, seed: 7 })
    expect([own.headers.get('x-weighbridge-dropped'), chat.asked[0]?.body['seed']]).toEqual([null, 7])
  })

  it('cannot smuggle anything into a header by its name', async () => {
    const hostile = 'x\r\nset-cookie: a=b\u2028é'
    const response = await post('/v1/chat/completions', { model: 'task:claude_only', messages: user, [hostile]: 1 })
    expect(response.headers.get('set-cookie')).toBeNull()
    expect([200, 400]).toContain(response.status)
  })

  it('a malformed member only stops the targets that would have to read it', async () => {
    const odd = [{ role: 'user', content: [{ type: 'no_such_part', x: 1 }] }]
    const own = await post('/v1/chat/completions', { model: 'auto', messages: odd })
    expect(own.headers.get('x-weighbridge-target')).toBe('gpt')
    expect((await post('/v1/chat/completions', { model: 'task:claude_only', messages: odd })).status).toBe(400)
  })
})

describe('what a target lacks', () => {
  const image = [{ role: 'user', content: [{ type: 'text', text: 'What is this?' }, { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] }]
  it('sends calls that need it elsewhere', async () => {
    expect((await post('/v1/chat/completions', { model: 'task:blind_task', messages: user })).headers.get('x-weighbridge-target')).toBe('blind')
    expect((await post('/v1/chat/completions', { model: 'task:blind_task', messages: image })).headers.get('x-weighbridge-target')).toBe('gpt')
    const pinned = await post('/v1/chat/completions', { model: 'blind', messages: image }, { 'x-weighbridge-failover': 'off' })
    const { error } = (await pinned.json()) as { error: { code: string; weighbridge: { details: { exclusions: unknown[] } } } }
    expect([pinned.status, error.code, error.weighbridge.details.exclusions]).toMatchObject([422, 'no_admissible_target', [{ target: 'blind', reason: 'lacks', detail: 'it lacks images' }]])
  })
})

describe('a stored response', () => {
  const ask = (more: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<Response> => post('/v1/responses', { model: 'r', input: 'Hi', ...more }, headers)
  const two = (): string => configured().replace('chains:', `  s: { provider: openai-s, model: s-x, price: { input: 1, output: 1 } }\nchains:\n  stored: [ { target: s }, { target: r }, { target: claude } ]`).replace('providers:', `providers:\n  openai-s: { api: openai-responses, base_url: "${chat.url}", timeouts: ${TIMEOUTS}, retries: 0 }`).replace('tasks: {', 'tasks: { stored: { chain: stored },')

  it('binds the request that goes on from it to the target that holds it, without failover', async () => {
    up.reconfigure(two())
    expect((await ask()).status).toBe(200)
    const next = await ask({ model: 'task:stored', previous_response_id: 'resp_1' })
    expect([next.status, next.headers.get('x-weighbridge-target'), responses.asked[1]?.body['previous_response_id']]).toEqual([200, 'r', 'resp_1'])
    responses.script = failing(500, { message: 'down' })
    const failed = await ask({ model: 'task:stored', previous_response_id: 'resp_1' })
    expect([failed.status, chat.asked.length, messages.asked.length]).toEqual([502, 0, 0])
  })

  it('that nobody here knows is asked of targets of its own wire only', async () => {
    up.reconfigure(two())
    chat.script = failing(500, { message: 'down' })
    responses.script = failing(500, { message: 'down' })
    const response = await ask({ model: 'task:stored', previous_response_id: 'resp_unknown' })
    expect([response.status, chat.asked.length > 0, responses.asked.length > 0, messages.asked.length]).toEqual([502, true, true, 0])
  })

  it('that no target of the chain could know is an unknown one', async () => {
    const response = await ask({ model: 'task:claude_only', previous_response_id: 'resp_unknown' })
    expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([404, 'unknown_response'])
  })

  it('is not remembered when the client asked not to store it', async () => {
    up.reconfigure(two())
    await ask({ store: false })
    chat.script = responding(['resp_9'])
    expect((await ask({ model: 'task:stored', previous_response_id: 'resp_1' })).headers.get('x-weighbridge-target')).toBe('s')
  })
})

describe('counting tokens', () => {
  const count = (body: Record<string, unknown>): Promise<Response> => post('/v1/messages/count_tokens', { messages: user, ...body })
  it('asks the provider where its wire can, and costs nothing', async () => {
    messages.script = (response, asked) => void response.writeHead(200, { 'content-type': 'application/json' }).end(asked.path.endsWith('/count_tokens') ? '{"input_tokens":42}' : '{}')
    const response = await count({ model: 'claude' })
    expect([response.status, await response.json(), response.headers.get('x-weighbridge-estimated')]).toEqual([200, { input_tokens: 42 }, null])
    expect(messages.asked[0]?.body).not.toHaveProperty('max_tokens')
    expect(up.router.operations().targets.every((target) => target.last_minute.attempts === 0)).toBe(true)
  })

  it.each([
    ['the wire has no count', 'gpt', answering('x')],
    ['the provider is down', 'claude', failing(500, { message: 'down' })],
    ['the provider hangs', 'claude', hanging],
  ] as const)('is our estimate, marked as one, when %s', async (_name, model, script) => {
    messages.script = script
    const response = await count({ model })
    expect([response.status, response.headers.get('x-weighbridge-estimated')]).toEqual([200, 'true'])
    expect(((await response.json()) as { input_tokens: number }).input_tokens).toBeGreaterThan(0)
  })

  it('returns what is wrong with the request, in Anthropic’s shape', async () => {
    messages.script = (response) => void response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message: 'messages: roles must alternate' } }))
    const response = await count({ model: 'claude' })
    expect([response.status, await response.json()]).toMatchObject([400, { type: 'error', error: { message: 'messages: roles must alternate' } }])
  })
})
