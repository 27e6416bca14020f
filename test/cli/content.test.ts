// From an id to what the model saw and said; and where nothing was kept, to the line that would have kept it.
import { createServer } from 'node:http'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { contentMount } from '../../cli/compose/content-mount.ts'
import { contentText, whyNothingKept } from '../../cli/content-text.ts'
import { startCollector, type RunningCollector } from '../../collector/start.ts'
import { EVENT, WB } from '../../core/attributes.ts'
import { configSchema } from '../../core/config-schema.ts'
import { asWeighbridgeError } from '../../core/errors.ts'
import { systemClock } from '../../core/seams.ts'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { encodeLogs } from '../../store/otlp/logs.ts'
import { traceContent } from '../../store/queries/content.ts'
import { attemptSpan, attributes, hex, post, tracesBody } from '../collector/receive-bodies.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { runCommand } from '../support/run-command.ts'

const settings = (capture: unknown): ReturnType<typeof configSchema.parse>['capture'] => configSchema.parse({ capture }).capture

describe('why nothing was kept', () => {
  const call = { traceId: 'f'.repeat(32), task: 'qa', keyId: 'k1' }
  it.each([
    [{}, 'capture.mode is none; to keep them from now on, in weighbridge.yaml: capture: { mode: all }'],
    [{ mode: 'all', tasks: { qa: { mode: 'none' } } }, 'capture: { tasks: { qa: { mode: all } } }'],
    [{ mode: 'all', keys: { k1: { mode: 'none' } } }, 'capture: { keys: { k1: { mode: all } } }'],
    [{ mode: 'sampled', sample: 0 }, 'not in the sample of 0'],
    [{ mode: 'on_signal' }, 'nothing was said of this call'],
    [{ mode: 'all', retention_days: 7 }, 'older than capture.retention_days (7)'],
  ])('under %j', (capture, said) => {
    expect(whyNothingKept(settings(capture), call)).toContain(said)
  })
})

