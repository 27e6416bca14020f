// The search language: what it reads, what it refuses and what it then suggests.
import { describe, expect, it } from 'vitest'
import { FIELDS, HAS } from '../../../core/trace-language/fields.ts'
import type { Filter } from '../../../core/trace-language/filter.ts'
import { LONGEST_QUERY, MOST_TERMS, MOST_VALUES, parseTraceQuery, withSuggestion } from '../../../core/trace-language/parse.ts'
import { printTraceQuery } from '../../../core/trace-language/print.ts'

function read(text: string): readonly Filter[] {
  const { filters, faults } = parseTraceQuery(text)
  expect(faults, text).toEqual([])
  return filters
}
const word = (text: string, isPrefix = false): { text: string; isPrefix: boolean } => ({ text, isPrefix })

describe('a search', () => {
  it('finds everything when it is empty', () => {
    expect(read('')).toEqual([])
    expect(read(' \t\n ')).toEqual([])
  })

  it.each<[string, Filter]>([
    ['target:kimi-k2.6', { field: 'target', negated: false, match: { kind: 'words', values: [word('kimi-k2.6')] } }],
    ['target=kimi-k2.6', { field: 'target', negated: false, match: { kind: 'words', values: [word('kimi-k2.6')] } }],
    ['-target:kimi-k2.6', { field: 'target', negated: true, match: { kind: 'words', values: [word('kimi-k2.6')] } }],
    ['target!=kimi-k2.6', { field: 'target', negated: true, match: { kind: 'words', values: [word('kimi-k2.6')] } }],
    ['-target!=kimi-k2.6', { field: 'target', negated: false, match: { kind: 'words', values: [word('kimi-k2.6')] } }],
    ['target:gpt-*', { field: 'target', negated: false, match: { kind: 'words', values: [word('gpt-', true)] } }],
    ['target:"gpt-*"', { field: 'target', negated: false, match: { kind: 'words', values: [word('gpt-*')] } }],
    ['task:( a, "b c" ,a)', { field: 'task', negated: false, match: { kind: 'words', values: [word('a'), word('b c')] } }],
    ['user:""', { field: 'user', negated: false, match: { kind: 'words', values: [word('')] } }],
    ['user:"a \\"b\\" \\\\"', { field: 'user', negated: false, match: { kind: 'words', values: [word('a "b" \\')] } }],
    ['tag.team:search', { field: 'tag', tag: 'team', negated: false, match: { kind: 'words', values: [word('search')] } }],
    ['-tag."cost centre":7', { field: 'tag', tag: 'cost centre', negated: true, match: { kind: 'words', values: [word('7')] } }],
    ['cost>$0.01', { field: 'cost', negated: false, match: { kind: 'compare', operator: '>', value: 0.01 } }],
    ['cost<=.5', { field: 'cost', negated: false, match: { kind: 'compare', operator: '<=', value: 0.5 } }],
    ['cost:0', { field: 'cost', negated: false, match: { kind: 'numbers', values: [0] } }],
    ['wasted!=0', { field: 'wasted', negated: true, match: { kind: 'numbers', values: [0] } }],
    ['duration>=1.5s', { field: 'duration', negated: false, match: { kind: 'compare', operator: '>=', value: 1500 } }],
    ['ttft:250ms..2s', { field: 'ttft', negated: false, match: { kind: 'between', low: 250, high: 2000 } }],
    ['duration:2min..', { field: 'duration', negated: false, match: { kind: 'compare', operator: '>=', value: 120_000 } }],
    ['duration:..1h', { field: 'duration', negated: false, match: { kind: 'compare', operator: '<=', value: 3_600_000 } }],
    ['tokens.in>10k', { field: 'tokens.in', negated: false, match: { kind: 'compare', operator: '>', value: 10_000 } }],
    ['attempts:(2,3)', { field: 'attempts', negated: false, match: { kind: 'numbers', values: [2, 3] } }],
    ['propensity<5%', { field: 'propensity', negated: false, match: { kind: 'compare', operator: '<', value: 0.05 } }],
    ['rating<-0.5', { field: 'rating', negated: false, match: { kind: 'compare', operator: '<', value: -0.5 } }],
    ['retried:yes', { field: 'retried', negated: false, match: { kind: 'flag', value: true } }],
    ['accepted:false', { field: 'accepted', negated: false, match: { kind: 'flag', value: false } }],
    ['has:(cost,rating)', { field: 'has', negated: false, match: { kind: 'words', values: [word('cost'), word('rating')] } }],
    ['trace:4BF92F3577B34DA6A3CE929D0E0E4736', { field: 'trace', negated: false, match: { kind: 'words', values: [word('4bf92f3577b34da6a3ce929d0e0e4736')] } }],
  ])('reads %s', (text, filter) => {
    expect(read(text)).toEqual([filter])
  })

  it('takes terms together, in their order', () => {
    expect(read('task:a  -status:error\tcost>1').map((filter) => filter.field)).toEqual(['task', 'status', 'cost'])
  })

  it('has an example in the language for every field, and knows every thing that a call can have', () => {
    for (const { example } of Object.values(FIELDS)) expect(read(example), example).toHaveLength(1)
    for (const name of Object.keys(HAS)) expect(read(`has:${name}`)).toHaveLength(1)
  })
})

