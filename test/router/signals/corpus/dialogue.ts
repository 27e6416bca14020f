// One labelled dialogue: what a client does over time, and which signals it should leave. `Talk` plays the client: it keeps the
// conversation as its application does and writes down every call with its time.
import type { Message } from '../../../../core/model-request.ts'
import type { Random } from '../../../../core/seams.ts'
import type { AskedCall, Ending } from '../../../../router/signals/signal.ts'
import type { Style } from './styles.ts'
import type { Topic } from './topic.ts'

/** `accepted`: the text came back; `went_on`: the conversation did, whatever it says about the text. */
export type Label = 'retry' | 'rephrase' | 'edit' | 'accepted' | 'went_on' | 'abandoned'
export const LABELS: readonly Label[] = ['retry', 'rephrase', 'edit', 'accepted', 'went_on', 'abandoned']

export type Step =
  | { readonly atMs: number; readonly what: 'ask'; readonly call: AskedCall }
  | { readonly atMs: number; readonly what: 'output'; readonly call: AskedCall; readonly text: string }
  | { readonly atMs: number; readonly what: 'answer'; readonly call: AskedCall; readonly text: string; readonly tools: number; readonly ending: Ending }
  | { readonly atMs: number; readonly what: 'abandon'; readonly call: AskedCall }

export type Expected = { readonly label: Label; readonly spanId: string }
export type Dialogue = { readonly name: string; readonly kind: string; readonly family: string; readonly style: string; readonly steps: readonly Step[]; readonly expected: readonly Expected[] }

export type Who = { readonly keyId: string | undefined; readonly userId: string | undefined; readonly sessionId: string | undefined }
type Said = { readonly role: 'user' | 'assistant' | 'tool'; readonly message: (isLast: boolean) => Message }

/** Milliseconds of a person: the median times or divided by a few. */
function around(random: Random, medianMs: number, leastMs: number): number {
  const bell = random.next() + random.next() + random.next() - 1.5
  return Math.max(leastMs, medianMs * Math.exp(bell * 1.4))
}

export class Talk {
  readonly random: Random
  readonly topic: Topic
  readonly style: Style
  readonly steps: Step[] = []
  readonly expected: Expected[] = []
  nowMs: number
  readonly #who: Who
  /** The first answer of each text, by its response id: what a stored conversation goes on from. */
  readonly #responses = new Map<string, string>()
  #continues: string | undefined
  readonly #id: string
  #said: Said[] = []
  #calls = 0

  constructor(id: string, style: Style, topic: Topic, random: Random, startMs: number, who?: Who) {
    this.#id = id
    this.style = style
    this.topic = topic
    this.random = random
    this.nowMs = startMs
    this.#who = who ?? style.who(id)
  }

  say(text: string): this {
    const { style, topic } = this
    this.#said.push({ role: 'user', message: (isLast) => ({ role: 'user', parts: [{ kind: 'text', text: isLast ? style.question(text, topic) : style.past(text, topic) }] }) })
    return this
  }

  /** Puts another question in place of the last one. */
  sayInstead(text: string): this {
    this.#said.pop()
    return this.say(text)
  }

  keep(answer: string): this {
    if (this.style.stored) return this.#goOnFrom(this.#responses.get(answer))
    const text = this.style.back(answer)
    this.#said.push({ role: 'assistant', message: () => ({ role: 'assistant', parts: [{ kind: 'text', text }] }) })
    return this
  }

  keepToolCall(id: string, name: string, argumentsJson: string, result: string): this {
    if (this.style.stored) this.#goOnFrom(`resp ${this.steps.at(-1)?.call.spanId}`)
    else this.#said.push({ role: 'assistant', message: () => ({ role: 'assistant', parts: [{ kind: 'tool_call', id, name, argumentsJson }] }) })
    this.#said.push({ role: 'tool', message: () => ({ role: 'tool', parts: [{ kind: 'tool_result', callId: id, parts: [{ kind: 'text', text: result }], isError: false }] }) })
    return this
  }

  /** Another conversation, by the same client. */
  startOver(): this {
    this.#said = []
    this.#continues = undefined
    return this
  }

  /** Drops all but so many of the turns. */
  shorten(turns: number): this {
    this.#said = this.#said.slice(-turns)
    return this
  }

  ask(options: { readonly retryCount?: number; readonly requestId?: string } = {}): AskedCall {
    return this.askAs(this.messages(), options)
  }

  /** Asks with other messages than the conversation's: an application's own side call. */
  askAs(messages: readonly Message[], options: { readonly retryCount?: number; readonly requestId?: string; readonly tools?: readonly string[] } = {}): AskedCall {
    this.#calls += 1
    const spanId = `${this.#id}#${this.#calls}`
    const tools = options.tools ?? this.style.tools
    const call: AskedCall = {
      traceId: `trace ${this.#id}`,
      spanId,
      ...this.#who,
      retryCount: options.retryCount,
      requestId: options.requestId,
      continues: this.#continues,
      request: { messages, tools: tools.map((name) => ({ name, schema: {} })) },
      atMs: this.nowMs,
    }
    this.steps.push({ atMs: this.nowMs, what: 'ask', call })
    return call
  }

  messages(): readonly Message[] {
    const system = this.style.system(this.nowMs, this.topic)
    const window = this.#said.slice(-this.style.window)
    // The last question stands as it was asked, also while tools are at work for it.
    const last = window.findLastIndex(({ role }) => role === 'user')
    return [...(system === undefined ? [] : [{ role: 'system' as const, parts: [{ kind: 'text' as const, text: system }] }]), ...window.map((said, index) => said.message(index === last))]
  }

  reply(call: AskedCall, text: string, tools = 0, ending: Ending = 'answered'): this {
    this.wait(around(this.random, 3_500, 700))
    this.steps.push({ atMs: this.nowMs, what: 'answer', call, text, tools, ending })
    if (!this.#responses.has(text)) this.#responses.set(text, `resp ${call.spanId}`)
    return this
  }

  #goOnFrom(response: string | undefined): this {
    this.#continues = response
    this.#said = []
    return this
  }

  output(call: AskedCall, text: string): this {
    this.wait(around(this.random, 1_500, 400))
    this.steps.push({ atMs: this.nowMs, what: 'output', call, text })
    return this
  }

  abandon(call: AskedCall): this {
    this.steps.push({ atMs: this.nowMs, what: 'abandon', call })
    return this
  }

  /** A person reads and types. */
  think(): this {
    return this.wait(around(this.random, 16_000, 2_500))
  }

  /** A person reads and clicks. */
  click(): this {
    return this.wait(around(this.random, 5_000, 900))
  }

  /** A program goes on at once. */
  program(): this {
    return this.wait(around(this.random, 40, 3))
  }

  wait(ms: number): this {
    this.nowMs += ms
    return this
  }

  expect(label: Label, call: AskedCall): this {
    this.expected.push({ label, spanId: call.spanId })
    return this
  }
}
