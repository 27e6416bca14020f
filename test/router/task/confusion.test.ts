import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { confusion, type JudgedRow } from '../../../router/decide/task/confusion.ts'
import { readLabelled } from '../../../router/decide/task/labelled-rows.ts'

const row = (task: string, given: string | undefined, source = 'a'): JudgedRow => ({ task, given, confidence: 0.8, source })

describe('a confusion report', () => {
  const report = confusion(
    [row('code', 'code'), row('code', 'code', 'b'), row('code', undefined), row('code', 'qa'), row('qa', 'qa'), row('qa', 'code', 'b'), row('general', undefined), row('general', 'qa')],
    new Map([['qa', 1], ['general', 2], ['code', 3]]),
  )

  it('counts an abstention as general for routing, and apart from wrong tasks', () => {
    expect(report.accuracy).toMatchObject({ value: 0.5, count: 4, of: 8 })
    expect(report.precision).toMatchObject({ value: 0.5, count: 3, of: 6 })
    expect(report.abstained).toMatchObject({ value: 0.25, count: 2, of: 8 })
  })

  it('gives precision, recall and abstentions of every task', () => {
    const figures = new Map(report.tasks.map((one) => [one.task, one]))
    expect(figures.get('code')).toMatchObject({ labelled: 4, precision: { count: 2, of: 3 }, recall: { value: 0.5 }, abstained: { value: 0.25 } })
    expect(figures.get('qa')).toMatchObject({ labelled: 2, precision: { count: 1, of: 3 }, recall: { value: 0.5 }, abstained: { value: 0 } })
    expect(figures.get('general')).toMatchObject({ labelled: 2, precision: { count: 1, of: 2 }, recall: { value: 0.5 }, abstained: { value: 0.5 } })
  })

  it('names the worst confusions, and the errors by direction', () => {
    expect(report.worst).toEqual([
      { task: 'code', given: 'general', count: 1 },
      { task: 'code', given: 'qa', count: 1 },
      { task: 'general', given: 'qa', count: 1 },
      { task: 'qa', given: 'code', count: 1 },
    ])
    expect(report.direction).toMatchObject({ toEasier: { count: 3, of: 8 }, toHarder: { count: 1, of: 8 } })
    expect(confusion([row('a', 'b')]).direction).toBeUndefined()
  })

  it('keeps sources apart', () => {
    expect(report.sources.map((one) => [one.source, one.accuracy.count, one.accuracy.of])).toEqual([['a', 3, 6], ['b', 1, 2]])
  })

  it('gives shares with the interval of Wilson, and no value for nothing', () => {
    // 81 of 263, the worked example of Newcombe (Statistics in Medicine 17, 1998): .2553 to .3662.
    const { accuracy } = confusion(Array.from({ length: 263 }, (_, index) => row('t', index < 81 ? 't' : 'u')))
    expect(accuracy.low).toBeCloseTo(0.2553, 4)
    expect(accuracy.high).toBeCloseTo(0.3662, 4)
    expect(confusion([]).accuracy).toEqual({ value: undefined, low: 0, high: 1, count: 0, of: 0 })
  })

  it('counts every row once, whatever the labels', () => {
    const label = fc.constantFrom('a', 'b', 'general', '__proto__', 'constructor')
    fc.assert(
      fc.property(fc.array(fc.tuple(label, fc.option(label, { nil: undefined })), { maxLength: 60 }), (pairs) => {
        const made = confusion(pairs.map(([task, given]) => row(task, given)))
        const cells = [...made.matrix.values()].flatMap((line) => [...line.values()])
        expect(cells.reduce((sum, count) => sum + count, 0)).toBe(pairs.length)
        expect(made.tasks.reduce((sum, one) => sum + one.labelled, 0)).toBe(pairs.length)
        expect(made.tasks.reduce((sum, one) => sum + one.recall.count, 0)).toBe(made.accuracy.count)
      }),
    )
  })
})

describe('a labelled file', () => {
  it('is read line by line, with what a line leaves out filled in', () => {
    const { rows, faults } = readLabelled('\ufeff{"text":"hello there","task":"general"}\n\n{"text":"x","task":"qa","source":"s","tools":3,"messages":5,"schema":true,"images":true,"input_tokens":9,"tags":["a=b"],"key":"k","surface":"messages"}\n')
    expect(faults).toEqual([])
    expect(rows[0]).toEqual({
      task: 'general', source: '', line: 1,
      input: { text: 'hello there', systemPromptHash: undefined, messages: 1, tools: 0, schema: false, inputTokens: 3, images: false, keyId: undefined, tags: [], surface: 'chat' },
    })
    expect(rows[1]).toMatchObject({ line: 3, source: 's', input: { tools: 3, messages: 5, schema: true, images: true, inputTokens: 9, tags: ['a=b'], keyId: 'k', surface: 'messages' } })
  })

  it('names the lines it cannot use without repeating them', () => {
    const { rows, faults } = readLabelled('{"text":"secret words"}\nnot json secret\n{"text":"a","task":"b","tolls":1}\n{"text":"ok","task":"qa"}')
    expect(rows.map((one) => one.line)).toEqual([4])
    expect(faults.map((fault) => fault.line)).toEqual([1, 2, 3])
    expect(JSON.stringify(faults)).not.toContain('secret')
  })

  it('is read from any text without a throw', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.json(), fc.record({ text: fc.anything(), task: fc.anything() }).map((one) => JSON.stringify(one) ?? '')), { maxLength: 8 }), (lines) => {
        const text = lines.join('\n')
        const { rows, faults } = readLabelled(text)
        expect(rows.length + faults.length).toBeLessThanOrEqual(text.split('\n').length)
      }),
    )
  })
})
