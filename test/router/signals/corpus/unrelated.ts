// Calls that have nothing to say about each other, however alike they look: jobs over templates, samples in a row, monitors,
// many people behind one key, pipelines that ask different things about one document. Any signal they leave is false.
import type { Message } from '../../../../core/model-request.ts'
import { seededRandom, type Random } from '../../../../core/seams.ts'
import type { AskedCall } from '../../../../router/signals/signal.ts'
import { CORPUS_START_MS } from './corpus.ts'
import type { Step, Who } from './dialogue.ts'
import { DEV_TOPICS } from './topics-dev.ts'
import { TEST_TOPICS } from './topics-test.ts'
import { TEMPLATES, type Template } from './templates.ts'
import type { Topic } from './topic.ts'

export type Unrelated = { readonly source: string; readonly steps: readonly Step[] }

/** So many calls of such sources, by time, from one seed. */
export function unrelatedOf(half: 'dev' | 'test', calls = 2_000, seed: number | string = 1): readonly Unrelated[] {
  const world = new World(half, seed)
  const made: Unrelated[] = []
  let count = 0
  for (let round = 0; count < calls; round += 1) {
    for (const source of SOURCES) {
      const steps = source(world, round)
      made.push({ source: source.name, steps })
      count += steps.filter(({ what }) => what === 'ask').length
      if (count >= calls) break
    }
  }
  return made
}

class World {
  readonly random: Random
  readonly topics: readonly Topic[]
  readonly templates: readonly Template[]
  readonly #half: string
  #number = 0

  constructor(half: 'dev' | 'test', seed: number | string) {
    this.#half = half
    this.random = seededRandom(`unrelated ${half} ${seed}`)
    this.topics = half === 'dev' ? DEV_TOPICS : TEST_TOPICS
    this.templates = TEMPLATES[half]
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.random.next() * items.length)]
    if (item === undefined) throw new RangeError('nothing to pick from')
    return item
  }

  startMs(): number {
    return CORPUS_START_MS + this.random.next() * 3 * 3_600_000
  }

  call(who: Partial<Who>, atMs: number, messages: readonly Message[]): AskedCall {
    this.#number += 1
    return { traceId: `unrelated ${this.#half} ${this.#number}`, spanId: `u${this.#number}`, keyId: undefined, userId: undefined, sessionId: undefined, ...who, retryCount: undefined, request: { messages }, atMs }
  }

  /** An exchange; `lastsMs` until it is answered. */
  exchange(who: Partial<Who>, atMs: number, messages: readonly Message[], answer: string, lastsMs: number): Step[] {
    const call = this.call(who, atMs, messages)
    return [{ atMs, what: 'ask', call }, { atMs: atMs + lastsMs, what: 'answer', call, text: answer, tools: 0, ending: 'answered' }]
  }
}

const user = (text: string): Message => ({ role: 'user', parts: [{ kind: 'text', text }] })
const system = (text: string): Message => ({ role: 'system', parts: [{ kind: 'text', text }] })
const assistant = (text: string): Message => ({ role: 'assistant', parts: [{ kind: 'text', text }] })

function filled(world: World, template: Template): string {
  return template.text.replaceAll('{}', () => world.pick(template.slots))
}

/** Items one after the other, at a program's speed or a slow provider's; a job may name a session. */
function batchJob(world: World, round: number): Step[] {
  const template = world.pick(world.templates)
  const slow = world.random.next() < 0.4
  const who = { keyId: `key_job_${round % 3}`, ...(world.random.next() < 0.4 ? { sessionId: `job-${round}` } : {}) }
  const examples = world.random.next() < 0.3 ? [user(filled(world, template)), assistant(world.pick(template.answers)), user(filled(world, template)), assistant(world.pick(template.answers))] : []
  const steps: Step[] = []
  let atMs = world.startMs()
  const seen = new Set<string>()
  for (let item = 0; item < 14; item += 1) {
    const text = filled(world, template)
    if (seen.has(text)) continue
    seen.add(text)
    const lastsMs = 600 + world.random.next() * 2_000
    steps.push(...world.exchange(who, atMs, [system(template.system), ...examples, user(text)], world.pick(template.answers), lastsMs))
    atMs += lastsMs + (slow ? 2_000 + world.random.next() * 4_000 : 5 + world.random.next() * 60)
  }
  return steps
}