describe('captured text in a terminal', () => {
  it('shows who said what, tool calls and what was done to it, without control characters', () => {
    const text = contentText([
      { span_id: 's', kind: 'prompt', at_ms: 0, body: JSON.stringify({ messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Hello\u001b[31m there' }] }] }), attributes: { [WB.contentTruncated]: 'true', [WB.contentBytes]: '9000' } },
      { span_id: 's', kind: 'answer', at_ms: 0, body: JSON.stringify({ parts: [{ kind: 'tool_call', name: 'look', argumentsJson: '{"a":1}' }] }), attributes: { [WB.contentPartial]: 'true' } },
      { span_id: 's', kind: 'answer', at_ms: 0, body: '', attributes: { [WB.contentForgotten]: 'true' } },
    ])
    expect(text).toBe('── prompt (cut from 9000 bytes)\nuser: Hello[31m there\n\n── answer (did not come to its end)\nlook({"a":1})\n\n── answer (forgotten on demand)\n\n')
  })
})

describe.skipIf(clickhouseMissing() !== undefined)('an id and what belongs to it', () => {
  let database: TestDatabase
  let collector: RunningCollector
  let contentReader: ClickHouse
  let writer: ClickHouse
  let router: { url: string; close: () => void }
  let cwd = ''
  const [kept, lost] = [hex(16), hex(16)]

  beforeAll(async () => {
    database = await createTestDatabase()
    writer = createClickHouse(database.writer)
    contentReader = createClickHouse(database.contentReader)
    collector = await startCollector({ host: '127.0.0.1', port: 0, dataDir: mkdtempSync(join(tmpdir(), 'weighbridge-content-')), clickhouse: writer, clock: systemClock, log: pino({ level: 'silent' }), maxBodyBytes: 1024 * 1024, sumUpEveryMs: Infinity })
    const call = (traceId: string, responseId: string): unknown => attemptSpan({}, { traceId, attributes: attributes({ [WB.role]: 'call', [WB.task]: 'qa', [WB.purpose]: 'production', 'gen_ai.response.id': responseId, [WB.attempts]: 1, [WB.simulated]: false }) })
    await post(collector.url, '/v1/traces', tracesBody([call(kept, 'chatcmpl-kept'), call(lost, 'chatcmpl-lost')]))
    const record = (kind: string, body: unknown) => ({ eventName: EVENT.content, timeMs: Date.now(), traceId: kept, spanId: 'a'.repeat(16), body: JSON.stringify(body), attributes: { [WB.contentKind]: kind } })
    await post(collector.url, '/v1/logs', encodeLogs({}, [record('answer', { parts: [{ kind: 'text', text: 'From Nynäshamn.' }] }), record('prompt', { messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Which harbour?' }] }] })]))
    await collector.settled()
    const mount = contentMount(contentReader)
    const server = createServer((request, response) => {
      const answered = mount.handle(request, response, new URL(request.url ?? '/', 'http://router'))
      Promise.resolve(answered).catch((error: unknown) => response.writeHead(asWeighbridgeError(error).answer.httpStatus).end())
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    router = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() }
    cwd = mkdtempSync(join(tmpdir(), 'weighbridge-content-'))
    writeFileSync(join(cwd, 'weighbridge.yaml'), 'providers: {}\n')
  })
  afterAll(async () => {
    router.close()
    await collector.close({ deadlineMs: 1_000 })
    await Promise.all([writer.close(), contentReader.close()])
    await database.drop()
  })

  const trace = (words: readonly string[]): ReturnType<typeof runCommand> => {
    const { url, user, password } = database.reader
    return runCommand(['trace', ...words], { cwd, env: { CLICKHOUSE_URL: url, CLICKHOUSE_USER: user, CLICKHOUSE_PASSWORD: password, CLICKHOUSE_DATABASE: database.database, WEIGHBRIDGE_URL: router.url } })
  }

  it('goes from a response id to what the model saw and said in one step', async () => {
    const shown = await trace(['chatcmpl-kept', '--content'])
    expect(shown).toMatchObject({ code: 0, err: '' })
    expect(shown.out).toContain(`trace ${kept}`)
    expect(shown.out).toContain('── prompt\nuser: Which harbour?\n\n── answer\nFrom Nynäshamn.\n')
    expect(JSON.parse((await trace([kept, '--content', '--json'])).out)).toMatchObject({ content: [{ kind: 'prompt' }, { kind: 'answer' }] })
  })

  it('says what is missing where nothing was kept, with the line that would have kept it', async () => {
    const line = 'prompt and answer were not kept: capture.mode is none; to keep them from now on, in weighbridge.yaml: capture: { mode: all }\n'
    expect((await trace(['chatcmpl-lost'])).out).toContain(line)
    expect((await trace(['chatcmpl-lost', '--content'])).out).toContain(line)
    expect(JSON.parse((await trace([lost, '--content', '--json'])).out)).toMatchObject({ content: [], content_missing: line.trim() })
  })

  it('answers about a trace only, and only to reading requests', async () => {
    expect((await fetch(`${router.url}/admin/content/nothing`)).status).toBe(400)
    expect((await fetch(`${router.url}/admin/content/${kept}`, { method: 'POST' })).status).toBe(405)
    const answer = await fetch(`${router.url}/admin/content/${lost}`)
    expect([answer.headers.get('cache-control'), await answer.json()]).toEqual(['no-store', { trace_id: lost, content: [] }])
  })

  it('reads captured text under an account that can read nothing else', async () => {
    expect(await contentReader.query(traceContent, { trace_id: kept })).toHaveLength(2)
    await expect(contentReader.rows('SELECT 1 FROM spans')).rejects.toMatchObject({ details: { code: 497 } })
  })

  it('forgets over the command, and takes dead letters up again', async () => {
    const env = {}
    const forgotten = await runCommand(['forget', '--trace', kept, '--collector-url', collector.url], { cwd, env })
    expect(forgotten).toMatchObject({ code: 0, out: 'Forgot the trace: 2 captured text(s) and 0 comment(s) deleted, 0 span(s) without the name.\n' })
    expect(await runCommand(['forget', '--trace', kept, '--user', 'x', '--collector-url', collector.url], { cwd, env })).toMatchObject({ code: 2, err: expect.stringContaining('exactly one') })
    expect(await runCommand(['collector', 'replay', '--collector-url', collector.url], { cwd, env })).toMatchObject({ code: 0, out: 'There are no dead letters.\n' })
    expect(await runCommand(['forget', '--user', 'x', '--collector-url', 'http://127.0.0.1:9'], { cwd, env })).toMatchObject({ code: 4, err: expect.stringContaining('does not answer') })
  })
})
