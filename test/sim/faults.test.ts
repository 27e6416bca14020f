// Every fault of the table as a raw client meets it, streamed and not. A fault without a line in EXPECTED fails the suite.
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FAULT_NAMES, FAULTS, type FaultName } from '../../sim/faults/table.ts'
import type { RunningSim } from '../../sim/server.ts'
import { ask, eventsOf, start } from './fixture.ts'

let sim: RunningSim
beforeAll(async () => {
  sim = await start()
})
afterAll(() => sim.close())

/** How an exchange ended: the body closed cleanly, broke off, or said nothing more until we left. */
type Seen = { status: number | undefined; headers: Record<string, string | string[] | undefined>; body: string; end: 'clean' | 'broken' | 'silent' }

/** Quiet time after which a fault that should say nothing more has kept its word; any other one has much longer to speak. */
const silenceMs = (fault: string): number => (fault.startsWith('hang_') ? 800 : 10_000)

async function meet(fault: string, stream: boolean): Promise<Seen> {
  const patience = new AbortController()
  let timer = setTimeout(() => patience.abort(), silenceMs(fault))
  const heard = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => patience.abort(), silenceMs(fault))
  }
  const seen: Seen = { status: undefined, headers: {}, body: '', end: 'clean' }
  const chunks: Buffer[] = []
  try {
    const answer = await ask(sim, { fault, stream, signal: patience.signal, extra: stream ? { stream_options: { include_usage: true } } : {} })
    seen.status = answer.statusCode
    seen.headers = answer.headers
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      heard()
    }
  } catch {
    seen.end = patience.signal.aborted ? 'silent' : 'broken'
  } finally {
    clearTimeout(timer)
  }
  seen.body = Buffer.concat(chunks).toString('utf8')
  return seen
}

const errorOf = (seen: Seen): unknown => (JSON.parse(seen.body) as { error: unknown }).error
const outputs = (body: string): number => body.split('\n\n').filter((event) => /"delta":\{"content":"[^"]/.test(event)).length
const finished = (body: string): boolean => /"finish_reason":"(stop|length)"/.test(body)
type Check = (seen: Seen, stream: boolean) => void
const refusal =
  (status: number, error: Record<string, unknown>): Check =>
  (seen) => {
    expect(seen).toMatchObject({ status, end: 'clean' })
    expect(errorOf(seen)).toMatchObject(error)
  }
