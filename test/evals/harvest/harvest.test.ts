// From stored calls to a suite: who is a candidate, what a draft says, what a review must have done, and what happens without text.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../../core/seams.ts'
import { modelRequest, type Message } from '../../../core/model-request.ts'
import { harvest, type HarvestRequest } from '../../../evals/harvest/harvest.ts'
import { readAnswer, readPrompt } from '../../../evals/harvest/read-content.ts'
import { redactor } from '../../../evals/harvest/redact.ts'
import { acceptReview, draftsOf, suiteFiles, UNWRITTEN, type Candidate } from '../../../evals/harvest/review.ts'
import { loadSuite } from '../../../evals/probes/load.ts'
import { createClickHouse, type ClickHouse } from '../../../store/clickhouse/clickhouse.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../../support/database.ts'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const missing = clickhouseMissing()
if (missing !== undefined) console.warn(`harvest queries are not tested: ${missing}`)

const user = (text: string): Message => ({ role: 'user', parts: [{ kind: 'text', text }] })
const prompt = (...messages: Message[]): string => JSON.stringify(modelRequest({ messages }))
const answer = (text: string): string => JSON.stringify({ parts: [{ kind: 'text', text }] })
const candidate = (over: Partial<Candidate> = {}): Candidate => ({ trace_id: 'a'.repeat(32), span_id: 's', started_at: 1, task: 'support', target: 't', cost_usd: 0.1, retried: true, edited: false, disputed: false, expensive: false, prompt: prompt(user('How do I cancel?')), answer: answer('You cannot.'), truncated: false, ...over })

describe('captured text as a question', () => {
  it('is the one message with its instructions, or the conversation up to it', () => {
    expect(readPrompt(prompt({ role: 'system', parts: [{ kind: 'text', text: 'Be short.' }] }, user('Why?')))).toEqual({ system: 'Be short.', question: 'Why?', turns: 1 })
    const talk = readPrompt(prompt(user('Hi'), { role: 'assistant', parts: [{ kind: 'text', text: 'Hello' }, { kind: 'tool_call', id: '1', name: 'look', argumentsJson: '{"a":1}' }] }, { role: 'tool', parts: [{ kind: 'tool_result', callId: '1', parts: [{ kind: 'text', text: 'found' }], isError: false }] }, user('And now?')))
    expect(talk).toMatchObject({ turns: 4, question: expect.stringMatching(/User: Hi[\s\S]*Assistant: Hello\n\[calls look\(\{"a":1\}\)\][\s\S]*\[tool result\] found[\s\S]*next message:\n\nAnd now\?$/) })
    expect(readAnswer(answer('  x '))).toBe('x')
  })

  it('is none where it holds an image, ends elsewhere, is empty or cannot be read, and says which', () => {
    expect(readPrompt(prompt({ role: 'user', parts: [{ kind: 'image', source: { kind: 'url', url: 'x' } }] }))).toMatch(/an image/)
    expect(readPrompt(prompt(user('a'), { role: 'assistant', parts: [{ kind: 'text', text: 'b' }] }))).toMatch(/does not end with a user/)
    expect(readPrompt(prompt(user('   ')))).toMatch(/empty/)
    for (const body of ['', '{', '[]', '{"messages":[]}']) expect(readPrompt(body)).toMatch(/cannot be read/)
  })
})

describe('drafts', () => {
  const drafts = (...rows: Candidate[]) => draftsOf(rows, redactor([]))

  it('are redacted, once per question, with a grader to be written, and never keep themselves', () => {
    const made = drafts(
      candidate({ prompt: prompt(user('My mail is a@b.example, help')), disputed: true, edited: true }),
      candidate({ prompt: prompt(user('my  mail is A@B.example, help')), trace_id: 'b'.repeat(32) }),
      candidate({ prompt: '' }),
      candidate({ prompt: prompt(user('a'), user('b')), truncated: true, task: '' }),
    )
    expect(made.left).toEqual({ 'the same question stands above': 1, 'no text of it was kept': 1 })
    expect(made.drafts).toMatchObject([
      { keep: false, why: ['disputed', 'edited', 'retried'], domain: 'support', question: 'My mail is [email], help', grader: { type: 'rubric', criteria: [UNWRITTEN] }, redacted: { email: 1 }, answer_given: 'You cannot.', notes: ['answered by t'] },
      { domain: 'general', notes: ['a conversation of 2 turns, as one question', expect.stringMatching(/was cut/), 'answered by t'] },
    ])
  })

  it('become a suite that loads, once a person has kept some and written what is right', async () => {
    const [one] = drafts(candidate()).drafts
    const reviewed = [{ ...one, keep: true, grader: { type: 'contains', any: ['settings'] }, difficulty: 'easy' }, { ...one, id: 'h-2', keep: false }].map((row) => JSON.stringify(row)).join('\n')
    const probes = acceptReview(reviewed, 'review.jsonl')
    expect(probes).toMatchObject([{ kind: 'task', domain: 'support', question: 'How do I cancel?', grader: { type: 'contains' }, source: `own traffic, call ${'a'.repeat(12)}` }])
    const dir = await mkdtemp(join(tmpdir(), 'wb-harvest-'))
    const files = suiteFiles('support-own', probes)
    await writeFile(join(dir, 'suite.yaml'), files.suite)
    await writeFile(join(dir, 'probes.jsonl'), files.probes)
    expect(await loadSuite(dir)).toMatchObject({ name: 'support-own', probes: [{ id: one?.id }] })
  })

  it('are refused by line when kept without a grader, broken, or all left out', () => {
    const [one] = drafts(candidate()).drafts
    const refused = (...rows: object[]) => () => acceptReview(rows.map((row) => JSON.stringify(row)).join('\n'), 'review.jsonl')
    expect(refused({ ...one, keep: true })).toThrow(expect.objectContaining({ code: 'suite_invalid', message: expect.stringMatching(/review\.jsonl:1: it is kept, but its grader is still to be written/) }))
    expect(refused({ ...one }, { ...one, keep: 'yes' })).toThrow(/review\.jsonl:2: keep/)
    expect(refused({ ...one })).toThrow(/keeps no row/)
  })
})

