// What the book says of single situations, each spelled out: the rules one by one, with the traps that made them.
import { beforeEach, describe, expect, it } from 'vitest'
import type { Message } from '../../../core/model-request.ts'
import { createSignalBook, type SignalBook } from '../../../router/signals/signal-book.ts'
import type { AskedCall, Ending, Signal } from '../../../router/signals/signal.ts'
import { ScriptedClock } from './corpus/play.ts'

const QUESTION = 'Why do leaves turn yellow in autumn although the chlorophyll was green all summer?'
const ANSWER = 'Trees withdraw the chlorophyll before winter, and the yellow carotenoids that were there all along become visible. The nitrogen goes back into the branches.'

const user = (text: string): Message => ({ role: 'user', parts: [{ kind: 'text', text }] })
const assistant = (text: string): Message => ({ role: 'assistant', parts: [{ kind: 'text', text }] })
const system = (text: string): Message => ({ role: 'system', parts: [{ kind: 'text', text }] })

let clock: ScriptedClock
let book: SignalBook
let calls: number

beforeEach(() => {
  clock = new ScriptedClock()
  clock.atMs = Date.UTC(2026, 10, 2)
  book = createSignalBook({ maxBytes: 1024 * 1024, clock, secret: 'sixteen bytes or more' })
  calls = 0
})

function call(messages: readonly Message[], more: Partial<AskedCall> = {}): AskedCall {
  calls += 1
  return { traceId: `trace${calls}`, spanId: `span${calls}`, keyId: 'key', sessionId: 'session', userId: undefined, retryCount: undefined, request: { messages }, atMs: clock.atMs, ...more }
}

function later(ms: number): void {
  clock.atMs += ms
}

/** Asks and answers; what the asking said. */
function exchange(asked: AskedCall, text = ANSWER, ending: Ending = 'answered'): readonly Signal[] {
  const signals = book.asked(asked)
  later(2_000)
  book.answered(asked, { text }, ending)
  later(10_000)
  return signals
}

const brief = (signals: readonly Signal[]): readonly string[] => signals.map(({ kind, basis, about }) => `${kind} ${basis} ${about.spanId}`)

describe('regenerating', () => {
  it('is a retry of the call that was answered last', () => {
    exchange(call([user(QUESTION)]))
    expect(brief(exchange(call([user(QUESTION)]), 'Another answer.'))).toEqual(['retry same_prefix span1'])
    expect(brief(book.asked(call([user(QUESTION)])))).toEqual(['retry same_prefix span2'])
  })

  it('is seen through instructions that carry the time, not through other instructions', () => {
    const told = (instructions: string): Message => system(`You are an expert for trees and help visitors of a park. ${instructions}`)
    exchange(call([told('It is 2026-11-02T08:00:00Z.'), user(QUESTION)]))
    expect(brief(book.asked(call([told('It is 2026-11-02T08:00:12Z.'), user(QUESTION)])))).toEqual(['retry same_prefix span1'])
    exchange(call([system('You are a critic. Find faults.'), user(ANSWER)], { sessionId: 'other' }))
    expect(book.asked(call([system('You are a poet. Make it rhyme.'), user(ANSWER)], { sessionId: 'other' }))).toEqual([])
  })

  it('is not what other keys, users or sessions do', () => {
    exchange(call([user(QUESTION)]))
    for (const other of [{ sessionId: 'another' }, { keyId: 'another' }, { userId: 'another' }, { sessionId: undefined }]) expect(exchange(call([user(QUESTION)], other))).toEqual([])
  })

  it('is not another set of tools over the same text', () => {
    const turn = { messages: [user(QUESTION)] }
    exchange(call([], { request: { ...turn, tools: [{ name: 'extract_names', schema: {} }] } }))
    expect(book.asked(call([], { request: { ...turn, tools: [{ name: 'extract_dates', schema: {} }] } }))).toEqual([])
  })

  it('is not an SDK that retries by its count, nor the same request id', () => {
    exchange(call([user(QUESTION)], { requestId: 'r1' }))
    expect(exchange(call([user(QUESTION)], { requestId: 'r1' }))).toEqual([])
    expect(exchange(call([user(QUESTION)], { retryCount: 2 }))).toEqual([])
    // The person's own retry is about the call that the SDK ended with.
    expect(brief(book.asked(call([user(QUESTION)], { retryCount: 0 })))).toEqual(['retry same_prefix span3'])
  })

  it('says nothing after an error: there was no answer to dislike', () => {
    exchange(call([user(QUESTION)]), '', 'failed')
    expect(book.asked(call([user(QUESTION)]))).toEqual([])
  })

  it('is not a fan-out, whichever call of it is answered first', () => {
    const samples = [1, 2, 3].map(() => call([user(QUESTION)]))
    expect(samples.flatMap((sample) => book.asked(sample))).toEqual([])
    later(1_000)
    for (const sample of samples.toReversed()) book.answered(sample, { text: ANSWER }, 'answered')
    expect(book.asked(call([user(QUESTION)]))).toEqual([])
  })

  it('is less sure when a program did it, and nothing where only the key is known', () => {
    const [first, second] = [call([user(QUESTION)]), call([user(QUESTION)])]
    book.asked(first)
    book.answered(first, { text: '{"broken' }, 'answered')
    later(20)
    const [signal] = book.asked(second)
    expect(signal).toMatchObject({ kind: 'retry', basis: 'program' })
    expect(signal?.confidence).toBeLessThan(0.6)
    const anonymous = [1, 2].map(() => call([user(QUESTION)], { sessionId: undefined }))
    expect(anonymous.flatMap((one) => [...book.asked(one), ...(book.answered(one, { text: ANSWER }, 'answered') === undefined ? [] : [])])).toEqual([])
  })

  it('is over after half an hour', () => {
    exchange(call([user(QUESTION)]))
    later(31 * 60_000)
    expect(book.asked(call([user(QUESTION)]))).toEqual([])
  })

  it('of a call that the client stopped is told once, also when the new call is heard before the hang-up', () => {
    const first = call([user(QUESTION)])
    book.asked(first)
    book.reading(first)?.text('Trees withdraw')
    later(3_000)
    expect(book.asked(call([user(QUESTION)]))).toEqual([])
    later(40)
    expect(brief(book.abandoned(first))).toEqual(['abandoned during_output span1', 'retry same_prefix span1'])
  })
})

