import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { seemsCode } from '../../../router/decide/task/built-in/seems-code.ts'
import { textShape, type TextShape } from '../../../router/decide/task/text-shape.ts'

describe('the shape of a text', () => {
  it.each<[string, string, Partial<TextShape>]>([
    ['identifiers, but no surnames and brands', 'rename fooBar, snake_case and `walk` as in call(x); not McEwan, iPhone or YouTube', { identifiers: 4 }],
    ['blanks to fill in are no identifiers', 'the ___ was _ red _', { identifiers: 0 }],
    ['names of errors', 'KeyError or NullPointerException, no error of mine, an Error', { errorNames: 2 }],
    ['source files', 'see main.py, src/App.tsx and notes.txt. Go', { codeFiles: 2 }],
    ['years and other numbers', 'in 1987 and 2031, not 3021, 12 or 450', { years: 2, numbers: 3 }],
    ['names inside sentences', 'We met Ada Lovelace. Then Bob, in Paris', { names: 4, fullNames: 1 }],
    ['Cyrillic names', 'роман написал Иван Гончаров', { names: 2, fullNames: 1 }],
    ['quoted titles', 'who directed "Stalker" and «Зеркало»?', { quotes: 2, question: true }],
    ['questions in other scripts', '作者是谁？', { question: true }],
    ['lines', 'a\n  b\nc;\n\td', { lines: 4, codeLines: 3 }],
    ['code fences', 'x ```js\n1```', { fenced: true }],
    ['nothing', '', { symbols: 0, lines: 1, codeLines: 0, question: false }],
  ])('has %s', (_name, text, shape) => {
    expect(textShape(text)).toMatchObject(shape)
  })

  it.each<[string, boolean]>([
    ['for (let i = 0; i < n; i++) { total += prices[i]; }', true],
    ['def add(a, b):\n    return a + b\n\nprint(add(x_one, 2)); y = {}', true],
    ['x + 10 = 5(x - 2), and f(x) = 5x^3 - 2x + 3. Find f(2).', false],
    ['We met (twice, in fact) and agreed: tea, biscuits, and a walk; nothing else.', false],
  ])('%j seems code: %s', (text, code) => {
    expect(seemsCode(textShape(text))).toBe(code)
  })

  it('has shares between 0 and 1 and no more words of a kind than units, for any text', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { maxLength: 200 }), fc.array(fc.constantFrom('a', 'B', '_', '`', '"', '.', ' ', '\n', '{', '?', '7'), { maxLength: 200 }), (units, letters) => {
        for (const text of [String.fromCharCode(...units), letters.join('')]) {
          const shape = textShape(text)
          expect(shape.symbols).toBeGreaterThanOrEqual(0)
          expect(shape.symbols + shape.softSymbols).toBeLessThanOrEqual(1)
          expect(shape.codeLines).toBeLessThanOrEqual(shape.lines)
          expect(shape.lines).toBe(text.split('\n').length)
          expect(shape.identifiers + shape.years + shape.numbers + shape.names).toBeLessThanOrEqual(Math.max(text.length, 1) * 2)
          expect(shape.fullNames).toBeLessThanOrEqual(shape.names)
        }
      }),
    )
  })
})
