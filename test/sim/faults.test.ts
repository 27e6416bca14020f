// Every fault of the table as a raw client meets it, on every wire, streamed and not. A fault without a row in EXPECTED does
// not compile.
import { connect } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { judgeStream, judgeWhole } from '../../bench/fault-matrix/judge.ts'
import { WIRES, type Wire } from '../../core/model-request.ts'
import { FAULT_NAMES, FAULTS, type FaultName } from '../../sim/faults/table.ts'
import type { RunningSim } from '../../sim/server.ts'
import { ask, bodyFor, send, start } from './fixture.ts'

let sim: RunningSim
const wholeText = new Map<Wire, string>()
beforeAll(async () => {
  sim = await start()
  for (const wire of WIRES) wholeText.set(wire, judgeWhole(wire, await (await send(sim, bodyFor(wire))).body.text()).text)
})
afterAll(() => sim.close())

/** How an exchange ended: the body closed cleanly, broke off, or said nothing new until we left. */
type Seen = { status: number | undefined; headers: Record<string, string | string[] | undefined>; body: string; end: 'clean' | 'broken' | 'silent' }

/** Quiet time after which a fault that should say nothing more has kept its word; any other one has much longer to speak. */
const silenceMs = (fault: string): number => (/^(hang_|pings_)/.test(fault) ? 400 : 10_000)
const TURNS_TO_READ = 50
/** Small enough for a test, large enough to be seen. */
const NUMBERS: Partial<Record<FaultName, string>> = { slow_drip: 'slow_drip;bytes=256;pause_ms=5', huge_body: 'huge_body;mb=2', huge_event: 'huge_event;mb=2' }

async function meet(fault: FaultName, wire: Wire, stream: boolean): Promise<Seen> {
  const patience = new AbortController()
  let heardTimes = 0
  // A process that was kept waiting itself finds the time up and bytes waiting: those are read first.
  const giveUp = async (): Promise<void> => {
    const before = heardTimes
    for (let turn = 0; turn < TURNS_TO_READ; turn += 1) await nextTurn()
    if (heardTimes === before) patience.abort()
  }
  const startWaiting = (): NodeJS.Timeout => setTimeout(() => void giveUp(), silenceMs(fault))
  let timer = startWaiting()
  // A sign of life is not an answer: only what is not one starts the wait anew.
  const heard = (chunk: Buffer): void => {
    if (/^(\s*|: keep-alive\s*|event: ping\ndata: .*\s*)$/.test(chunk.toString('latin1'))) return
    heardTimes += 1
    clearTimeout(timer)
    timer = startWaiting()
  }
  const seen: Seen = { status: undefined, headers: {}, body: '', end: 'clean' }
  const chunks: Buffer[] = []
  try {
    const answer = await send(sim, bodyFor(wire, { stream }), { fault: NUMBERS[fault] ?? fault, signal: patience.signal })
    seen.status = answer.statusCode
    seen.headers = answer.headers
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      heard(chunk)
    }
  } catch {
    seen.end = patience.signal.aborted ? 'silent' : 'broken'
  } finally {
    clearTimeout(timer)
  }
  seen.body = Buffer.concat(chunks).toString('utf8')
  return seen
}

/** An exchange in three words: how it ended, what it claims to be, how much text came. */
function inWords(seen: Seen, wire: Wire, stream: boolean): string {
  if (seen.status === undefined) return `${seen.end}, no head`
  if (seen.status !== 200) return `${seen.end}, ${seen.status}`
  const judged = stream ? judgeStream(wire, seen.body) : judgeWhole(wire, seen.body)
  const claim = judged.error !== undefined ? 'error' : judged.malformed !== undefined ? 'malformed' : judged.complete ? 'complete' : 'unfinished'
  const all = wholeText.get(wire) ?? ''
  const text = judged.text === '' ? 'no text' : judged.text === all ? 'whole text' : all.startsWith(judged.text) ? 'part of it' : judged.text.startsWith(all) ? 'more than it' : 'other text'
  return `${seen.end}, ${claim}, ${text}`
}