describe('rephrasing', () => {
  const AGAIN = 'What makes the leaves become yellow in autumn, when chlorophyll kept them green all summer?'

  it('is the same history with a similar question, and says how similar', () => {
    const history = [user('Hello, I have a question about trees.'), assistant('Hello! Which trees do you want to talk about today, and where do they stand?')]
    exchange(call([history[0] ?? user('')]), 'Hello! Which trees do you want to talk about today, and where do they stand?')
    exchange(call([...history, user(QUESTION)]))
    const [signal] = book.asked(call([...history, user(AGAIN)]))
    expect(signal).toMatchObject({ kind: 'rephrase', basis: 'replaced', about: { spanId: 'span2' } })
    expect(signal?.value).toBeGreaterThan(0.3)
    expect(signal?.value).toBeLessThan(1)
  })

  it('is not another question in its place', () => {
    exchange(call([user(QUESTION)], { sessionId: undefined, userId: 'u' }))
    expect(book.asked(call([user('How long does a flight from Oslo to Rome take?')], { sessionId: undefined, userId: 'u' }))).toEqual([])
  })

  it("is not a template's next item, by word or by number", () => {
    const items = ['Translate the sentence "the lantern is lit" into formal Spanish and give its tense.', 'Translate the sentence "the harbour is empty" into formal Spanish and give its tense.', 'What is the status of order 4471 and when does it arrive?', 'What is the status of order 9083 and when does it arrive?']
    expect(items.flatMap((item) => exchange(call([user(item)])).filter(({ kind }) => kind === 'rephrase'))).toEqual([])
  })

  it('is not a program that varies its question at once, or asks variants side by side', () => {
    const first = call([user(QUESTION)])
    book.asked(first)
    later(900)
    book.answered(first, { text: ANSWER }, 'answered')
    later(30)
    const second = call([user(AGAIN)])
    expect(book.asked(second)).toEqual([])
    expect(book.asked(call([user(`${AGAIN} Please be brief.`)]))).toEqual([])
  })

  it('takes a few-shot prompt for no history of its own', () => {
    const shots = [user('Text: the room was cold'), assistant('negative'), user('Text: the breakfast was wonderful'), assistant('positive')]
    const items = ['Text: the staff at the desk were friendly to us', 'Text: the staff at the pool were friendly to us too']
    expect(items.flatMap((item) => exchange(call([...shots, user(item)], { sessionId: undefined }), 'positive'))).toEqual([])
  })

  it('below the answer counts only where it is nearly the same question', () => {
    exchange(call([user(QUESTION)]))
    expect(brief(book.asked(call([user(QUESTION), assistant(ANSWER), user(`I asked: ${QUESTION}`)])))).toEqual(['rephrase asked_again span1'])
    exchange(call([user('And the red ones, where do they come from?')], { sessionId: 's2' }), ANSWER)
    expect(brief(book.asked(call([user('And the red ones, where do they come from?'), assistant(ANSWER), user('Which trees have red leaves?')], { sessionId: 's2' })))).toEqual(['accepted sent_back span13'.replace('13', String(calls - 1))])
  })
})