const started: Check = (seen, stream) => {
  expect(seen.status).toBe(200)
  if (stream) expect(seen.body).toContain('"role":"assistant"')
  else expect(seen.body).toBe('')
  expect(outputs(seen.body)).toBe(0)
}
const halfway: Check = (seen, stream) => {
  expect(seen.status).toBe(200)
  if (stream) expect(outputs(seen.body)).toBeGreaterThan(0)
  else expect(seen.body).toMatch(/^\{"id"/)
  expect(finished(seen.body)).toBe(false)
  expect(seen.body).not.toContain('[DONE]')
}

const EXPECTED: Record<FaultName, Check> = {
  rate_limit_429: (seen, stream) => {
    refusal(429, { type: 'requests', code: 'rate_limit_exceeded' })(seen, stream)
    expect(seen.headers).toMatchObject({ 'retry-after': '2', 'retry-after-ms': '2000' })
  },
  quota_429: refusal(429, { type: 'insufficient_quota', code: 'insufficient_quota' }),
  overloaded_503: refusal(503, { code: 'server_overloaded' }),
  server_500: refusal(500, { type: 'server_error' }),
  unauthorized_401: refusal(401, { code: 'invalid_api_key' }),
  bad_request_400: refusal(400, { type: 'invalid_request_error', param: 'temperature' }),
  context_length_400: refusal(400, { code: 'context_length_exceeded' }),
  hang_headers: (seen) => expect(seen).toMatchObject({ status: undefined, body: '', end: 'silent' }),
  hang_before_first_token: (seen, stream) => {
    started(seen, stream)
    expect(seen.end).toBe('silent')
  },
  hang_mid_stream: (seen, stream) => {
    halfway(seen, stream)
    expect(seen.end).toBe('silent')
  },
  cut_before_first_token: (seen, stream) => {
    started(seen, stream)
    expect(seen.end).toBe('broken')
  },
  cut_mid_stream: (seen, stream) => {
    halfway(seen, stream)
    expect(seen.end).toBe('broken')
  },
  end_mid_stream: (seen, stream) => {
    halfway(seen, stream)
    expect(seen.end).toBe('clean')
  },
  slow_drip: (seen, stream) => {
    expect(seen).toMatchObject({ status: 200, end: 'clean' })
    if (stream) expect(eventsOf(seen.body).at(-1)).toBe('[DONE]')
    else expect(JSON.parse(seen.body)).toMatchObject({ object: 'chat.completion' })
  },
  error_event_mid_stream: (seen, stream) => {
    expect(seen).toMatchObject({ status: 200, end: 'clean' })
    if (!stream) expect(errorOf(seen)).toMatchObject({ type: 'server_error' })
    else {
      halfway(seen, stream)
      expect(eventsOf(seen.body).at(-1)).toMatchObject({ error: { type: 'server_error' } })
    }
  },
  empty_200: (seen) => expect(seen).toMatchObject({ status: 200, body: '', end: 'clean' }),
  html_200: (seen) => {
    expect(seen).toMatchObject({ status: 200, end: 'clean', headers: { 'content-type': 'text/html; charset=utf-8' } })
    expect(seen.body).toContain('<html')
  },
  malformed_json: (seen, stream) => {
    expect(seen).toMatchObject({ status: 200, end: 'clean' })
    expect(() => (stream ? eventsOf(seen.body) : JSON.parse(seen.body))).toThrow(SyntaxError)
  },
  reset_connection: (seen) => expect(seen).toMatchObject({ status: undefined, end: 'broken' }),
  no_usage: (seen, stream) => {
    expect(seen).toMatchObject({ status: 200, end: 'clean' })
    expect(finished(seen.body)).toBe(true)
    expect(seen.body).not.toContain('prompt_tokens')
    if (stream) expect(eventsOf(seen.body).at(-1)).toBe('[DONE]')
  },
  missing_done: (seen, stream) => {
    expect(seen).toMatchObject({ status: 200, end: 'clean' })
    expect(finished(seen.body)).toBe(true)
    if (stream) expect(eventsOf(seen.body).at(-1)).not.toBe('[DONE]')
  },
}

describe.each(FAULT_NAMES)('%s', (name) => {
  // Fast enough for a test, slow enough to arrive in many pieces.
  const spec = name === 'slow_drip' ? 'slow_drip;bytes=256;pause_ms=5' : name

  it('is what a client of a whole answer meets', async () => {
    EXPECTED[name](await meet(spec, false), false)
  })

  it('is what a client of a stream meets', async () => {
    EXPECTED[name](await meet(spec, true), true)
  })

  it('leaves a true label only when the whole text arrives', async () => {
    const before = sim.control.truth().length
    await meet(spec, false)
    expect(sim.control.truth().length - before).toBe(FAULTS[name].delivers ? 1 : 0)
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

describe('a fault that does not exist', () => {
  it('is refused by name instead of being ignored', async () => {
    const answer = await ask(sim, { fault: 'typo_500' })
    expect(answer.statusCode).toBe(400)
    expect(await answer.body.json()).toMatchObject({ error: { code: 'unknown_fault', message: expect.stringContaining('rate_limit_429') } })
    const params = await ask(sim, { fault: 'rate_limit_429;minutes=3' })
    expect(params.statusCode).toBe(400)
    await params.body.dump()
  })

  it('gets its numbers from the caller when it exists', async () => {
    const answer = await ask(sim, { fault: 'rate_limit_429;retry_after_ms=350' })
    expect(answer.headers).toMatchObject({ 'retry-after': '1', 'retry-after-ms': '350' })
    await answer.body.dump()
  })
})
