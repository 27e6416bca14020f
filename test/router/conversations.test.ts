// Conversations through a running router: where they stay, what they say about earlier calls, and that none of it is content.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sealRouteTable } from '../../core/route-table.ts'
import { eventually, parse, running, type LogFacts, type Running } from './support/running.ts'
import { answerBody, answering, failing, json, scriptedProvider, streaming, type Script, type ScriptedProvider } from './support/scripted-provider.ts'

type Message = { role: string; content?: string | null; tool_calls?: unknown; tool_call_id?: string }
const user = (content: string): Message => ({ role: 'user', content })
const assistant = (content: string): Message => ({ role: 'assistant', content })

const ANSWER = 'The ferry to Gotland leaves from Nynäshamn four times a day in summer and takes a little over three hours.'
const yaml = (one: string, two: string, extra = ''): string => `
providers:
  one: { retries: 0, base_url: "${one}", api_key: k }
  two: { retries: 0, base_url: "${two}", api_key: k }
targets:
  alpha: { provider: one, model: alpha-model, price: { input: 2, cache_read: 0.2, output: 10 } }
  beta: { provider: two, model: beta-model, price: { input: 2, cache_read: 0.2, output: 10 } }
chains: { default: [ { target: alpha }, { target: beta } ] }
tasks: { general: { route: { alpha: 0.5, beta: 0.5 } } }
classify: { built_in: false }
${extra}`

let one: ScriptedProvider
let two: ScriptedProvider
let up: Running
beforeEach(async () => {
  one = await scriptedProvider(answering(ANSWER))
  two = await scriptedProvider(answering(ANSWER))
  up = await running(yaml(one.url, two.url), { signalSecret: 'a secret of this test only' })
})
afterEach(async () => {
  await up.close()
  await one.close()
  await two.close()
})

async function ask(messages: readonly Message[], headers: Record<string, string> = {}, more: Record<string, unknown> = {}): Promise<{ target: string; trace: string; response: Response }> {
  const response = await up.chat({ model: 'auto', messages, ...more }, headers)
  return { target: response.headers.get('x-weighbridge-target') ?? `status ${response.status}`, trace: response.headers.get('x-weighbridge-trace-id') ?? '', response }
}
const signals = (trace: string): LogFacts[] => up.collector.logs.filter((log) => log.traceId === trace)
const signal = (trace: string, kind: string): Promise<LogFacts> => eventually(() => signals(trace).find((log) => log.attributes['weighbridge.signal.kind'] === kind))

