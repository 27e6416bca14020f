// What the pages work out by themselves, without a browser: two runs beside each other, where a call's time went, kept words, exact amounts, the
// order of a trace, and what is offered while a query is written.
import { describe, expect, it } from 'vitest'
import type { RunProbe } from '../../dashboards/web/api/evals.ts'
import type { Outlined, Span } from '../../dashboards/web/api/trace.ts'
import { cents, csvLine } from '../../dashboards/web/app/bill/exact.ts'
import { changesBetween, mcnemar } from '../../dashboards/web/app/evals/changes.ts'
import { stretchesOf } from '../../dashboards/web/app/trace/stretches.ts'
import { placed } from '../../dashboards/web/app/trace/tree.ts'
import { lastSaid, mostLike, wordsOf } from '../../dashboards/web/app/trace/words.ts'
import { offers, taken } from '../../dashboards/web/app/traces/offers.ts'

const probe = (probe_id: string, scores: Readonly<Record<string, number>>, suite_hash = 'h'): RunProbe => ({ suite: 's', suite_hash, probe_id, probe_kind: 'factual', domain: '', targets: Object.keys(scores), labels: Object.values(scores).map((score) => (score < 0 ? 'provider_error' : score === 1 ? 'correct' : 'incorrect')), scores: Object.values(scores), spread: 0 })
const run = (probes: readonly RunProbe[]) => ({ run_id: 'before', last_at: 0, summary: [], probes })

describe('two runs beside each other', () => {
  it('compare only probes of the same suite version that both asked the same target and graded', () => {
    const now = [probe('a', { x: 1, y: 0 }), probe('b', { x: 0 }), probe('c', { x: 1 }), probe('d', { x: 1 }), probe('e', { x: -1 })]
    const before = run([probe('a', { x: 0, y: 0 }), probe('b', { x: 1 }), probe('c', { x: 0 }, 'other'), probe('e', { x: 1 })])
    const { moved, tallies } = changesBetween({ probes: now, against: before })
    expect(tallies).toEqual([
      { suite: 's', target: 'x', common: 2, better: 1, worse: 1, same: 0, difference: 0 },
      { suite: 's', target: 'y', common: 1, better: 0, worse: 0, same: 1, difference: 0 },
    ])
    expect(moved.map(({ probe: id, difference }) => [id, difference])).toEqual([['b', -1], ['a', 1]])
  })

  it('say that a suite has changed in between', () => {
    expect(changesBetween({ probes: [probe('a', { x: 1 }, 'new')], against: run([probe('a', { x: 1 }, 'old')]) }).others).toEqual(['s'])
  })

  // Exact binomial probabilities: 2·P(X ≤ k | n, ½).
  it.each([
    [0, 0, 1],
    [5, 5, 1],
    [1, 5, 0.21875],
    [0, 6, 0.03125],
    [2, 10, 0.03857421875],
  ])('weigh %i better against %i worse with p %d', (better, worse, p) => {
    expect(mcnemar(better, worse)).toBeCloseTo(p, 12)
    expect(mcnemar(worse, better)).toBeCloseTo(p, 12)
  })

  it('stay finite over thousands of changes', () => {
    const p = mcnemar(2_000, 2_200)
    expect(p).toBeGreaterThan(0.001)
    expect(p).toBeLessThan(0.003)
  })
})

// The members that a stretch is made of.
const span = (facts: Partial<Span>): Span => ({ started_ns: '0', duration_ms: 0, status: 'Ok', ttft_ms: null, output_tokens: null, target: '', ...facts }) as Span

