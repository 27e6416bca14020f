// What real instrumentation libraries send (recorded by bench/dialects.sh, each the same five calls: a question, a stream, a tool, a
// vector, a model that does not exist) → the same columns, each exchange counted once, and no text left on any span.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { decodeRequest } from '../../collector/decode/decode-request.ts'
import type { ForeignOptions } from '../../collector/decode/span-row.ts'
import type { InsertRow } from '../../core/tables.ts'
import { foreignPrices, priceProvider } from '../../store/prices/foreign.ts'
import { configSchema } from '../../core/config-schema.ts'
import { itemsOf } from './decoded-items.ts'
import { attemptSpan, attributes, tracesBody } from './receive-bodies.ts'

const FOLDER = join(import.meta.dirname, 'dialects')
const NOW = Date.parse('2026-11-29T00:00:00Z')
const bytesOf = (name: string): Buffer => readFileSync(join(FOLDER, `${name}.json`))
const price = (input: number, output: number): string => String(Number((input * 2e-6 + output * 1e-5).toFixed(12)))
const foreign: ForeignOptions = { priceOf: ({ inputTotal, outputTotal }) => (inputTotal === undefined || outputTotal === undefined ? undefined : { usd: inputTotal * 2e-6 + outputTotal * 1e-5, version: 'test@1' }) }
const rows = (name: string, options: ForeignOptions = foreign): InsertRow[] => itemsOf(decodeRequest('traces', 'json', bytesOf(name), NOW, options)).map(({ row }) => row)
const attempts = (name: string): InsertRow[] => rows(name).filter((row) => row['role'] === 'attempt')

/** The exchanges that each library tells of. `input` and `output` undefined: it does not count them. */
type Told = { readonly model: string; readonly input?: number; readonly output?: number; readonly finish?: string; readonly status?: string; readonly stream?: boolean }
const QUESTION: Told = { model: 'gpt-5.4', input: 16, output: 50, finish: 'length' }
const TOOL: Told = { model: 'gpt-5.4', input: 55, output: 7, finish: 'tool_calls' }
const VECTOR: Told = { model: 'text-embedding-3-small', input: 1 }
const FAILED: Told = { model: 'no-such-model', status: 'Error' }

const TOLD: Readonly<Record<string, readonly Told[]>> = {
  'otel-genai': [QUESTION, { model: 'gpt-5.4', input: 16, output: 151, finish: 'stop' }, TOOL, VECTOR, FAILED],
  // It counts no tokens of streams and tells of neither vectors nor failures.
  openllmetry: [QUESTION, { model: 'gpt-5.4', finish: 'stop' }, { ...TOOL, finish: 'tool_call' }],
  'openllmetry-old': [QUESTION, { model: 'gpt-5.4', finish: 'stop' }, TOOL],
  // It counts no tokens of streams and vectors, and does not tell of failures.
  openinference: [QUESTION, { model: 'gpt-5.4', finish: 'stop' }, TOOL, { model: 'text-embedding-3-small' }],
  openlit: [QUESTION, { model: 'gpt-5.4', input: 16, output: 151, finish: 'stop', stream: true }, TOOL, VECTOR, FAILED],
  'vercel-ai': [{ model: 'gpt-5.4', input: 16, output: 151, finish: 'stop' }, { model: 'gpt-5.4', input: 16, output: 151, finish: 'stop' }, { model: 'gpt-5.4', input: 83, output: 129, finish: 'stop' }, VECTOR, FAILED],
  // It does not end the span of a call that failed.
  'vercel-ai-legacy': [{ model: 'gpt-5.4', input: 16, output: 151, finish: 'stop' }, { model: 'gpt-5.4', input: 16, output: 151, finish: 'stop' }, { model: 'gpt-5.4', input: 83, output: 129, finish: 'stop' }, VECTOR],
}