describe('a conversation', () => {
  it('stays at its target turn after turn, over reloads of configuration and table, until its target is out', async () => {
    for (let conversation = 0; conversation < 12; conversation += 1) {
      const history: Message[] = [user(`How do I get to Gotland, question ${conversation}?`)]
      const { target } = await ask(history)
      for (let turn = 0; turn < 3; turn += 1) {
        history.push(assistant(ANSWER), user(`And what about the way back, part ${turn}?`))
        const again = await ask(history)
        expect(again.target).toBe(target)
        const { call } = await up.trace(again.trace)
        expect(call.attributes['weighbridge.reason']).toBe('sticky')
        expect(JSON.parse(String(call.attributes['weighbridge.decision']))).toMatchObject({ home: { target, how: 'kept' }, propensity: 1, reason: 'sticky' })
        if (turn === 0) up.reconfigure(yaml(one.url, two.url, `evals: { concurrency: ${conversation + 1} }`))
      }
      if (conversation !== 0) continue
      const config = parse(yaml(one.url, two.url))
      const table = sealRouteTable({ schema: 1, version: 3, parent: 2, created_at: '2026-11-02T00:00:00Z', author: 'test', rule: 'test', simulated: false, tasks: { general: { weights: { alpha: 0.5, beta: 0.5 }, excluded: {}, config_hash: config.tasks.get('general')?.configHash ?? '', exploration: 0, rule: 'test', evidence: {} } } })
      await writeFile(join(up.dataDir, 'route-table.json'), JSON.stringify(table))
      await eventually(() => (up.router.readiness().route_version === 3 ? true : undefined))
    }
  }, 30_000)

  it('is not held where the route gives its target nothing any more', async () => {
    const first = await ask([user('How do I get to Gotland?')])
    const only = first.target === 'alpha' ? 'beta' : 'alpha'
    up.reconfigure(yaml(one.url, two.url).replace('{ alpha: 0.5, beta: 0.5 }', `{ ${only}: 1 }`))
    const again = await ask([user('How do I get to Gotland?'), assistant(ANSWER), user('And back?')])
    expect(again.target).toBe(only)
    const { call } = await up.trace(again.trace)
    expect(JSON.parse(String(call.attributes['weighbridge.decision']))).toMatchObject({ home: { target: first.target, how: 'no_share' }, reason: 'weighted' })
  })

  it('brings the results of its tools back to who called them, and to nobody of another kind while that one is there', async () => {
    const call = { id: 'call_1', type: 'function', function: { name: 'ferries', arguments: '{"to":"Visby"}' } }
    const calling: Script = (response) => json(response, 200, answerBody('', { choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls: [call] }, finish_reason: 'tool_calls' }] }))
    one.script = calling
    two.script = calling
    for (let round = 0; round < 8; round += 1) {
      const question = user(`Find a ferry, attempt ${round}`)
      const first = await ask([question])
      const again = await ask([question, { role: 'assistant', content: null, tool_calls: [call] }, { role: 'tool', tool_call_id: 'call_1', content: '[]' }])
      expect(again.target).toBe(first.target)
      const { call: span } = await up.trace(again.trace)
      expect(JSON.parse(String(span.attributes['weighbridge.decision']))).toMatchObject({ home: { how: 'kept', in_tool_loop: true }, reason: 'sticky', propensity: null })
    }
  })

  it.each([['session', 1], ['conversation', 2], ['off', 2]] as const)('with sticky: %s the unrelated calls of a session go to %i targets', async (sticky, expected) => {
    up.reconfigure(yaml(one.url, two.url, `sessions: { sticky: ${sticky} }`))
    const targets = new Set<string>()
    for (let call = 0; call < 24; call += 1) targets.add((await ask([user(`Something else altogether, number ${call}`)], { 'x-weighbridge-session': 'a job' })).target)
    expect(targets.size).toBe(expected)
  })

  it('is not held at all with sticky: off', async () => {
    up.reconfigure(yaml(one.url, two.url, 'sessions: { sticky: off }'))
    const targets = new Set<string>()
    const history: Message[] = [user('How do I get to Gotland?')]
    for (let turn = 0; turn < 16; turn += 1) {
      targets.add((await ask(history)).target)
      history.push(assistant(ANSWER), user(`More, part ${turn}`))
    }
    expect(targets.size).toBe(2)
  })
})