describe('where the time of a call went', () => {
  it('adds up to the call, with what the router did in between', () => {
    const call = span({ started_ns: '1000000000', duration_ms: 1_000 })
    const stretches = stretchesOf(call, [span({ started_ns: '1010000000', duration_ms: 90, status: 'Error', target: 'a' }), span({ started_ns: '1105000000', duration_ms: 880, ttft_ms: 380, output_tokens: 100, target: 'b' })])
    expect(stretches.map(({ kind, ms }) => [kind, Math.round(ms)])).toEqual([['router', 10], ['failed', 90], ['router', 5], ['wait', 380], ['stream', 500], ['router', 15]])
    expect(stretches.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(1_000, 6)
    expect(stretches[4]?.words).toBe('output, 200 tokens/s')
  })
})

describe('kept words', () => {
  const row = (kind: 'prompt' | 'answer', body: unknown, attributes: Record<string, string> = {}) => wordsOf({ span_id: 's', kind, at_ms: 0, body: typeof body === 'string' ? body : JSON.stringify(body), is_simulated: true, attributes })

  it('read messages and answers of the common form, tools as well', () => {
    expect(row('prompt', { messages: [{ role: 'system', parts: [{ kind: 'text', text: 'Be short.' }] }, { role: 'user', parts: [{ kind: 'text', text: 'Hi' }, { kind: 'image' }] }] }).messages).toEqual([{ role: 'system', text: 'Be short.' }, { role: 'user', text: 'Hi\n{"kind":"image"}' }])
    expect(row('answer', { parts: [{ kind: 'tool_call', name: 'ferries', argumentsJson: '{"to":"Visby"}' }] }).messages).toEqual([{ role: 'assistant', text: '→ ferries({"to":"Visby"})' }])
  })

  it.each(['not json', '[1]', 'null'])('show %s as it is', (body) => {
    expect(row('answer', body).messages[0]?.text.replaceAll(/\s/g, '')).toBe(body.replaceAll(/\s/g, ''))
  })

  it('say what was cut, shortened to its shape, or forgotten', () => {
    expect(row('answer', '', { 'weighbridge.content.form': 'metadata', 'weighbridge.content.truncated': 'true', 'weighbridge.content.bytes': '9000', 'weighbridge.content.forgotten': 'true' }).notes).toEqual(['only its shape was kept', 'cut from 9000 bytes', 'forgotten on demand'])
  })

  it('find the answer that came back changed', () => {
    const said = lastSaid([row('answer', { parts: [{ kind: 'text', text: 'The ferry leaves at nine from Nynäshamn.' }] })], 'answer')
    const later = [row('prompt', { messages: [{ role: 'user', parts: [{ kind: 'text', text: 'When?' }] }, { role: 'assistant', parts: [{ kind: 'text', text: 'The ferry leaves at ten from Nynäshamn.' }] }] })]
    expect(mostLike(said ?? '', later)).toBe('The ferry leaves at ten from Nynäshamn.')
    expect(mostLike('something else entirely', later)).toBeUndefined()
  })
})

describe('exact amounts', () => {
  it.each([[null, '–'], ['0.00', '$0.00'], ['1234.5', '$1,234.50'], ['0.000123', '$0.000123'], ['-2.5', '−$2.50']])('%s reads %s', (exact, text) => {
    expect(cents(exact)).toBe(text)
  })

  it('go into CSV quoted, and never as a formula', () => {
    expect(csvLine(['a,b', 'say "x"', '=1+1', '-2.50', '-cmd'])).toBe(`"a,b","say ""x""",'=1+1,-2.50,'-cmd`)
  })
})

describe('the order of a trace', () => {
  const at = (span_id: string, parent_span_id: string, ms: number): Outlined => ({ span_id, parent_span_id, name: '', service: '', role: 'other', started_ns: String(ms * 1_000_000), duration_ms: 1, status: 'Ok', error_code: '', task: '', target: '', surface: '', attempt: 0, attempts: 0, reason: '', ttft_ms: null, cost_usd: null })

  it('puts parents before children and siblings by start; orphans and circles stand as well', () => {
    const rows = placed([at('c', 'a', 5), at('b', 'a', 3), at('a', '', 1), at('o', 'gone', 9), at('x', 'y', 7), at('y', 'x', 8)])
    expect(rows.map(({ span: { span_id }, depth }) => `${span_id}${depth}`)).toEqual(['a0', 'b1', 'c1', 'o0', 'x0', 'y1'])
    expect(rows[0]?.startMs).toBe(0)
  })

  it('takes a chain of twenty thousand spans', () => {
    const chain = Array.from({ length: 20_000 }, (_, i) => at(String(i), i === 0 ? '' : String(i - 1), i))
    expect(placed(chain).at(-1)?.depth).toBe(19_999)
  })
})

describe('what is offered while a query is written', () => {
  const facets = [{ field: 'task', values: [{ value: 'simple_qa', calls: 3 }, { value: 'say "x"', calls: 1 }] }]

  it('offers fields, then the values that are there, and puts them in place', () => {
    expect(offers('ta', 2, facets).map(({ text }) => text)).toContain('task:')
    const [offer] = offers('cost>1 task:si more', 14, facets)
    expect(offer?.text).toBe('task:simple_qa')
    expect(offer === undefined ? undefined : taken('cost>1 task:si more', offer).text).toBe('cost>1 task:simple_qa more')
    expect(offers('task:s', 6, facets).map(({ text }) => text)).toContain('task:"say \\"x\\""')
  })

  it('keeps still inside quotes and lists', () => {
    expect(offers('user:"An', 8, facets)).toEqual([])
    expect(offers('task:(a', 7, facets)).toEqual([])
  })
})
