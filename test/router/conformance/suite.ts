// What every adapter must keep, whatever its wire: both forms of an answer come to the same; a stream is read alike however its
// bytes are cut; nothing cut short looks complete; whatever a provider sends is an answer or one of our errors.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Target } from '../../../core/config.ts'
import { WeighbridgeError } from '../../../core/errors.ts'
import type { AnswerFacts, ModelAnswer } from '../../../core/model-answer.ts'
import type { Adapter } from '../../../router/providers/adapter.ts'
import type { Answered, Fixture, Sent } from './case.ts'
import { gather } from './gather.ts'
import { bytes, callOf, readStream, sse, type Read } from './reading.ts'

/** `mutations`: how often a real answer is broken at random. */
export function conforms(adapter: Adapter, target: Target, fixture: Fixture, mutations = 300): void {
  const read = (stream: readonly Sent[], translate = true): Read => readStream(adapter, target, [bytes(sse(stream))], translate)

  describe.each(fixture.answers.map((answered) => [answered.name, answered] as const))('an answer: %s', (_name, answered) => {
    const text = JSON.stringify(answered.whole)

    it('comes to the expected answer and facts when it is whole', () => {
      const plain = adapter.parse(text, target)
      expect(known(plain.facts)).toMatchObject(answered.facts)
      expect(plain.answer()).toEqual(answered.answer)
      expect(plain.native).toEqual(JSON.parse(text))
    })

    it('comes to the same when it is streamed, translated or not', () => {
      const translated = read(answered.stream)
      expect(gather(translated.events)).toEqual(answered.answer)
      expect(known(translated.facts)).toMatchObject(answered.facts)
      expect(translated.complete).toBe(true)
      const native = read(answered.stream, false)
      expect(native.events).toEqual([])
      expect(native.facts).toEqual(translated.facts)
      expect(native.complete).toBe(true)
      expect(native.parts.map(({ kind, data, characters }) => ({ kind, data, characters }))).toEqual(translated.parts.map(({ kind, data, characters }) => ({ kind, data, characters })))
    })

    it('counts output in both forms, and calls nothing empty that a client would see', () => {
      const { parts } = read(answered.stream)
      if (answered.answer.parts.some((part) => part.kind === 'text' || part.kind === 'tool_call')) {
        expect(adapter.parse(text, target).characters).toBeGreaterThan(0)
        expect(parts.reduce((sum, part) => sum + part.characters, 0)).toBeGreaterThan(0)
      }
      // What comes before the first output is held back, so nothing of the answer may be in it.
      const first = parts.findIndex((part) => part.kind !== 'start')
      const held = parts.slice(0, first === -1 ? undefined : first).flatMap((part) => part.events)
      expect(held.filter((event) => event.kind !== 'reasoning_seal' && !('text' in event && event.text === ''))).toEqual([])
      if (answered.answer.parts.some((part) => part.kind === 'text')) expect(parts[first]?.kind).toBe('output')
    })

    it('passes on what came, event for event', () => {
      for (const [index, part] of read(answered.stream).parts.entries()) {
        const sent = answered.stream[index]
        expect(part.data).toBe(typeof sent?.data === 'string' ? sent.data : JSON.stringify(sent?.data))
        expect(part.json).toEqual(typeof sent?.data === 'string' ? undefined : JSON.parse(JSON.stringify(sent?.data)))
        expect(part.event ?? undefined).toBe(sent?.event)
      }
    })

    it('is read alike with its bytes cut anywhere, with CRLF, and with comments in between', () => {
      const expected = read(answered.stream)
      const all = bytes(sse(answered.stream))
      for (let at = 0; at <= all.length; at += 1) {
        const again = readStream(adapter, target, [all.subarray(0, at), all.subarray(at)])
        if (again.parts.length !== expected.parts.length || !again.complete) expect.fail(`cut at byte ${at}: ${again.parts.length} events`)
      }
      for (const written of [sse(answered.stream), sse(answered.stream, '\r\n'), sse(answered.stream, '\n', ': still working\n\n'), sse(answered.stream, '\r\n', ':\r\n\r\n')]) {
        const again = readStream(adapter, target, Array.from(bytes(written), (byte) => Uint8Array.of(byte)))
        expect({ parts: again.parts, facts: again.facts, complete: again.complete }).toEqual({ parts: expected.parts, facts: expected.facts, complete: true })
      }
    })

    it('is not disturbed by events it does not know', () => {
      const stream = answered.stream.flatMap((sent) => [...fixture.interludes, sent])
      const again = read(stream)
      expect(gather(again.events)).toEqual(answered.answer)
      expect(known(again.facts)).toMatchObject(answered.facts)
      expect(again.complete).toBe(true)
    })

    it('is not changed by a second ending', () => {
      const last = answered.stream.at(-1)
      const reader = adapter.stream(callOf(), target, true)
      const events = [...answered.stream, ...(last === undefined ? [] : [last, last])].flatMap(({ event, data }) => reader.read(event, typeof data === 'string' ? data : JSON.stringify(data)).events)
      expect(gather(events)).toEqual(answered.answer)
      expect(known(reader.facts())).toMatchObject(answered.facts)
    })

    it('never looks complete when it was cut short', () => {
      for (let length = 0; length < answered.stream.length; length += 1) {
        const cut = read(answered.stream.slice(0, length))
        if (cut.complete) expect(withoutFinish(gather(cut.events))).toEqual(withoutFinish(answered.answer))
      }
    })

    it('ends with what an error inside it means, wherever that comes', () => {
      const endless = endOf(answered, read)
      for (const failure of fixture.streamErrors) {
        for (let length = 0; length < endless; length += 1) {
          expect(codeOf(() => read([...answered.stream.slice(0, length), { event: failure.event, data: failure.data }]))).toBe(failure.code)
        }
      }
    })
  })

  describe('what is no answer', () => {
    it.each(fixture.broken.map((one) => [one.name, one] as const))('is refused when whole: %s', (_name, { body, code }) => {
      expect(codeOf(() => adapter.parse(body, target))).toBe(code)
    })

    it.each(['{"a":', 'null', '[]', '"text"', '<html>'])('is refused inside a stream: %s', (data) => {
      expect(codeOf(() => read([{ data }]))).toBe('provider_malformed')
    })

    it('is never anything but one of our errors, whatever of an answer is broken', () => {
      fc.assert(
        fc.property(fc.nat(), fc.nat(), fc.json({ maxDepth: 3 }), (which, where, value) => {
          const answered = fixture.answers[which % fixture.answers.length]
          if (answered === undefined) return
          const broken: unknown = JSON.parse(value)
          orOurs(() => void adapter.parse(JSON.stringify(replaced(answered.whole, where, broken)), target).answer())
          orOurs(() => {
            const reader = adapter.stream(callOf(), target, true)
            for (const [index, { event, data }] of answered.stream.entries()) {
              const sent = typeof data === 'string' ? data : JSON.stringify(index === where % answered.stream.length ? replaced(data, where, broken) : data)
              reader.read(event, sent)
            }
            reader.facts()
          })
          orOurs(() => void adapter.parse(value, target).answer())
        }),
        { numRuns: mutations },
      )
    })

    it('is bounded where the numbers in it are not', () => {
      const deep = `${'[{"a":'.repeat(2_000)}1${'}]'.repeat(2_000)}`
      orOurs(() => void adapter.parse(`{"x":${deep}}`, target).answer())
      orOurs(() => void read([{ data: `{"x":${deep}}` }]))
    })
  })

  describe('an error answer', () => {
    it.each(fixture.errors.map((error) => [`${error.status} ${error.body.slice(0, 120)}`, error] as const))('%s', (_name, { status, headers, body, code, retryAfterMs }) => {
      const { error } = adapter.classify(status, headers ?? {}, body, Date.parse('2026-11-23T00:00:00Z'))
      expect(error.code).toBe(code)
      expect(error.retryAfterMs).toBe(retryAfterMs)
    })

    it('shows no secret and no sentence of the provider in our own message, and nothing at all about keys and money', () => {
      for (const { status, body } of fixture.errors) {
        const marked = body.replace(/"message":"[^"]*/, '"message":"sk-secret-sentence')
        const { error, shown } = adapter.classify(status, {}, marked, 0)
        expect(`${error.message} ${error.remedy} ${JSON.stringify(error.details)}`).not.toContain('sk-secret-sentence')
        if (error.code === 'provider_credential' || error.code === 'provider_quota_exhausted') expect(shown).toBeUndefined()
      }
    })

    it('is one of our codes whatever the status and the body', () => {
      fc.assert(
        fc.property(fc.integer({ min: 100, max: 999 }), fc.oneof(fc.string(), fc.json()), fc.dictionary(fc.constantFrom('retry-after', 'retry-after-ms', 'x-ratelimit-reset'), fc.string()), (status, body, headers) => {
          const { error } = adapter.classify(status, headers, body, 0)
          expect(error).toBeInstanceOf(WeighbridgeError)
          if (error.retryAfterMs !== undefined) expect(Number.isFinite(error.retryAfterMs) && error.retryAfterMs >= 0).toBe(true)
        }),
        { numRuns: mutations },
      )
    })
  })
}

