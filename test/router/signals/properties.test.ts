// What holds for any input: bounds, no content, no influence between conversations that have nothing to do with each other.
import { serialize } from 'node:v8'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Message, RequestPart } from '../../../core/model-request.ts'
import { seededRandom } from '../../../core/seams.ts'
import { measureEdit } from '../../../router/signals/edit-measure.ts'
import { compareQuestions } from '../../../router/signals/question-likeness.ts'
import { QuestionReader } from '../../../router/signals/question-sketch.ts'
import { createSignalBook } from '../../../router/signals/signal-book.ts'
import type { AskedCall } from '../../../router/signals/signal.ts'
import { MOST_CODES, sketchText, TextReader } from '../../../router/signals/text-reader.ts'
import { dialoguesOf } from './corpus/corpus.ts'
import type { Dialogue } from './corpus/dialogue.ts'
import { merged, play, ScriptedClock } from './corpus/play.ts'

const words = fc.array(fc.constantFrom('tree', 'leaf', 'Don’t', 'e-mail', '**bold**', '漢字', 'été', '42', '\n', '<think>', '</think>', '…', '🙂', 'a', 'the', '`x`'), { maxLength: 60 }).map((list) => list.join(' '))
const anyText = fc.oneof(words, fc.string({ unit: 'binary', maxLength: 300 }))