describe('an answer that comes back', () => {
  const next = user('Does that hold for evergreens?')

  it('unchanged is accepted, once', () => {
    exchange(call([user(QUESTION)]))
    expect(brief(exchange(call([user(QUESTION), assistant(ANSWER), next])))).toEqual(['accepted sent_back span1'])
    expect(brief(book.asked(call([user(QUESTION), assistant(ANSWER), next, assistant(ANSWER), user('Thank you!')])))).toEqual(['accepted sent_back span2'])
  })

  it.each([
    ['trimmed and wrapped', `  ${ANSWER.replaceAll(' ', '\n')}\n`],
    ['without its markdown', ANSWER.replaceAll('**', '')],
    ['with typographic quotes', ANSWER],
    ['in two parts', ANSWER],
  ])('%s is still the same', (_how, text) => {
    exchange(call([user(QUESTION)]), ANSWER.replace('chlorophyll', '**chlorophyll**'))
    expect(brief(book.asked(call([user(QUESTION), assistant(text), next])))).toEqual(['accepted sent_back span1'])
  })

  it('without the thoughts that the model wrote before it is still the same', () => {
    exchange(call([user(QUESTION)]), `<think>The user asks about autumn. Let me recall < and > signs.</think>\n\n${ANSWER}`)
    expect(brief(book.asked(call([user(QUESTION), assistant(ANSWER), next])))).toEqual(['accepted sent_back span1'])
  })

  it('behind a beginning that the client wrote itself is still the same', () => {
    exchange(call([user(QUESTION), assistant('In short:')]), ANSWER)
    expect(brief(book.asked(call([user(QUESTION), assistant(`In short: ${ANSWER}`), next])))).toEqual(['accepted sent_back span1'])
  })

  it('with other words is an edit: share of words changed and of sequences that survive', () => {
    exchange(call([user(QUESTION)]), 'one two three four five six seven eight nine ten')
    const [signal] = book.asked(call([user(QUESTION), assistant('one two three four five six seven eight nine eleven'), next]))
    expect(signal).toMatchObject({ kind: 'edit', basis: 'changed', value: 2 / 20, survival: 6 / 7, about: { spanId: 'span1' } })
  })

  it('edited, and edited again, is two facts; sent back again as edited is none', () => {
    exchange(call([user(QUESTION)]))
    const edited = ANSWER.replace('before winter', 'in October')
    expect(brief(exchange(call([user(QUESTION), assistant(edited), next])))).toEqual(['edit changed span1'])
    expect(brief(exchange(call([user(QUESTION), assistant(edited), next, assistant(ANSWER), user('And oaks?')])))).toEqual(['accepted sent_back span2'])
    expect(brief(book.asked(call([user(QUESTION), assistant(`${edited} Amen, says the priest.`), next])))).toContain('edit changed span1')
  })

  it('cut to its beginning is an edit that is less sure', () => {
    exchange(call([user(QUESTION)]))
    const [signal] = book.asked(call([user(QUESTION), assistant(ANSWER.split('. ')[0] ?? ''), next]))
    expect(signal).toMatchObject({ kind: 'edit', basis: 'cut', confidence: 0.6 })
  })

  it('that is altogether another answer is none of ours', () => {
    exchange(call([user(QUESTION)]))
    expect(book.asked(call([user(QUESTION), assistant('Because of the frost, I suppose; nobody in our village has ever looked into it.'), next]))).toEqual([])
  })

  it('after several tries is matched with the try that gave it', () => {
    const other = 'It is the nitrogen: the tree saves it in the bark and leaves the rest of the pigments where they are.'
    exchange(call([user(QUESTION)]))
    exchange(call([user(QUESTION)]), other)
    exchange(call([user(QUESTION)]), 'A third try that says little but is long enough to be told from the others.')
    expect(brief(book.asked(call([user(QUESTION), assistant(other.replace('bark', 'roots')), next])))).toEqual(['edit changed span2'])
  })

  it('in a shortened or rewritten history is known by its text', () => {
    exchange(call([user(`Context: a page about trees.\n\nQuestion: ${QUESTION}`)]))
    expect(brief(book.asked(call([user(QUESTION), assistant(ANSWER), next])))).toEqual(['accepted sent_back span1'])
    exchange(call([user('first'), assistant('second'), user(QUESTION)], { sessionId: 's2' }))
    expect(brief(book.asked(call([user(QUESTION), assistant(ANSWER.replace('branches', 'roots')), next], { sessionId: 's2' })))).toEqual([`edit changed span${calls - 1}`])
  })

  it('with tool results behind it has gone on, which says nothing about its text', () => {
    const first = call([user(QUESTION)])
    book.asked(first)
    book.reading(first)?.event({ kind: 'text', text: 'Let me look that up.' })
    book.reading(first)?.event({ kind: 'tool_call', index: 0, id: 'c1', name: 'search' })
    book.answered(first, {}, 'answered')
    later(50)
    const step: Message = { role: 'assistant', parts: [{ kind: 'text', text: 'Let me look that up.' }, { kind: 'tool_call', id: 'c1', name: 'search', argumentsJson: '{}' }] }
    const result: Message = { role: 'tool', parts: [{ kind: 'tool_result', callId: 'c1', parts: [{ kind: 'text', text: 'found' }], isError: false }] }
    const [signal] = book.asked(call([user(QUESTION), step, result]))
    expect(signal).toMatchObject({ kind: 'accepted', basis: 'tool_results', confidence: 0.6 })
  })

  it('by its response id counts as unchanged, and the same question to it again as a retry', () => {
    const first = call([user(QUESTION)])
    book.asked(first)
    later(1_000)
    book.answered(first, { text: ANSWER, responseId: 'resp_1' }, 'answered')
    later(9_000)
    expect(brief(exchange(call([next], { continues: 'resp_1' })))).toEqual(['accepted referred_to span1'])
    expect(brief(book.asked(call([next], { continues: 'resp_1' })))).toEqual(['retry same_prefix span2'])
    expect(book.asked(call([next], { continues: 'resp_of_another' }))).toEqual([])
  })

  it('half, after the client stopped it, is neither accepted nor edited', () => {
    const first = call([user(QUESTION)])
    book.asked(first)
    book.reading(first)?.text(ANSWER.slice(0, 70))
    book.abandoned(first)
    later(9_000)
    expect(book.asked(call([user(QUESTION), assistant(ANSWER.slice(0, 60)), next]))).toEqual([])
  })
})