describe.skipIf(missing !== undefined)('candidates out of the database', () => {
  let database: TestDatabase
  let writer: ClickHouse
  let reader: ClickHouse
  const now = systemClock.nowMs()
  const request = (over: Partial<HarvestRequest> = {}): HarvestRequest => ({ tasks: [], reasons: [], days: 30, limit: 50, simulated: false, ...over })
  const ingested = new Date(now).toISOString()
  const store = (table: string, rows: readonly object[]): Promise<void> => writer.insert(table, rows.map((row) => JSON.stringify({ ingested_at: ingested, ...row })).join('\n'), { token: `${table}-${JSON.stringify(rows)}`.slice(0, 4_000) })
  const call = (trace: string, over: object = {}) => ({ trace_id: trace, span_id: `c-${trace}`, parent_span_id: '', started_at: `${now - 3_600_000}000000`, duration_ns: 1_000_000, status: 'Ok', role: 'call', task: 'support', provider: 'p', target: 't', model: 'm', effort: '', error_code: '', reason: 'weighted', purpose: 'production', is_simulated: false, call_cost_usd: '0.01', ...over })
  const signal = (trace: string, kind: string, value: number | null = null) => ({ signal_id: `${trace}-${kind}`, at: `${now - 3_000_000}000000`, kind, trace_id: trace, span_id: '', by_trace_id: '', value, is_simulated: false })
  const content = (trace: string, kind: 'prompt' | 'answer', body: string, attributes: Record<string, string> = {}) => ({ trace_id: trace, span_id: `c-${trace}`, at: `${now - 3_600_000}000000`, kind, body, is_simulated: false, attributes })

  beforeAll(async () => {
    database = await createTestDatabase()
    writer = createClickHouse(database.writer)
    reader = createClickHouse(database.reader)
    await store('spans', [
      ...Array.from({ length: 30 }, (_v, at) => call(`plain${at}`)),
      call('retried'), call('edited'), call('liked'), call('disputed'), call('dear', { call_cost_usd: '0.5' }), call('textless'), call('evals', { purpose: 'eval' }), call('elsewhere', { task: 'other' }),
      call('old', { started_at: `${now - 40 * 86_400_000}000000` }), call('simulated', { is_simulated: true }),
    ])
    await store('signals', [signal('retried', 'retry'), signal('edited', 'edit', 0.4), signal('liked', 'feedback', 1), signal('disputed', 'feedback', 0), signal('textless', 'retry'), signal('evals', 'retry'), signal('elsewhere', 'rephrase'), signal('old', 'retry')])
  }, 60_000)

  afterAll(async () => {
    await Promise.all([writer?.close(), reader?.close()])
    await database?.drop()
  })

  it('are refused where no text was ever kept, with the line that would have kept it', async () => {
    await expect(harvest(writer, systemClock, request(), [])).rejects.toMatchObject({ code: 'content_not_captured', message: expect.stringMatching(/^None of the 37 production calls of the last 30 days has its text kept\.$/), remedy: expect.stringMatching(/capture/) })
  })

  it('are what was retried, edited, disputed or dear, by task and reason, with their text and nothing of the others', async () => {
    await store('content', [
      ...['retried', 'edited', 'disputed', 'dear', 'elsewhere', 'liked'].flatMap((trace) => [content(trace, 'prompt', prompt(user(`Question of ${trace}?`))), content(trace, 'answer', answer(`Answer of ${trace}.`))]),
      content('textless', 'prompt', '{"messages":[{"role":"user","chars":12}]}', { 'weighbridge.content.form': 'metadata' }),
    ])
    const found = await harvest(writer, systemClock, request(), [])
    expect(found.drafts.map((draft) => [draft.question, draft.answer_given, draft.why]).sort()).toEqual([
      ['Question of dear?', 'Answer of dear.', ['expensive']],
      ['Question of disputed?', 'Answer of disputed.', ['disputed']],
      ['Question of edited?', 'Answer of edited.', ['edited']],
      ['Question of elsewhere?', 'Answer of elsewhere.', ['retried']],
      ['Question of retried?', 'Answer of retried.', ['retried']],
    ])
    expect(found).toMatchObject({ captured: 6, left: { 'no text of it was kept': 1 } })
    expect((await harvest(writer, systemClock, request({ tasks: ['other'] }), [])).drafts).toHaveLength(1)
    expect((await harvest(writer, systemClock, request({ reasons: ['edited'] }), [])).drafts.map((draft) => draft.question)).toEqual(['Question of edited?'])
  })

  it('cannot be read by the account that everything else reads with', async () => {
    await expect(harvest(reader, systemClock, request(), [])).rejects.toMatchObject({ code: expect.stringMatching(/store|clickhouse|query/) })
  })
})