type Row = { readonly plain: string; readonly stream: string } & { readonly [W in Wire]?: { readonly plain?: string; readonly stream?: string } }
const alike = (words: string): { plain: string; stream: string } => ({ plain: words, stream: words })
const EXPECTED: Record<FaultName, Row> = {
  rate_limit_429: alike('clean, 429'),
  rate_limit_date_429: alike('clean, 429'),
  quota_429: { ...alike('clean, 429'), 'anthropic-messages': { plain: 'clean, 400', stream: 'clean, 400' } },
  spend_limit_429: alike('clean, 429'),
  overloaded_503: { ...alike('clean, 503'), 'anthropic-messages': { plain: 'clean, 529', stream: 'clean, 529' } },
  unauthorized_401: { ...alike('clean, 401'), gemini: { plain: 'clean, 400', stream: 'clean, 400' } },
  payment_402: { ...alike('clean, 402'), gemini: { plain: 'clean, 400', stream: 'clean, 400' } },
  forbidden_403: alike('clean, 403'),
  model_not_found_404: alike('clean, 404'),
  timeout_408: alike('clean, 408'),
  conflict_409: alike('clean, 409'),
  too_large_413: alike('clean, 413'),
  unprocessable_422: alike('clean, 422'),
  bad_request_400: alike('clean, 400'),
  context_length_400: alike('clean, 400'),
  content_filter_400: { ...alike('clean, 400'), gemini: { plain: 'clean, complete, no text', stream: 'clean, complete, no text' } },
  server_500: alike('clean, 500'),
  bad_gateway_502: alike('clean, 502'),
  unavailable_503: alike('clean, 503'),
  gateway_timeout_504: alike('clean, 504'),
  redirect_307: alike('clean, 307'),
  no_content_204: alike('clean, 204'),
  hang_headers: alike('silent, no head'),
  hang_mid_headers: alike('silent, no head'),
  hang_after_head: { plain: 'silent, malformed, no text', stream: 'silent, unfinished, no text' },
  hang_before_first_token: { plain: 'silent, malformed, no text', stream: 'silent, unfinished, no text' },
  hang_mid_stream: { plain: 'silent, malformed, no text', stream: 'silent, unfinished, part of it' },
  hang_after_finish: { plain: 'silent, malformed, no text', stream: 'silent, unfinished, whole text', gemini: { stream: 'silent, complete, whole text' } },
  pings_forever: { plain: 'silent, malformed, no text', stream: 'silent, unfinished, no text' },
  slow_drip: alike('clean, complete, whole text'),
  reset_connection: alike('broken, no head'),
  reset_mid_headers: alike('broken, no head'),
  cut_before_head: alike('broken, no head'),
  cut_after_head: { plain: 'broken, malformed, no text', stream: 'broken, unfinished, no text' },
  cut_before_first_token: { plain: 'broken, malformed, no text', stream: 'broken, unfinished, no text' },
  cut_mid_stream: { plain: 'broken, malformed, no text', stream: 'broken, unfinished, part of it' },
  reset_mid_stream: { plain: 'broken, malformed, no text', stream: 'broken, unfinished, part of it' },
  cut_after_finish: { plain: 'broken, malformed, no text', stream: 'broken, unfinished, whole text', gemini: { stream: 'broken, complete, whole text' } },
  end_before_first_token: { plain: 'clean, malformed, no text', stream: 'clean, unfinished, no text' },
  end_mid_stream: { plain: 'clean, malformed, no text', stream: 'clean, unfinished, part of it' },
  missing_done: { plain: 'clean, complete, whole text', stream: 'clean, unfinished, whole text' },
  missing_finish: alike('clean, unfinished, whole text'),
  empty_200: { plain: 'clean, malformed, no text', stream: 'clean, unfinished, no text' },
  html_200: alike('clean, malformed, no text'),
  not_http: alike('broken, no head'),
  wrong_content_type: alike('clean, complete, whole text'),
  wrong_form: alike('clean, malformed, no text'),
  malformed_json: alike('clean, malformed, no text'),
  malformed_chunk: { plain: 'clean, malformed, no text', stream: 'clean, malformed, whole text' },
  invalid_utf8: { ...alike('clean, complete, other text'), 'openai-responses': { stream: 'clean, malformed, other text' } },
  length_too_long: alike('broken, complete, whole text'),
  length_too_short: { plain: 'clean, malformed, no text', stream: 'clean, malformed, part of it' },
  gzip_mislabelled: alike('clean, complete, whole text'),
  gzip_unlabelled: alike('clean, malformed, no text'),
  huge_head: alike('broken, no head'),
  huge_body: { plain: 'clean, malformed, no text', stream: 'clean, complete, other text', 'openai-responses': { stream: 'clean, malformed, other text' }, gemini: { plain: 'clean, unfinished, no text' } },
  huge_event: { plain: 'clean, malformed, no text', stream: 'clean, complete, whole text', gemini: { plain: 'clean, unfinished, no text' } },
  duplicate_terminal: { plain: 'clean, malformed, no text', stream: 'clean, complete, whole text' },
  data_after_terminal: { plain: 'clean, malformed, no text', stream: 'clean, complete, more than it', 'openai-responses': { stream: 'clean, malformed, more than it' } },
  crlf: alike('clean, complete, whole text'),
  unknown_events: alike('clean, complete, whole text'),
  early_hints: alike('clean, complete, whole text'),
  error_event_first: alike('clean, error, no text'),
  error_event_mid_stream: { plain: 'clean, error, no text', stream: 'clean, error, part of it' },
  overloaded_first: alike('clean, error, no text'),
  overloaded_mid_stream: { plain: 'clean, error, no text', stream: 'clean, error, part of it' },
  rate_limit_mid_stream: { plain: 'clean, error, no text', stream: 'clean, error, part of it' },
  refusal: alike('clean, complete, no text'),
  content_filter: alike('clean, complete, part of it'),
  schema_violation: alike('clean, complete, whole text'),
  schema_not_json: alike('clean, complete, whole text'),
  tool_arguments_broken: alike('clean, complete, whole text'),
  empty_answer: alike('clean, complete, no text'),
  other_model: alike('clean, complete, whole text'),
  no_usage: alike('clean, complete, whole text'),
}

