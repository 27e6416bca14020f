// A process whose only purpose is its heap: it takes conversations into a book, lets go of everything else, and writes down what
// is left. In: the file for the heap snapshot, a seed, `leaks` to keep one text on purpose. Out: the snapshot.
import { setFlagsFromString, writeHeapSnapshot } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createSignalBook, type SignalBook } from '../../../router/signals/signal-book.ts'
import type { Message } from '../../../core/model-request.ts'
import type { AskedCall } from '../../../router/signals/signal.ts'
import { ScriptedClock } from './corpus/play.ts'
import { gibberish } from './gibberish.ts'

const [file, seed = '', mode] = process.argv.slice(2)
if (file === undefined) throw new Error('usage: no-content-child FILE SEED [leaks]')
const leaked: string[] = []
const clock = new ScriptedClock()
const book = createSignalBook({ maxBytes: 16 * 1024 * 1024, clock, secret: 'sixteen bytes or more' })
let told = 0

function feed(into: SignalBook): void {
  let number = 0
  const text = (role: Message['role'], content: string): Message => ({ role, parts: [{ kind: 'text', text: content }] })
  for (const one of gibberish(150, seed)) {
    number += 1
    clock.atMs += 5_000
    const call = (messages: readonly Message[], more: Partial<AskedCall> = {}): AskedCall => ({ traceId: `trace-${number}`, spanId: `span-${number}-${clock.atMs}`, keyId: one.keyId, userId: one.userId, sessionId: one.sessionId, retryCount: undefined, requestId: one.requestId, request: { messages }, atMs: clock.atMs, ...more })
    const first = call([text('system', one.system), text('user', one.question)])
    told += into.asked(first).length
    into.reading(first)?.text(one.answer.slice(0, 500))
    clock.atMs += 2_000
    // Some calls are still under way when the heap is looked at.
    if (number % 10 === 0) continue
    into.answered(first, { text: one.answer.slice(500), responseId: one.responseId }, 'answered')
    clock.atMs += 9_000
    const second = call([text('system', one.system), text('user', one.question), text('assistant', one.answer), text('user', one.next)], { requestId: undefined })
    told += into.asked(second).length
    into.fingerprints(second)
    into.answered(second, { text: one.next }, 'answered')
    if (mode === 'leaks' && number === 77) leaked.push(one.answer)
  }
}

feed(book)
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
collect()
collect()
writeHeapSnapshot(file)
process.stdout.write(JSON.stringify({ told, ...book.counts(), leaked: leaked.length }))