describe('recorded dialects', () => {
  it('are all looked at', () => {
    expect(readdirSync(FOLDER).toSorted()).toEqual(Object.keys(TOLD).map((name) => `${name}.json`).toSorted())
  })

  it.each(Object.entries(TOLD))('%s: the same columns, each exchange once', (name, told) => {
    const found = attempts(name).map((row) => ({ provider: String(row['provider']).toLowerCase().split('.')[0], model: row['model'], input: row['input_tokens'], output: row['output_tokens'], finish: row['finish_reason'], status: row['status'] === 'Error' ? 'Error' : 'Ok', purpose: row['purpose'], simulated: row['is_simulated'] }))
    const expected = told.map(({ model, input, output, finish, status }) => ({ provider: 'openai', model, input: input === undefined ? null : String(input), output: output === undefined ? null : String(output), finish: finish ?? '', status: status ?? 'Ok', purpose: 'production', simulated: false }))
    const order = (all: readonly { model: unknown; output: unknown; finish: unknown }[]): unknown[] => all.toSorted((a, b) => JSON.stringify([a.model, a.output, a.finish]).localeCompare(JSON.stringify([b.model, b.output, b.finish])))
    expect(order(found)).toEqual(order(expected))
  })

  it.each(Object.entries(TOLD))('%s: our price where it states none, its own as an estimate, nothing where tokens are unknown', (name, told) => {
    for (const row of attempts(name)) {
      const [input, output] = [row['input_tokens'], row['output_tokens']]
      const isVector = row['model'] === 'text-embedding-3-small'
      if (name === 'openlit' && input !== null && !isVector) {
        expect(row).toMatchObject({ cost_source: 'estimated' })
        expect(Number(row['cost_usd'])).toBeGreaterThan(0)
      } else if (input === null || (output === null && !isVector)) expect(row).toMatchObject({ cost_source: 'unpriced', cost_usd: null })
      else expect(row).toMatchObject({ cost_source: 'priced', cost_usd: price(Number(input), Number(output ?? 0)), price_version: 'test@1', attributes: { 'weighbridge.cost.by': 'collector' } })
    }
    expect(attempts(name)).toHaveLength(told.length)
  })

  it('no text is left on the events of a span either', () => {
    const span = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'chat', events: ['gen_ai.event.content', 'gen_ai.prompt', 'gen_ai.completion'].map((key) => ({ name: 'said', attributes: [{ key, value: { stringValue: 'a secret' } }] })) }
    const decoded = decodeRequest('traces', 'json', Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })), Date.now())
    expect(JSON.stringify(itemsOf(decoded).map(({ row }) => row))).not.toContain('secret')
  })

  it.each(Object.keys(TOLD))('%s: no text is left on any span, and what was taken off is counted', (name) => {
    const all = rows(name)
    const texts = /capital of Peru|How many people|Answer in one word|Here is how|Inhabitants|fjord/
    expect(all.filter((row) => texts.test(JSON.stringify(row))).map((row) => row['attributes'])).toEqual([])
    if (name !== 'otel-genai') expect(all.some((row) => Number((row['attributes'] as Record<string, string>)['weighbridge.content.left_out'] ?? 0) > 0)).toBe(true)
  })

  it.each(Object.keys(TOLD).filter((name) => name !== 'otel-genai'))('%s: its texts are kept apart where that is configured', (name) => {
    const items = itemsOf(decodeRequest('traces', 'json', bytesOf(name), NOW, { ...foreign, keepsText: true, redact: (text) => text.replaceAll('Peru', '[place]') }))
    const content = items.filter(({ table }) => table === 'content')
    const spans = new Set(items.filter(({ table }) => table === 'spans').map(({ row }) => row['span_id']))
    expect(content.length).toBeGreaterThan(2)
    for (const { row, key } of content) {
      expect(spans.has(row['span_id'])).toBe(true)
      expect(key).toBe(`${String(row['trace_id'])}:${String(row['span_id'])}:${String(row['kind'])}`)
      expect(Object.keys((JSON.parse(String(row['body'])) as { attributes: object }).attributes).length).toBeGreaterThan(0)
    }
    expect(JSON.stringify(content)).toContain('capital of [place]')
    expect(JSON.stringify(items.filter(({ table }) => table === 'spans'))).not.toContain('capital of')
  })

  it('count an exchange once that a framework and its client both tell of', () => {
    const outer = attemptSpan({}, { name: 'ChatOpenAI', attributes: attributes({ 'openinference.span.kind': 'LLM', 'llm.model_name': 'gpt-5.4', 'llm.token_count.prompt': 10, 'llm.token_count.completion': 5 }) })
    const inner = attemptSpan({}, { traceId: outer.traceId, parentSpanId: outer.spanId, attributes: attributes({ 'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'gpt-5.4', 'gen_ai.usage.input_tokens': 10, 'gen_ai.usage.output_tokens': 5 }) })
    const found = itemsOf(decodeRequest('traces', 'json', Buffer.from(tracesBody([inner, outer])), NOW)).map(({ row }) => [row['span_id'], row['role'], row['input_tokens']])
    expect(found).toEqual([[inner.spanId, 'attempt', '10'], [outer.spanId, 'other', null]])
  })

  it('add what came from the cache where a library counts it beside the input', () => {
    const span = attemptSpan({}, { attributes: attributes({ 'gen_ai.operation.name': 'chat', 'gen_ai.system': 'anthropic', 'gen_ai.request.model': 'claude', 'gen_ai.usage.input_tokens': 10, 'gen_ai.usage.cache_read_input_tokens': 2_000, 'gen_ai.usage.cache_creation_input_tokens': 100, 'gen_ai.usage.output_tokens': 5 }) })
    const [item] = itemsOf(decodeRequest('traces', 'json', Buffer.from(tracesBody([span])), NOW))
    expect(item?.row).toMatchObject({ input_tokens: '2110', cache_read_tokens: '2000', cache_write_tokens: '100' })
  })
})

describe('prices of foreign spans', () => {
  it.each([
    ['OpenAI', 'openai'], ['openai.chat', 'openai'], ['azure.ai.openai', 'azure'], ['az.ai.openai', 'azure'], ['anthropic', 'anthropic'], ['gcp.gemini', 'google'], ['gcp.vertex_ai', 'google'], ['google.generative-ai', 'google'],
    ['aws.bedrock', 'aws'], ['mistral_ai', 'mistral'], ['x_ai', 'x-ai'], ['moonshotai', 'moonshotai'], ['deepseek', 'deepseek'], ['groq', 'groq'], ['some-other', 'some-other'],
  ])('%s is looked up as %s', (said, known) => {
    expect(priceProvider(said)).toBe(known)
  })

  it('come from the book at the time of the call, under the configuration’s own overrides', () => {
    const asked: string[] = []
    const book = { find: ({ name }: { name: string }, model: string) => (asked.push(`${name}/${model}`), model === 'known' ? ({ version: 'book@1', perRequest: 0, tiers: [{ fromInputTokens: 0, input: 1, output: 2, cacheRead: undefined, cacheWrite: undefined, cacheWrite1h: undefined }] } as const) : undefined) }
    const settings = configSchema.parse({ prices: { overrides: { 'openai/mine': { input: 10, output: 0 } } } }).prices
    const costOf = foreignPrices(book, () => settings)
    const usage = { provider: 'OpenAI', atMs: NOW, inputTotal: 1_000_000, cacheRead: undefined, cacheWrite: undefined, outputTotal: 500_000 }
    expect(costOf({ ...usage, model: 'known' })).toEqual({ usd: 2, version: 'book@1' })
    expect(costOf({ ...usage, model: 'known' })).toEqual({ usd: 2, version: 'book@1' })
    expect(costOf({ ...usage, model: 'unknown' })).toBeUndefined()
    expect(costOf({ ...usage, model: 'known', outputTotal: undefined })).toBeUndefined()
    expect(costOf({ ...usage, model: 'mine' })?.usd).toBe(10)
    expect(asked).toEqual(['openai/known', 'openai/unknown'])
  })
})
