// What a collector that is not ours may answer, played by nock: the sender's error says whether and when to try again.
import nock from 'nock'
import { afterEach, beforeAll, afterAll, describe, expect, it } from 'vitest'
import { encodeLogs } from '../../store/otlp/logs.ts'
import { isRetryable, sendOtlp } from '../../store/otlp/send.ts'

const COLLECTOR = 'http://collector.example:4318'
const body = encodeLogs({ 'service.name': 'test' }, [{ eventName: 'weighbridge.signal', timeMs: 1_700_000_000_000, attributes: { a: 1, left_out: undefined } }])
const send = (): ReturnType<typeof sendOtlp> => sendOtlp({ url: COLLECTOR, signal: 'logs', body, timeoutMs: 2_000 })

beforeAll(() => nock.disableNetConnect())
afterEach(() => {
  expect(nock.isDone()).toBe(true)
  nock.cleanAll()
})
afterAll(() => {
  nock.restore()
  nock.enableNetConnect()
})

describe('sendOtlp', () => {
  it('sends what was encoded, with the token when there is one', async () => {
    nock(COLLECTOR, { reqheaders: { authorization: 'Bearer t', 'content-type': 'application/json' } })
      .post('/v1/logs', (sent: { resourceLogs?: unknown[] }) => sent.resourceLogs?.length === 1)
      .reply(200, {})
    expect(await sendOtlp({ url: `${COLLECTOR}/`, signal: 'logs', body, timeoutMs: 2_000, token: 't' })).toEqual({ rejected: 0, reason: '' })
  })

  it('reports a partial success as accepted with a count', async () => {
    nock(COLLECTOR).post('/v1/logs').reply(200, { partialSuccess: { rejectedLogRecords: '2', errorMessage: 'no ids' } })
    expect(await send()).toEqual({ rejected: 2, reason: 'no ids' })
  })

  it.each([429, 502, 503, 504])('calls %i retryable and keeps the wait it asks for', async (status) => {
    nock(COLLECTOR).post('/v1/logs').reply(status, '', { 'retry-after': '2' })
    const error: unknown = await send().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'collector_unreachable', retryAfterMs: 2_000 })
    expect(isRetryable(error)).toBe(true)
  })

  it.each([
    [400, 'otlp_undecodable'],
    [401, 'key_missing'],
    [413, 'body_too_large'],
    [415, 'unsupported_media_type'],
  ])('calls %i permanent', async (status, code) => {
    nock(COLLECTOR).post('/v1/logs').reply(status, '{}')
    const error: unknown = await send().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code })
    expect(isRetryable(error)).toBe(false)
  })

  it('calls a refused connection retryable', async () => {
    nock(COLLECTOR).post('/v1/logs').replyWithError(Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }))
    expect(isRetryable(await send().catch((thrown: unknown) => thrown))).toBe(true)
  })
})