const part: fc.Arbitrary<RequestPart> = fc.oneof(
  anyText.map((text) => ({ kind: 'text' as const, text })),
  anyText.map((text) => ({ kind: 'refusal' as const, text })),
  anyText.map((text) => ({ kind: 'reasoning' as const, text })),
  fc.tuple(anyText, anyText).map(([name, argumentsJson]) => ({ kind: 'tool_call' as const, id: 'c', name, argumentsJson })),
  anyText.map((text) => ({ kind: 'tool_result' as const, callId: 'c', parts: [{ kind: 'text' as const, text }], isError: false })),
  anyText.map((url) => ({ kind: 'image' as const, source: { kind: 'url' as const, url } })),
  anyText.map((base64) => ({ kind: 'audio' as const, base64, format: 'wav' })),
)
const message: fc.Arbitrary<Message> = fc.record({ role: fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool'), parts: fc.array(part, { maxLength: 4 }) })

const call = (spanId: string, messages: readonly Message[], more: Partial<AskedCall> = {}): AskedCall => ({ traceId: 't', spanId, keyId: 'key', sessionId: undefined, userId: undefined, retryCount: undefined, request: { messages }, atMs: 0, ...more })
const user = (text: string): Message => ({ role: 'user', parts: [{ kind: 'text', text }] })

describe('an answer read in pieces', () => {
  it('gives the same sketch wherever the pieces are cut', () => {
    fc.assert(
      fc.property(anyText, fc.array(fc.nat(300), { maxLength: 8 }), (text, cuts) => {
        const at = [0, ...cuts.map((cut) => Math.min(cut, text.length)).toSorted((a, b) => a - b), text.length]
        const reader = new TextReader(7, 11, true)
        for (let i = 1; i < at.length; i += 1) reader.take(text.slice(at[i - 1], at[i]))
        const whole = new TextReader(7, 11, true)
        whole.take(text)
        expect(reader.end()).toEqual(whole.end())
        expect(reader.grams(3)).toBe(whole.grams(3))
      }),
    )
  })

  it('has the same hash whatever spaces and decoration stand in it, and whatever its case', () => {
    fc.assert(
      fc.property(words.filter((text) => !text.includes('think')), (text) => {
        expect(sketchText([`  ${text.toUpperCase().replaceAll(' ', '\n ')} **`], 7, 0).hash).toBe(sketchText([text.toLowerCase()], 7, 0).hash)
      }),
    )
  })

  it('keeps a bounded number of codes, of the beginning and the end', () => {
    const long = Array.from({ length: 5_000 }, (_, index) => `word${index}`)
    const { codes, words: count } = sketchText([long.join(' ')], 7, 11)
    expect(count).toBe(5_000)
    expect(codes).toBe(sketchText([long.slice(0, MOST_CODES).join(' ')], 7, 11).codes + sketchText([long.slice(-MOST_CODES).join(' ')], 7, 11).codes)
  })
})

describe('the measure of an edit', () => {
  const codes = fc.array(fc.nat(12), { maxLength: 80 }).map((list) => String.fromCharCode(...list))

  it('is the least number of words to insert and delete, over all words', () => {
    fc.assert(
      fc.property(codes, codes, (a, b) => {
        const { distance, survival } = measureEdit(a, b)
        // The longest common subsequence, the slow way.
        let row = Array.from<number>({ length: b.length + 1 }).fill(0)
        for (const x of a) {
          const next = [0]
          for (let j = 1; j <= b.length; j += 1) next.push(x === b[j - 1] ? (row[j - 1] ?? 0) + 1 : Math.max(row[j] ?? 0, next[j - 1] ?? 0))
          row = next
        }
        const total = a.length + b.length
        expect(distance).toBeCloseTo(total === 0 ? 0 : (total - 2 * (row[b.length] ?? 0)) / total, 10)
        expect(survival).toBeGreaterThanOrEqual(0)
        expect(survival).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('does not depend on which side it is looked at from, and is 0 only for the same', () => {
    fc.assert(
      fc.property(codes, codes, (a, b) => {
        expect(measureEdit(a, b).distance).toBe(measureEdit(b, a).distance)
        expect(measureEdit(a, b).distance === 0).toBe(a === b)
        expect(measureEdit(a, a)).toMatchObject({ distance: 0, survival: a.length === 0 ? 1 : 1 })
      }),
    )
  })

  it('stays an upper bound where texts are too different to be counted', () => {
    const random = seededRandom('far')
    const far = (length: number): string => String.fromCharCode(...Array.from({ length }, () => Math.floor(random.next() * 4_096)))
    const { distance, survival } = measureEdit(far(1_500), far(1_500))
    expect(survival).toBe(0)
    expect(distance).toBe(1)
  })
})

describe('the likeness of questions', () => {
  const reader = new QuestionReader(5)

  it('is between 0 and 1, the same from both sides, and 1 for itself', () => {
    fc.assert(
      fc.property(fc.array(anyText, { minLength: 1, maxLength: 3 }), fc.array(anyText, { minLength: 1, maxLength: 3 }), (a, b) => {
        const [left, right] = [reader.sketch(a), reader.sketch(b)]
        if (left !== undefined) expect(compareQuestions(left, left)).toMatchObject({ score: 1, isSlot: false, otherNumbers: false })
        if (left === undefined || right === undefined) return
        const there = compareQuestions(left, right)
        expect(there.score).toBeGreaterThanOrEqual(0)
        expect(there.score).toBeLessThanOrEqual(1)
        expect(compareQuestions(right, left).score).toBeCloseTo(there.score, 12)
      }),
    )
  })

  it('takes bounded memory for a turn of any length', () => {
    const sketch = reader.sketch([Array.from({ length: 200_000 }, (_, index) => `w${index}`).join(' ')])
    expect(serialize(sketch).length).toBeLessThan(2_000)
  })
})

describe('the book', () => {
  it('takes whatever a request may hold', () => {
    const clock = new ScriptedClock()
    const book = createSignalBook({ maxBytes: 200_000, clock, secret: 'sixteen bytes or more' })
    let number = 0
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.array(anyText, { maxLength: 4 }), fc.boolean(), (messages, pieces, stops) => {
        number += 1
        clock.atMs += 3_000
        const asked = call(`s${number}`, messages, { userId: `u${number % 3}` })
        const signals = book.asked(asked)
        for (const signal of signals) {
          expect(signal.confidence).toBeGreaterThan(0)
          if (signal.value !== undefined) expect(signal.value).toBeGreaterThanOrEqual(0)
          if (signal.value !== undefined) expect(signal.value).toBeLessThanOrEqual(1)
        }
        for (const piece of pieces) book.reading(asked)?.text(piece)
        if (stops) book.abandoned(asked)
        else book.answered(asked, { text: 'the end' }, 'answered')
        expect(book.counts().open).toBe(0)
      }),
      { numRuns: 400 },
    )
  })

  it('never holds more bytes than it may, whatever comes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60_000 }), fc.array(fc.tuple(fc.nat(20), fc.nat(3_000)), { maxLength: 80 }), (maxBytes, exchanges) => {
        const clock = new ScriptedClock()
        const book = createSignalBook({ maxBytes, clock })
        for (const [index, [question, length]] of exchanges.entries()) {
          clock.atMs += 5_000
          const asked = call(`s${index}`, [user(`question ${question}`)])
          book.asked(asked)
          expect(book.counts().bytes).toBeLessThanOrEqual(maxBytes)
          book.answered(asked, { text: 'word '.repeat(length) }, 'answered')
          expect(book.counts().bytes).toBeLessThanOrEqual(maxBytes)
        }
        expect(book.counts().calls + book.counts().evicted).toBe(exchanges.length)
      }),
      { numRuns: 60 },
    )
  })

  it('says the same of a conversation however others are interleaved with it', () => {
    const dialogues = dialoguesOf('test')
    const random = seededRandom('interleavings')
    const namesOf = (told: ReturnType<typeof play>['told']): readonly string[] => told.map(({ label, spanId, signal }) => `${label} ${spanId} ${signal.basis} ${signal.value} ${signal.by?.spanId}`).toSorted()
    const scopeOf = ({ steps }: Dialogue): string => JSON.stringify([steps[0]?.call.keyId, steps[0]?.call.userId, steps[0]?.call.sessionId])
    const scopes = new Map<string, Dialogue[]>()
    for (const dialogue of dialogues) scopes.set(scopeOf(dialogue), [...(scopes.get(scopeOf(dialogue)) ?? []), dialogue])
    const apart = [...scopes.values()].flatMap((own) => namesOf(play(merged(own)).told)).toSorted()
    expect(namesOf(play(merged(dialogues)).told)).toEqual(apart)
    for (let round = 0; round < 3; round += 1) {
      // Any interleaving of whole scopes that keeps each one's own order and times.
      const moved = [...scopes.values()].flatMap((own) => {
        const shift = Math.floor(random.next() * 3_600_000)
        return own.map((dialogue) => ({ steps: dialogue.steps.map((step) => ({ ...step, atMs: step.atMs + shift })) }))
      })
      expect(namesOf(play(merged(moved)).told)).toEqual(apart)
    }
  })
})