describe('a named session', () => {
  it('that goes on to something else has moved on; a nameless one says nothing', () => {
    exchange(call([user(QUESTION)]))
    expect(brief(book.asked(call([user('Write a limerick about a heron.')])))).toEqual(['accepted moved_on span1'])
    exchange(call([user(QUESTION)], { sessionId: undefined, userId: 'u' }))
    expect(book.asked(call([user('Write a limerick about a heron.')], { sessionId: undefined, userId: 'u' }))).toEqual([])
  })

  it('has not moved on while its agents work side by side', () => {
    const first = call([user(QUESTION)])
    book.asked(first)
    const second = call([user('Write a limerick about a heron.')])
    book.asked(second)
    later(2_000)
    book.answered(second, { text: 'A heron who lived in Peru' }, 'answered')
    later(4_000)
    expect(book.asked(call([user('List ten rivers of Chile.')]))).toEqual([])
  })
})

describe('hanging up', () => {
  it('is told with what the client had seen', () => {
    const [before, during] = [call([user('one')]), call([user('two')])]
    book.asked(before)
    book.asked(during)
    book.reading(during)?.event({ kind: 'reasoning', text: 'Hm.' })
    expect(book.abandoned(before)[0]).toMatchObject({ kind: 'abandoned', basis: 'before_output', about: { spanId: 'span1' }, by: undefined })
    expect(book.abandoned(during)[0]).toMatchObject({ kind: 'abandoned', basis: 'during_output' })
    expect(book.abandoned(during)).toEqual([])
  })

  it('on one of several equal requests is a program that has its answer', () => {
    const [first, second] = [call([user(QUESTION)]), call([user(QUESTION)])]
    book.asked(first)
    later(2_000)
    book.asked(second)
    book.answered(first, { text: ANSWER }, 'answered')
    expect(book.abandoned(second)).toEqual([])
  })
})

