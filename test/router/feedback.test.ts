// POST /v1/feedback over real sockets: what it takes, what it tells, and what it never keeps.
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { KeyRing } from '../../core/mount.ts'
import { eventually, running, twoProviders, type LogFacts, type Running } from './support/running.ts'
import { answering, scriptedProvider, type ScriptedProvider } from './support/scripted-provider.ts'

const ANSWER = 'The ferry to Gotland leaves from Nynäshamn four times a day in summer and takes a little over three hours.'
let provider: ScriptedProvider
let up: Running
beforeEach(async () => {
  provider = await scriptedProvider(answering(ANSWER, { id: 'chatcmpl-ours' }))
  up = await running(twoProviders(provider.url, provider.url))
})
afterEach(async () => {
  await up.close()
  await provider.close()
})

type Answered = { status: number; body: Record<string, unknown> }
async function give(body: unknown, headers: Record<string, string> = {}): Promise<Answered> {
  const response = await fetch(`${up.router.url}/v1/feedback`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
async function call(headers: Record<string, string> = {}): Promise<{ trace: string; request: string; id: string }> {
  const response = await up.chat({ model: 'auto' }, headers)
  const { id } = (await response.json()) as { id: string }
  return { trace: response.headers.get('x-weighbridge-trace-id') ?? '', request: response.headers.get('x-request-id') ?? '', id }
}
const told = (count: number): Promise<LogFacts[]> => eventually(() => (up.collector.logs.length >= count ? up.collector.logs : undefined))
const attributesOf = (logs: readonly LogFacts[]): Record<string, unknown>[] => logs.map(({ attributes }) => attributes)

describe('feedback', () => {
  it.each(['response_id', 'request_id', 'trace_id'] as const)('finds its call by %s and is stored about it', async (by) => {
    const { trace, request, id } = await call()
    const { status, body } = await give({ [by]: { response_id: id, request_id: request, trace_id: trace.toUpperCase() }[by], rating: 'down', comment: 'Wrong harbour.' })
    expect([status, body['status'], body['trace_id']]).toEqual([200, 'stored', trace])
    const [log] = await told(1)
    expect(log).toMatchObject({ eventName: 'weighbridge.signal', traceId: trace, attributes: { 'weighbridge.signal.kind': 'feedback', 'weighbridge.signal.value': 0, 'weighbridge.signal.basis': 'feedback', 'weighbridge.feedback.comment': 'Wrong harbour.' } })
    expect(log?.spanId).toMatch(/^[0-9a-f]{16}$/)
  })

  it('measures an edited text against the answer and keeps only how far it is', async () => {
    const { id } = await call()
    const edited = ANSWER.replace('four times a day', 'twice a day, says Zyqqurath,')
    const { body } = await give({ response_id: id, edited_text: edited })
    expect(body['edit']).toEqual({ distance: expect.closeTo(5 / 41, 9), survival: expect.closeTo(10 / 17, 9) })
    const [log] = await told(1)
    expect(log?.attributes).toMatchObject({ 'weighbridge.signal.kind': 'edit', 'weighbridge.signal.value': (body['edit'] as { distance: number }).distance })
    expect(JSON.stringify(up.collector.logs)).not.toContain('Zyqqurath')
  })

  it('takes a text that is handed back as it was for an acceptance, and what was not used for worth nothing', async () => {
    const { id } = await call()
    expect((await give({ response_id: id, edited_text: ` ${ANSWER}\n` })).body['signals']).toMatchObject([{ kind: 'accepted' }])
    expect((await give({ response_id: id, accepted: false })).body['signals']).toMatchObject([{ kind: 'feedback', value: 0 }])
    expect((await give({ response_id: id, accepted: true, rating: 0.9 })).body['signals']).toMatchObject([{ kind: 'feedback', value: 0.9 }, { kind: 'accepted' }])
  })

  it('keeps scores by name apart from ratings', async () => {
    const { id } = await call()
    await give({ response_id: id, scores: { faithfulness: 0.25, 'tone.formal': -3 } })
    expect(attributesOf(await told(2))).toMatchObject([
      { 'weighbridge.signal.kind': 'score', 'weighbridge.score.name': 'faithfulness', 'weighbridge.signal.value': 0.25 },
      { 'weighbridge.signal.kind': 'score', 'weighbridge.score.name': 'tone.formal', 'weighbridge.signal.value': -3 },
    ])
  })

  it('given twice is the same signal; given anew under an id of the client’s own changes nothing either', async () => {
    const { id } = await call()
    const ids = async (body: object, headers?: Record<string, string>): Promise<unknown> => ((await give({ response_id: id, ...body }, headers)).body['signals'] as { id: string }[]).map((signal) => signal.id)
    expect(await ids({ rating: 'up' })).toEqual(await ids({ rating: 1 }))
    expect(await ids({ rating: 1 })).not.toEqual(await ids({ rating: 0 }))
    expect(await ids({ rating: 1, id: 'mine' })).toEqual(await ids({ rating: 0 }, { 'idempotency-key': 'mine' }))
  })

  it('about a call that this router does not know waits for the database to find it', async () => {
    const { status, body } = await give({ response_id: 'resp_elsewhere', rating: 1 })
    expect([status, body]).toEqual([202, { status: 'waiting_for_its_call', trace_id: null, signals: [{ id: expect.any(String), kind: 'feedback', value: 1 }], edit: null }])
    expect((await told(1))[0]).toMatchObject({ traceId: '', attributes: { 'weighbridge.about': 'resp_elsewhere' } })
  })

  it.each<[string, unknown, RegExp]>([
    ['no call', { rating: 1 }, /exactly one of response_id, request_id and trace_id/],
    ['two calls', { response_id: 'a', request_id: 'b', rating: 1 }, /exactly one of/],
    ['nothing to say', { response_id: 'a' }, /says nothing/],
    ['a rating beyond its range', { response_id: 'a', rating: 5 }, /rating/],
    ['a trace id that is none', { trace_id: 'abc', rating: 1 }, /32 hex digits/],
    ['a member that is not known', { response_id: 'a', ratin: 1, rating: 1 }, /ratin/],
    ['a score without a usable name', { response_id: 'a', scores: { 'no spaces': 1 } }, /scores/],
    ['a comment as long as a book', { response_id: 'a', comment: 'x'.repeat(2_001) }, /comment/],
    ['a list', [], /JSON object/],
  ])('with %s is refused by name', async (_what, body, message) => {
    const { status, body: answered } = await give(body)
    expect(status).toBe(400)
    expect(JSON.stringify(answered)).toMatch(message)
    expect(up.collector.logs).toEqual([])
  })

  it('needs a key that may call, and reaches no call of another key', async () => {
    const ring: KeyRing = { find: (secret) => (secret === 'reader' ? { id: 'k3', name: 'r', scopes: ['read'] } : ['one', 'two'].includes(secret) ? { id: secret, name: secret, scopes: ['call'] } : undefined), has: () => true }
    await up.close()
    up = await running(twoProviders(provider.url, provider.url), { keys: ring })
    const { id } = await call({ authorization: 'Bearer one' })
    expect((await give({ response_id: id, rating: 1 })).status).toBe(401)
    expect((await give({ response_id: id, rating: 1 }, { authorization: 'Bearer reader' })).status).toBe(403)
    expect((await give({ response_id: id, rating: 1 }, { authorization: 'Bearer two' })).body).toMatchObject({ status: 'waiting_for_its_call', trace_id: null })
    expect((await give({ response_id: id, rating: 1 }, { authorization: 'Bearer one' })).status).toBe(200)
  })
})