describe.each(FAULT_NAMES)('%s', (fault) => {
  it('is what a client of each wire meets', async () => {
    const { plain, stream, ...exceptions } = EXPECTED[fault]
    const met = await Promise.all(WIRES.map(async (wire) => [wire, { plain: inWords(await meet(fault, wire, false), wire, false), stream: inWords(await meet(fault, wire, true), wire, true) }] as const))
    expect(Object.fromEntries(met)).toEqual(Object.fromEntries(WIRES.map((wire) => [wire, { plain, stream, ...exceptions[wire] }])))
  })

  it('leaves a true label only when the whole text arrives', async () => {
    const before = sim.control.truth().length
    await meet(fault, 'openai-chat', false)
    expect(sim.control.truth().length - before).toBe(FAULTS[fault].delivers ? 1 : 0)
  })
})

describe('slow_drip', () => {
  it('cuts anywhere, inside characters too', async () => {
    const answer = await ask(sim, { question: 'How many knots of torque does a lease have?', fault: 'slow_drip;bytes=1;pause_ms=1', extra: { max_tokens: 60 } })
    const chunks: Buffer[] = []
    for await (const chunk of answer.body as AsyncIterable<Buffer>) chunks.push(chunk)
    expect(chunks.length).toBeGreaterThan(20)
    expect(JSON.parse(Buffer.concat(chunks).toString('utf8'))).toMatchObject({ object: 'chat.completion' })
  })
})

describe('broken promises of form', () => {
  const format = { type: 'json_schema', json_schema: { name: 'year', schema: { type: 'object', properties: { year: { type: 'integer' } }, required: ['year'] } } }

  it('break the schema where one was asked for', async () => {
    const said = async (fault: string) => judgeWhole('openai-chat', await (await send(sim, bodyFor('openai-chat', { extra: { response_format: format } }), { fault })).body.text()).text
    expect(JSON.parse(await said('schema_violation'))).not.toHaveProperty('year')
    const prose = await said('schema_not_json')
    expect(() => JSON.parse(prose)).toThrow(SyntaxError)
    const kept = await send(sim, bodyFor('openai-chat', { extra: { response_format: format } }))
    expect(JSON.parse(judgeWhole('openai-chat', await kept.body.text()).text)).toHaveProperty('year', expect.any(Number))
  })

  it.each(['openai-chat', 'openai-responses', 'anthropic-messages'] as const)('cut the arguments of a call on %s', async (wire) => {
    for (const stream of [false, true]) {
      const body = await (await send(sim, bodyFor(wire, { stream, tools: true }), { fault: 'tool_arguments_broken' })).body.text()
      const { calls, complete } = stream ? judgeStream(wire, body) : judgeWhole(wire, body)
      expect(complete).toBe(true)
      expect(calls).toHaveLength(1)
      // A whole Messages answer holds the arguments as a value, so the broken text stands in it as a text.
      if (stream || wire !== 'anthropic-messages') expect(() => JSON.parse(calls[0] ?? '{}')).toThrow(SyntaxError)
      else expect(JSON.parse(calls[0] ?? '{}')).toBeTypeOf('string')
    }
  })

  it('leave a call out that Gemini could not read', async () => {
    const { body } = await send(sim, bodyFor('gemini', { tools: true }), { fault: 'tool_arguments_broken' })
    expect(await body.json()).toMatchObject({ candidates: [{ finishReason: 'MALFORMED_FUNCTION_CALL' }] })
  })
})

describe('facts that are wrong', () => {
  it('name another model, or state no usage', async () => {
    for (const wire of WIRES) {
      const other = await (await send(sim, bodyFor(wire), { fault: 'other_model' })).body.text()
      expect(other).toContain('some-other-model')
      const silent = [await (await send(sim, bodyFor(wire), { fault: 'no_usage' })).body.text(), await (await send(sim, bodyFor(wire, { stream: true }), { fault: 'no_usage' })).body.text()]
      for (const body of silent) expect(body).not.toMatch(/prompt_tokens|input_tokens|promptTokenCount/)
    }
  })
})