/** Many people behind one key that does not tell them apart, with questions of their own and some that everybody has. */
function sharedKey(world: World, round: number): Step[] {
  const who = { keyId: `key_public_${round % 2}` }
  const chips = ['What can you do for me?', 'Show me an example of what you can write', 'Help me plan my week']
  const start = world.startMs()
  return Array.from({ length: 14 }, (_, index) => {
    const topic = world.pick(world.topics)
    const text = index % 3 === 0 ? world.pick(chips) : world.pick([topic.question, ...topic.wordings, topic.elsewhere])
    return world.exchange(who, start + index * (4_000 + world.random.next() * 9_000), [system('You are the assistant on our public page.'), user(text)], topic.answer, 2_000 + world.random.next() * 6_000)
  }).flat()
}

/** The same question from people who are told apart. */
function namedPeople(world: World, round: number): Step[] {
  const topic = world.pick(world.topics)
  const start = world.startMs()
  return Array.from({ length: 8 }, (_, index) => {
    const who = world.random.next() < 0.5 ? { keyId: 'key_web', userId: `member-${round}-${index}` } : { keyId: 'key_web', sessionId: `visit-${round}-${index}` }
    return world.exchange(who, start + index * 9_000, [system('You help members of our community.'), user(world.pick([topic.question, ...topic.wordings]))], topic.answer, 3_000)
  }).flat()
}

/** Samples of one prompt, all at once or a few at a time. */
function samples(world: World, round: number): Step[] {
  const topic = world.pick(world.topics)
  const wide = world.random.next() < 0.5 ? 8 : 3
  const steps: Step[] = []
  const free = Array.from({ length: wide }, () => CORPUS_START_MS + round * 61_000)
  for (let index = 0; index < 8; index += 1) {
    const at = free.indexOf(Math.min(...free))
    const startMs = (free[at] ?? 0) + 4 + world.random.next() * 20
    const lastsMs = 1_500 + world.random.next() * 1_500
    free[at] = startMs + lastsMs
    steps.push(...world.exchange({ keyId: `key_lab_${round}` }, startMs, [user(topic.question)], world.pick([topic.answer, topic.otherAnswer]), lastsMs))
  }
  return steps
}

/** A monitor that asks the same for ever. */
function monitor(world: World, round: number): Step[] {
  const everyMs = world.pick([300_000, 600_000, 240_000])
  const start = world.startMs()
  return Array.from({ length: 6 }, (_, index) => world.exchange({ keyId: `key_monitor_${round % 4}` }, start + index * everyMs, [user('Reply with the single word pong and nothing else, so that we know you are there.')], 'pong', 800)).flat()
}

/** Other work on one document, by one program or one person. */
function oneDocument(world: World, round: number): Step[] {
  const document = Array.from({ length: 6 }, () => world.pick(world.topics)).map(({ answer, otherAnswer }) => `${answer} ${otherAnswer}`).join('\n\n')
  const works = ['Summarise the text in three sentences.', 'List every number that is mentioned, with its unit.', 'Who might have written this, and for whom?', 'Translate the first paragraph into Italian.', 'What is missing from these notes?']
  const who = world.random.next() < 0.5 ? { keyId: 'key_docs', userId: `analyst-${round}` } : { keyId: `key_docs_${round}` }
  const start = world.startMs()
  return works.flatMap((work, index) => world.exchange(who, start + index * 21_000, [user(round % 2 === 0 ? `${work}\n\n${document}` : `${document}\n\n${work}`)], world.pick(world.topics).answer, 6_000))
}

/** One text through several hands: other instructions, the same words of the user. */
function personas(world: World, round: number): Step[] {
  const topic = world.pick(world.topics)
  const hands = ['You are a sceptical reviewer. Find the weakest claim.', 'You are a warm teacher. Explain to a child.', 'You are a lawyer for consumers. Name the risks.', 'You translate into plain German, nothing else.']
  const start = world.startMs()
  return hands.flatMap((hand, index) => world.exchange({ keyId: 'key_crew', sessionId: `crew-${round}` }, start + index * 5_000, [system(hand), user(topic.answer)], topic.otherAnswer, 3_000))
}

/** A person who asks one thing after the other, each in a conversation of its own. */
function searcher(world: World, round: number): Step[] {
  const start = world.startMs()
  const texts = world.topics.map(({ question, elsewhere }) => (world.random.next() < 0.5 ? question : elsewhere)).slice(0, 8)
  return texts.flatMap((text, index) => world.exchange({ keyId: 'key_search', userId: `person-${round}` }, start + index * 40_000, [user(text)], world.pick(world.topics).answer, 4_000))
}

const SOURCES = [batchJob, sharedKey, namedPeople, samples, monitor, oneDocument, personas, searcher]