describe('the memory', () => {
  it('forgets after a day', () => {
    exchange(call([user(QUESTION)]))
    later(25 * 3_600_000)
    expect(book.asked(call([user(QUESTION), assistant(ANSWER), user('And oaks?')]))).toEqual([])
    expect(book.counts()).toMatchObject({ calls: 1, expired: 1, open: 1 })
  })

  it('keeps what was used last and counts what it lets go', () => {
    const small = createSignalBook({ maxBytes: 20_000, clock })
    const first = call([user(QUESTION)])
    small.asked(first)
    small.answered(first, { text: ANSWER }, 'answered')
    for (let n = 0; n < 30; n += 1) {
      later(5_000)
      // Used again by every call: its history holds the first answer.
      small.asked(call([user(QUESTION), assistant(ANSWER), user(`Question number ${n}`)]))
    }
    expect(small.counts().evicted).toBeGreaterThan(10)
    expect(small.counts().bytes).toBeLessThanOrEqual(20_000)
    expect(brief(small.asked(call([user(QUESTION), assistant(`${ANSWER} So be it, then.`), user('And oaks?')])))).toEqual(['edit changed span1'])
  })

  it('takes a call that it let go meanwhile as one it never knew', () => {
    const tiny = createSignalBook({ maxBytes: 100, clock })
    const first = call([user(QUESTION)])
    expect(tiny.asked(first)).toEqual([])
    expect(tiny.answered(first, { text: ANSWER }, 'answered')).toBeUndefined()
    expect(tiny.counts()).toMatchObject({ calls: 0, bytes: 0, open: 0 })
    expect(tiny.answered(call([user('never asked')]), { text: '' }, 'answered')).toBeUndefined()
    expect(tiny.abandoned(call([user('never asked')]))).toEqual([])
  })
})

describe('fingerprints', () => {
  const prints = (keyed: SignalBook, asked: AskedCall): ReturnType<SignalBook['fingerprints']> => {
    keyed.asked(asked)
    return keyed.fingerprints(asked)
  }

  it('are the same in every router that has the secret, and others under another secret', () => {
    const twin = createSignalBook({ maxBytes: 1_000_000, clock, secret: 'sixteen bytes or more' })
    const stranger = createSignalBook({ maxBytes: 1_000_000, clock, secret: 'quite another secret' })
    const messages = [user(QUESTION), assistant(ANSWER), user('And oaks?')]
    expect(prints(book, call(messages))).toEqual(prints(twin, call(messages)))
    const other = prints(stranger, call(messages))
    expect(other?.key).not.toBe(prints(book, call(messages))?.key)
    expect(other?.prompt).not.toBe(prints(book, call(messages))?.prompt)
  })

  it('join an answer to the request that sends it back', () => {
    const first = call([user(QUESTION)])
    book.asked(first)
    const asked = book.fingerprints(first)
    const answered = book.answered(first, { text: ANSWER }, 'answered')
    const follow = prints(book, call([user(QUESTION), assistant(`${ANSWER}\n`), user('And oaks?')]))
    expect(follow?.sentBack).toEqual({ prompt: asked?.prompt, answer: answered?.answer, sketch: answered?.sketch, tools: false })
  })

  it('of one text under two keys, users or sessions have nothing in common, so that no caller can test a guess', () => {
    const mine = prints(book, call([user(QUESTION), assistant(ANSWER), user('And oaks?')]))
    for (const other of [{ keyId: 'another' }, { userId: 'another' }, { sessionId: 'another' }]) {
      const theirs = prints(book, call([user(QUESTION), assistant(ANSWER), user('And oaks?')], other))
      for (const member of ['prompt', 'prefix', 'question', 'sentBack'] as const) expect(theirs?.[member]).not.toEqual(mine?.[member])
      expect(theirs?.sentBack?.sketch).not.toBe(mine?.sentBack?.sketch)
    }
  })

  it('are not made without a secret, and a secret must be one', () => {
    expect(prints(createSignalBook({ maxBytes: 1_000_000, clock }), call([user(QUESTION)]))).toBeUndefined()
    expect(() => createSignalBook({ maxBytes: 1_000_000, clock, secret: 'short' })).toThrow(RangeError)
  })
})