/** Facts without the raw usage object, which only the provider's own form has. */
function known(facts: AnswerFacts): AnswerFacts {
  return { ...facts, usage: facts.usage === undefined ? undefined : { ...facts.usage, raw: undefined } }
}

function withoutFinish(answer: ModelAnswer): Pick<ModelAnswer, 'parts'> {
  return { parts: answer.parts }
}

/** Events after which nothing more is read: an error there comes too late to be one. */
function endOf(answered: Answered, read: (stream: readonly Sent[]) => Read): number {
  const { parts } = read(answered.stream)
  const end = parts.findIndex((part) => part.kind === 'end')
  return end === -1 ? answered.stream.length : end
}

function codeOf(run: () => unknown): string {
  try {
    run()
  } catch (thrown) {
    if (thrown instanceof WeighbridgeError) return thrown.code
    throw thrown
  }
  return 'none'
}

function orOurs(run: () => void): void {
  try {
    run()
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(WeighbridgeError)
    expect((thrown as WeighbridgeError).code).not.toBe('internal')
  }
}

/** A copy with one node, counted in document order, replaced. */
function replaced(value: unknown, where: number, by: unknown): unknown {
  const total = count(value)
  let left = where % total
  const walk = (node: unknown): unknown => {
    if (left === 0) {
      left -= 1
      return by
    }
    left -= 1
    if (Array.isArray(node)) return node.map(walk)
    return typeof node === 'object' && node !== null ? Object.fromEntries(Object.entries(node).map(([member, one]) => [member, walk(one)])) : node
  }
  return walk(value)
}

function count(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1
  return Object.values(value).reduce<number>((sum, one) => sum + count(one), 1)
}