describe('signals', () => {
  it('tell a regenerated, a rephrased, an edited and an accepted answer, each about the earlier call, over the collector’s logs', async () => {
    const question = user('How do I get from Stockholm to Gotland with a car in July?')
    const who = { 'x-weighbridge-session': 'visit 1' }
    const first = await ask([question], who)
    const regenerated = await ask([question], who)
    const retry = await signal(first.trace, 'retry')
    expect(retry.attributes).toMatchObject({ 'weighbridge.signal.by_trace_id': regenerated.trace, 'weighbridge.simulated': false })
    const { call } = await up.trace(regenerated.trace)
    expect(call.attributes['weighbridge.retry.kind']).toBe('regenerate')
    expect(String(call.attributes['weighbridge.retry.of'])).toContain(first.trace)

    const edited = await ask([question, assistant(ANSWER.replace('four times a day', 'twice a day').replace('three hours', 'four hours')), user('Thanks. Which side of the island is warmer?')], who)
    expect((await signal(regenerated.trace, 'edit')).attributes['weighbridge.signal.value']).toBeGreaterThan(0)
    expect((await up.trace(edited.trace)).call.attributes['weighbridge.edit.distance']).toBeGreaterThan(0)

    await ask([question, assistant(ANSWER.replace('four times a day', 'twice a day').replace('three hours', 'four hours')), user('Thanks. Which side of the island is warmer?'), assistant(ANSWER), user('And in winter?')], who)
    expect((await signal(edited.trace, 'accepted')).attributes['weighbridge.signal.basis']).toBe('sent_back')
  })

  it('read streams as they go by, and tell a client that hangs up inside one', async () => {
    const words = ANSWER.split(/(?<= )/)
    one.script = streaming(words)
    two.script = streaming(words)
    const question = user('How do I get to Gotland, in a stream?')
    const first = await ask([question], {}, { stream: true })
    await first.response.text()
    await ask([question, assistant(ANSWER), user('And back?')])
    expect((await signal(first.trace, 'accepted')).attributes['weighbridge.signal.basis']).toBe('sent_back')

    const half: Script = (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.write(`data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta: { role: 'assistant', content: 'The ferry' }, finish_reason: null }] })}\n\n`)
    }
    one.script = half
    two.script = half
    const cut = new AbortController()
    const response = await fetch(`${up.router.url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'auto', stream: true, messages: [user('Never mind')] }), signal: cut.signal })
    await response.body?.getReader().read()
    cut.abort()
    expect((await signal(response.headers.get('x-weighbridge-trace-id') ?? '', 'abandoned')).attributes['weighbridge.signal.basis']).toBe('during_output')
  })

  it('say nothing of an SDK’s own retry, of calls that failed, and of evals', async () => {
    const question = user('How do I get to Gotland by bicycle?')
    const who = { 'x-weighbridge-session': 'visit 2' }
    const first = await ask([question], who)
    await ask([question], { ...who, 'x-stainless-retry-count': '1' })
    const evaluated = await ask([user('What is the capital of Peru?')], { ...who, 'x-weighbridge-purpose': 'eval' })
    await ask([user('What is the capital of Peru?')], { ...who, 'x-weighbridge-purpose': 'eval' })
    one.script = failing(500, { message: 'down' })
    two.script = failing(500, { message: 'down' })
    const failed = await ask([user('And by boat?')], who)
    one.script = answering(ANSWER)
    two.script = answering(ANSWER)
    await ask([user('And by boat?')], who)
    // A signal that does come, so that the others had their chance.
    const again = await ask([user('And by boat?')], who)
    const told = await eventually(() => up.collector.logs.find((log) => log.attributes['weighbridge.signal.by_trace_id'] === again.trace))
    expect(told.attributes['weighbridge.signal.kind']).toBe('retry')
    expect([...signals(first.trace), ...signals(evaluated.trace), ...signals(failed.trace)]).toEqual([])
  })

  it('carry fingerprints on call spans and no text anywhere', async () => {
    const marker = 'Zyqqurath'
    const history = [user(`Who was ${marker}?`), assistant(ANSWER), user('And after that?')]
    const { trace } = await ask(history)
    const { call, attempts } = await up.trace(trace)
    expect(call.attributes['weighbridge.prompt.fingerprint']).toMatch(/^[0-9a-f]{16}$/)
    expect(call.attributes['weighbridge.answer.fingerprint']).toMatch(/^[0-9a-f]{16}$/)
    expect(attempts[0]?.attributes['weighbridge.prompt.fingerprint']).toBeUndefined()
    await ask([user(`Who was ${marker}?`), assistant(ANSWER.replace('ferry', marker)), user('And after that?')])
    expect(JSON.stringify([up.collector.spans, up.collector.logs])).not.toContain(marker)
  })
})
