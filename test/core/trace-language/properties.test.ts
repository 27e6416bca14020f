// What holds of every query: printing and parsing undo each other, hostile text is answered quickly and with places inside it, and edits
// change what they say and nothing else.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { asksFor, toggled, withoutField, withTerm } from '../../../core/trace-language/edit.ts'
import { FIELDS, isFieldName, type FieldName } from '../../../core/trace-language/fields.ts'
import type { Filter, Match } from '../../../core/trace-language/filter.ts'
import { readNumber, writeNumber } from '../../../core/trace-language/numbers.ts'
import { parseTraceQuery, withSuggestion } from '../../../core/trace-language/parse.ts'
import { printTraceQuery } from '../../../core/trace-language/print.ts'

const names = Object.keys(FIELDS).filter(isFieldName)
const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 32, maxLength: 32 })
// oxlint-disable-next-line no-control-regex
const text = fc.string({ unit: 'binary', maxLength: 40 }).map((value) => value.replaceAll(/[\u0000-\u001f\u007f]/g, ''))
const prefix = fc.string({ unit: fc.constantFrom(...'abcXYZ019-_./:@+é'), minLength: 1, maxLength: 20 })

function numbersOf(unit: string): fc.Arbitrary<number> {
  if (unit === 'count') return fc.nat(1_000_000_000)
  const top = unit === 'share' || unit === 'rating' ? 1 : 1_000_000
  const positive = fc.tuple(fc.nat(top === 1 ? 0 : top), fc.nat(999_999)).map(([whole, micro]) => Number(`${whole}.${String(micro).padStart(6, '0')}`))
  return unit === 'rating' ? fc.tuple(positive, fc.boolean()).map(([value, isNegative]) => (isNegative && value !== 0 ? -value : value)) : positive
}

function matches(field: FieldName): fc.Arbitrary<Match> {
  const definition = FIELDS[field]
  if (definition.kind === 'flag') return fc.boolean().map((value) => ({ kind: 'flag', value }))
  if (definition.kind === 'number') {
    const value = numbersOf(definition.unit)
    const compare = fc.tuple(fc.constantFrom('>' as const, '>=' as const, '<' as const, '<=' as const), value).map(([operator, at]): Match => ({ kind: 'compare', operator, value: at }))
    const between = fc.tuple(value, value).map(([a, b]): Match => ({ kind: 'between', low: Math.min(a, b), high: Math.max(a, b) }))
    const some = fc.uniqueArray(value, { minLength: 1, maxLength: 5 }).map((values): Match => ({ kind: 'numbers', values }))
    return field === 'duration' || field === 'ttft' ? fc.oneof(compare, between) : fc.oneof(compare, between, some)
  }
  const plain = field === 'trace' ? hex : definition.values === undefined ? text : fc.constantFrom(...definition.values)
  const exact = plain.map((value) => ({ text: value, isPrefix: false }))
  const isOpen = definition.values === undefined && definition.isId !== true
  const one = isOpen ? fc.oneof({ weight: 3, arbitrary: exact }, { weight: 1, arbitrary: prefix.map((value) => ({ text: value, isPrefix: true })) }) : exact
  return fc.uniqueArray(one, { minLength: 1, maxLength: 5, selector: (word) => `${word.isPrefix} ${word.text}` }).map((values) => ({ kind: 'words', values }))
}

const filters: fc.Arbitrary<Filter> = fc.constantFrom(...names).chain((field) =>
  fc.tuple(matches(field), fc.boolean(), text.filter((tag) => tag !== '')).map(([match, negated, tag]) => ({ field, ...(field === 'tag' ? { tag } : {}), negated, match })),
)
const queries = fc.array(filters, { maxLength: 6 })

describe('every query', () => {
  it('parses to the filters it was printed from', () => {
    fc.assert(
      fc.property(queries, (given) => {
        const printed = printTraceQuery(given)
        expect(parseTraceQuery(printed)).toEqual({ filters: given, faults: [] })
        expect(printTraceQuery(parseTraceQuery(printed).filters)).toBe(printed)
      }),
      { numRuns: 400 },
    )
  })

  it('writes numbers so that they are read as the same numbers', () => {
    for (const unit of ['usd', 'ms', 'count', 'share', 'rating'] as const)
      fc.assert(
        fc.property(numbersOf(unit), (value) => {
          expect(readNumber(unit, writeNumber(unit, value))).toBe(value)
        }),
      )
  })
})

describe('hostile text', () => {
  const pieces = fc.constantFrom('task', 'cost', 'tag.', ':', '=', '!=', '>', '<=', '(', ')', ',', '"', '\\', '-', '*', '..', ' ', '\t', 'yes', '$1', '2s', '5%', '\u0000', '\ud800', '𝒳', 'trace:', 'has:')
  const hostile = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.array(pieces, { maxLength: 60 }).map((all) => all.join('')))

  it('is answered with faults inside it, and with suggestions that change that part only', () => {
    fc.assert(
      fc.property(hostile, (query) => {
        const { filters, faults } = parseTraceQuery(query)
        for (const fault of faults) {
          expect(fault.from).toBeGreaterThanOrEqual(0)
          expect(fault.to).toBeGreaterThanOrEqual(fault.from)
          expect(fault.to).toBeLessThanOrEqual(query.length)
          expect(fault.message.length).toBeGreaterThan(0)
          expect(fault.message.length).toBeLessThan(400)
          if (fault.suggestion !== undefined) expect(withSuggestion(query, fault)).not.toBe(query)
        }
        // What it understood is what it says it understood.
        expect(parseTraceQuery(printTraceQuery(filters))).toEqual({ filters, faults: [] })
        if (query.trim() !== '') expect(filters.length + faults.length).toBeGreaterThan(0)
      }),
      { numRuns: 3_000 },
    )
  })
})

describe('an edit', () => {
  const valued = fc.constantFrom('task', 'target', 'status', 'error') satisfies fc.Arbitrary<FieldName>

  it('switches a value on and off again', () => {
    fc.assert(
      fc.property(queries, valued, fc.constantFrom('ok', 'error'), (given, field, value) => {
        const before = given.filter((filter) => filter.field !== field)
        const on = toggled(before, field, value)
        expect(asksFor(on, field, value)).toBe(true)
        expect(toggled(on, field, value)).toEqual(before)
        const both = toggled(on, field, 'other')
        expect(asksFor(both, field, value) && asksFor(both, field, 'other')).toBe(true)
        expect(both).toHaveLength(on.length)
      }),
    )
  })

  it('replaces the terms of a field by one in their place, and leaves the others as they were', () => {
    fc.assert(
      fc.property(queries, filters, (given, term) => {
        const edited = withTerm(given, term)
        const others = (all: readonly Filter[]): Filter[] => withoutField(all, term.field, term.tag)
        expect(others(edited)).toEqual(others(given))
        expect(edited.filter((filter) => filter.field === term.field && filter.tag === term.tag)).toEqual([term])
      }),
    )
  })

  it('turns a flag over', () => {
    const on = toggled([], 'retried', true)
    expect(printTraceQuery(on)).toBe('retried:yes')
    expect(printTraceQuery(toggled(on, 'retried', false))).toBe('retried:no')
    expect(toggled(on, 'retried', true)).toEqual([])
    expect(printTraceQuery(toggled(toggled([], 'tag', 'a b', 'team'), 'attempts', 2))).toBe('tag.team:"a b" attempts:2')
  })
})