describe('waiting times', () => {
  const headersAndBody = async (wire: Wire, fault: string) => {
    const answer = await send(sim, bodyFor(wire), { fault })
    return { headers: answer.headers, body: (await answer.body.json()) as unknown }
  }

  it('come in the form each wire has for them', async () => {
    const fault = 'rate_limit_429;retry_after_ms=350'
    expect((await headersAndBody('openai-chat', fault)).headers).toMatchObject({ 'retry-after': '1', 'retry-after-ms': '350' })
    expect((await headersAndBody('anthropic-messages', fault)).headers).toMatchObject({ 'retry-after': '1', 'anthropic-ratelimit-requests-remaining': '0' })
    const { headers, body } = await headersAndBody('gemini', fault)
    expect(headers).not.toHaveProperty('retry-after')
    expect(body).toMatchObject({ error: { status: 'RESOURCE_EXHAUSTED', details: [{ violations: [{ quotaId: expect.stringContaining('PerMinute') }] }, { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '0.35s' }] } })
  })

  it('come as a date when asked for', async () => {
    const { headers } = await headersAndBody('openai-responses', 'rate_limit_date_429;after_s=60')
    const waitMs = Date.parse(String(headers['retry-after'])) - Date.now()
    expect(waitMs).toBeGreaterThan(50_000)
    expect(waitMs).toBeLessThan(61_000)
  })

  it('do not come when the money is gone, which each wire says in its own words', async () => {
    expect(await headersAndBody('openai-chat', 'quota_429')).toMatchObject({ headers: { 'content-type': 'application/json' }, body: { error: { type: 'insufficient_quota', code: 'insufficient_quota' } } })
    expect((await headersAndBody('anthropic-messages', 'spend_limit_429')).body).toMatchObject({ type: 'error', error: { type: 'rate_limit_error', details: { error_code: 'enforced_spend_limit_reached' } } })
    expect((await headersAndBody('anthropic-messages', 'overloaded_503')).body).toMatchObject({ type: 'error', error: { type: 'overloaded_error' } })
    expect((await headersAndBody('gemini', 'unauthorized_401')).body).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT', details: [{ reason: 'API_KEY_INVALID' }] } })
    for (const wire of WIRES) expect((await headersAndBody(wire, 'quota_429')).headers).not.toHaveProperty('retry-after')
  })
})

describe('reset_connection', () => {
  it('is a real reset, not an orderly close', async () => {
    const code = await new Promise<string | undefined>((resolve) => {
      const body = JSON.stringify({ model: 'gpt-5.4!reset_connection', messages: [{ role: 'user', content: 'x' }] })
      const socket = connect(sim.port, '127.0.0.1', () => {
        socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: sim\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
      })
      socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code))
      socket.on('end', () => resolve('orderly'))
    })
    expect(code).toBe('ECONNRESET')
  })
})

describe('a fault', () => {
  it('that does not exist is refused by name instead of being ignored, on every wire', async () => {
    for (const wire of WIRES) {
      const answer = await send(sim, bodyFor(wire), { fault: 'typo_500' })
      expect(answer.statusCode).toBe(400)
      expect(await answer.body.text()).toContain('rate_limit_429')
    }
    expect(await (await ask(sim, { fault: 'typo_500' })).body.json()).toMatchObject({ error: { code: 'unknown_fault' } })
    const params = await ask(sim, { fault: 'rate_limit_429;minutes=3' })
    expect(params.statusCode).toBe(400)
    await params.body.dump()
  })

  it('can be named in the model on every wire, in the path too', async () => {
    for (const wire of WIRES) {
      const answer = await send(sim, bodyFor(wire, { model: 'gpt-5.4!conflict_409' }))
      expect(answer.statusCode).toBe(409)
      await answer.body.dump()
    }
  })

  it('works on embeddings and token counts as well', async () => {
    const places = [
      { path: '/v1/embeddings', body: { model: 'text-embedding-3-small', input: 'x' } },
      { path: '/v1/messages/count_tokens', body: { model: 'claude-opus-4.7', messages: [{ role: 'user', content: 'x' }] } },
      { path: '/v1beta/models/gemini-embedding-001:batchEmbedContents', body: { requests: [{ model: 'models/gemini-embedding-001', content: { parts: [{ text: 'x' }] } }] } },
    ]
    for (const place of places) {
      const answer = await send(sim, place, { fault: 'server_500' })
      expect(answer.statusCode).toBe(500)
      await answer.body.dump()
      const empty = await send(sim, place, { fault: 'empty_200' })
      expect([empty.statusCode, await empty.body.text()]).toEqual([200, ''])
    }
  })
})