describe('a fault', () => {
  it.each<[query: string, part: string, message: RegExp, suggested: string | undefined]>([
    ['targt:kimi', 'targt', /no field targt/, 'target:kimi'],
    ['Target:kimi', 'Target', /no field Target/, 'target:kimi'],
    ['latency>2s', 'latency', /no field latency/, 'duration>2s'],
    ['error_code:x', 'error_code', /no field/, 'error:x'],
    ['tokens>5', 'tokens', /no field/, 'tokens.in>5'],
    ['constructor:x', 'constructor', /no field constructor/, undefined],
    ['task:a kimi status:ok', 'kimi', /belongs to no field/, undefined],
    ['4bf92f3577b34da6a3ce929d0e0e4736', '4bf92f3577b34da6a3ce929d0e0e4736', /field of an id/, 'trace:4bf92f3577b34da6a3ce929d0e0e4736'],
    ['req_12', 'req_12', /field of an id/, 'request:req_12'],
    ['chatcmpl-9', 'chatcmpl-9', /field of an id/, 'response:chatcmpl-9'],
    ['since:24h', 'since', /holds no times/, undefined],
    ['status:failed', 'failed', /one of ok, error/, 'status:error'],
    ['status:eror', 'eror', /one of ok, error/, 'status:error'],
    ['reason:fallover', 'fallover', /one of weighted/, 'reason:failover'],
    ['retried:yep', 'yep', /yes or no/, 'retried:yes'],
    ['duration>2', '2', /needs a unit/, 'duration>2ms'],
    ['duration:2s', 'duration:2s', /hardly ever equals/, undefined],
    ['duration>2d', '2d', /no duration/, undefined],
    ['cost>cheap', 'cheap', /no amount/, undefined],
    ['cost:-1', '-1', /cannot be negative/, undefined],
    ['propensity<5', '5', /at most 100%/, 'propensity<5%'],
    ['tokens.in:1.5', '1.5', /is whole/, undefined],
    ['cost:>0.01', ':>0.01', /takes no : before it/, 'cost>0.01'],
    ['cost:2..1', '2..1', /ends before it begins/, 'cost:1..2'],
    ['cost:..', '..', /needs an end/, undefined],
    ['cost:(1,2..3)', '2..3', /stands alone/, undefined],
    ['cost>(1,2)', '(', /list stands behind/, undefined],
    ['task>a', 'task>a', /no number/, undefined],
    ['task:a,b', 'a,b', /parentheses/, 'task:(a,b)'],
    ['task:(a b)', '(a b', /separated by commas/, undefined],
    ['task:(a', '(a', /not closed/, undefined],
    ['task:"a', '"a', /not closed/, undefined],
    ['task: ', ' ', /value is missing/, undefined],
    ['task:a"b"', '"', /cannot stand here/, undefined],
    ['task:(a)b', 'b', /blank stands between/, undefined],
    ['task:a*b', 'a*b', /any ending only/, 'task:"a*b"'],
    ['task:*', '*', /find everything/, undefined],
    ['trace:abc', 'abc', /32 hex/, undefined],
    ['request:abc*', 'abc*', /whole id/, undefined],
    ['tag:x', 'tag', /name the tag/, undefined],
    ['tag.:x', 'tag.', /name of 1 to 128/, undefined],
    ['tag.team', 'tag.team', /needs a value/, undefined],
    [':x', '', /field is missing/, undefined],
    ['-', '', /belongs to no field/, undefined],
  ])('in %s is shown at its place, with what was probably meant', (query, part, message, suggested) => {
    const { faults } = parseTraceQuery(query)
    expect(faults.map((fault) => fault.message)).toEqual([expect.stringMatching(message)])
    const [fault] = faults
    if (fault === undefined) throw new Error('no fault')
    expect(query.slice(fault.from, fault.to)).toBe(part)
    if (suggested === undefined) expect(fault.suggestion).toBeUndefined()
    else {
      expect(withSuggestion(query, fault)).toBe(suggested)
      expect(parseTraceQuery(suggested).faults).toEqual([])
    }
  })

  it('does not hide the others, nor the terms that are right', () => {
    const { filters, faults } = parseTraceQuery('targt:"a b" task:x status:eror cost>1 oops')
    expect(faults.map(({ from, to }) => [from, to])).toEqual([[0, 5], [26, 30], [38, 42]])
    expect(printTraceQuery(filters)).toBe('task:x cost>$1')
  })

  it('is a query that is too long, has too many terms or too many values', () => {
    expect(parseTraceQuery('x'.repeat(LONGEST_QUERY + 1)).faults[0]?.message).toMatch(/at most 4000 characters/)
    expect(parseTraceQuery('task:a '.repeat(MOST_TERMS + 1)).faults).toMatchObject([{ message: expect.stringMatching(/at most 40 terms/) }])
    expect(parseTraceQuery(`attempts:(${Array.from({ length: MOST_VALUES + 1 }, (_, i) => i).join(',')})`).faults).toMatchObject([{ message: expect.stringMatching(/at most 100 values/) }])
    expect(parseTraceQuery(`task:${'x'.repeat(257)}`).faults).toMatchObject([{ message: expect.stringMatching(/at most 256/) }])
  })

  it('is a value with control characters, which must not reach a terminal', () => {
    const { faults } = parseTraceQuery('task:"\u001b[31m"')
    expect(faults[0]?.message).toBe('a value cannot hold control characters')
  })
})
