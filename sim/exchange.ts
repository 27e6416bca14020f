// One request to a simulated model, from its parsed body to the steps that answer it: looks up model, fault and script, says
// something, and notes the true label. No socket here.
import { WeighbridgeError } from '../core/errors.ts'
import { fnv1a, seededRandom, type Clock, type Random } from '../core/seams.ts'
import { answerTo, recogniser, type Answer, type Recognised } from './behaviour/answer.ts'
import type { SimProbe } from './behaviour/labels.ts'
import { prefixCache } from './behaviour/prefix-cache.ts'
import { reasoningTokens, timingOf } from './behaviour/timing.ts'
import { firstTokens, tokensOf } from './behaviour/tokens.ts'
import type { Bank, TrafficRow } from './bank.ts'
import type { SimState } from './control.ts'
import { parseFault, type FaultSpec } from './faults/fault-spec.ts'
import { FAULTS } from './faults/table.ts'
import { planAnswer, planError, type Step } from './plan.ts'
import type { ModelProfile } from './profiles.ts'
import type { Asked, Said, SimError, Surface } from './surfaces/surface.ts'

/** What the simulated models know and how they are run. */
export type World = {
  readonly models: readonly ModelProfile[]
  readonly probes: readonly SimProbe[]
  readonly bank: Bank
  readonly traffic: readonly TrafficRow[]
  readonly seed: number | string
  /** Factor on every simulated duration; 0: at once. */
  readonly timeScale: number
  /** What happens to a prompt that is neither probe, traffic nor scripted. */
  readonly unscripted: 'answer' | 'refuse'
  readonly clock: Clock
  readonly random: Random
}

/** A request as it reached one surface. `provider`: from the path, `undefined` under plain `/v1`. */
export type Incoming = {
  readonly surface: Surface
  readonly provider: string | undefined
  readonly path: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: unknown
  readonly requestId: string
}

/** Answers requests; the returned function holds the prompt cache and the counts of repeated questions. */
export function exchanges(world: World, state: SimState): (incoming: Incoming) => readonly Step[] {
  const recognise = recogniser(world.probes, world.traffic)
  const cache = prefixCache()
  const asks = new Map<string, number>()

  return (incoming) => {
    const { surface } = incoming
    const refuse = (error: SimError): Step[] => planError(surface, error, world.timeScale)
    const read = surface.read(incoming.body)
    if ('error' in read) return refuse(read.error)
    const [name = '', suffix] = read.asked.model.split('!')
    const asked: Asked = { ...read.asked, model: name }
    const profile = world.models.find((model) => model.name === name && (incoming.provider === undefined || model.provider === incoming.provider))
    if (profile === undefined) return refuse(unknownModel(name))

    const outage = state.outageOf(profile.provider)
    const scripted = outage === undefined ? state.takeScripted(name, asked.question) : undefined
    let fault: FaultSpec | undefined
    try {
      fault = faultOf(incoming.headers['x-sim-fault'], suffix, scripted?.fault) ?? (outage === undefined ? state.takeFault(name, profile.provider) : undefined)
    } catch (thrown) {
      if (!(thrown instanceof WeighbridgeError)) throw thrown
      return refuse({ status: 400, type: 'invalid_request_error', code: 'unknown_fault', message: `${thrown.message} ${thrown.remedy}` })
    }
    const { authorization: _left, ...headers } = incoming.headers
    state.recordReceived({ requestId: incoming.requestId, path: incoming.path, model: name, headers, body: incoming.body, fault: outage === undefined ? fault?.name : `outage_${outage}` })
    if (outage === 'reset') return [{ kind: 'reset', atMs: 0 }]
    if (outage === '503') return refuse({ status: 503, type: 'server_error', code: 'service_unavailable', message: 'The service is temporarily unavailable.' })

    const recognised = recognise(asked.question)
    if (recognised.kind === 'unknown' && scripted === undefined && fault === undefined && world.unscripted === 'refuse') return refuse(unscriptedCall())
    const inputTokens = tokensOf(asked.prompt)
    if (inputTokens + (asked.maxTokens ?? 0) > profile.contextWindow.value) return refuse(tooLong(profile.contextWindow.value, inputTokens))

    const answer = speak(scripted, recognised, profile, asked, inputTokens)
    const { said, uncached } = finish(answer, profile, asked, inputTokens)
    const timing = timingOf(profile, { uncachedTokens: uncached, reasoningTokens: said.usage?.reasoning ?? 0 }, world.random)
    const plan = (variant: Said): readonly Step[] => planAnswer(surface, asked, variant, timing, world.timeScale)
    if ((fault === undefined || FAULTS[fault.name].delivers) && answer.questionId !== undefined && answer.label !== undefined) {
      state.recordTruth({ model: name, effort: asked.effort, seed: asked.seed, probeId: answer.questionId, label: answer.label, requestId: incoming.requestId, responseId: said.id })
    }
    if (fault === undefined) return plan(said)
    return FAULTS[fault.name].steps({ surface, asked, said, answer: plan, timeScale: world.timeScale, param: fault.param })
  }

  function speak(scripted: { readonly text?: string } | undefined, recognised: Recognised, profile: ModelProfile, asked: Asked, inputTokens: number): Answer {
    if (scripted?.text !== undefined) return { text: scripted.text, questionId: undefined, label: undefined }
    const question = recognised.kind === 'probe' ? recognised.probe.id : recognised.kind === 'traffic' ? recognised.row.id : String(fnv1a(asked.question))
    return answerTo(recognised, profile, world.bank, { seed: world.seed, model: profile.name, effort: asked.effort, question, epoch: epochOf(recognised, profile, asked) }, inputTokens)
  }

  // Probes without a seed are the same trial each time; everyday prompts vary with each asking, as sampled answers do.
  function epochOf(recognised: Recognised, profile: ModelProfile, asked: Asked): string {
    if (asked.seed !== undefined) return String(asked.seed)
    if (recognised.kind !== 'traffic') return ''
    const key = `${profile.name}\n${recognised.row.id}`
    const nth = (asks.get(key) ?? 0) + 1
    asks.set(key, nth)
    return `#${nth}`
  }

  function finish(answer: Answer, profile: ModelProfile, asked: Asked, inputTokens: number): { said: Said; uncached: number } {
    const cached = Math.min(cache.read(profile.name, asked.prompt, world.clock.nowMs()), inputTokens)
    const limit = asked.maxTokens ?? Infinity
    const reasoning = Math.min(limit, reasoningTokens(asked.effort, world.random.next()))
    const text = limit === Infinity ? answer.text : firstTokens(answer.text, limit - reasoning)
    const said: Said = {
      id: `chatcmpl-${randomText(world.random, 29)}`,
      createdS: Math.floor(world.clock.nowMs() / 1000),
      model: profile.name,
      fingerprint: `fp_${fingerprint(profile)}`,
      text,
      finish: text.length < answer.text.length ? 'length' : 'stop',
      usage: { input: inputTokens, cached, output: tokensOf(text) + reasoning, reasoning },
    }
    return { said, uncached: inputTokens - cached }
  }
}

function faultOf(header: string | string[] | undefined, suffix: string | undefined, scripted: string | undefined): FaultSpec | undefined {
  const text = (Array.isArray(header) ? header[0] : header) ?? suffix ?? scripted
  return text === undefined ? undefined : parseFault(text)
}

function unknownModel(model: string): SimError {
  return { status: 404, type: 'invalid_request_error', code: 'model_not_found', message: `The model \`${model.slice(0, 100)}\` does not exist or you do not have access to it.` }
}

function unscriptedCall(): SimError {
  return { status: 404, type: 'invalid_request_error', code: 'unscripted_call', message: 'The simulated provider was told to refuse what nobody scripted, and nobody scripted this.' }
}

function tooLong(window: number, tokens: number): SimError {
  return { status: 400, type: 'invalid_request_error', code: 'context_length_exceeded', param: 'messages', message: `This model's maximum context length is ${window} tokens. However, your messages resulted in ${tokens} tokens.` }
}

/** Ten hex digits that change when the profile does, as a provider's fingerprint changes with its deployment. */
function fingerprint(profile: ModelProfile): string {
  const text = JSON.stringify(profile)
  return `${fnv1a(text).toString(16).padStart(8, '0')}${(fnv1a(`again ${text}`) & 0xff).toString(16).padStart(2, '0')}`
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** Letters and digits, as provider ids have them. */
export function randomText(random: Random, length: number): string {
  return Array.from({ length }, () => LETTERS[Math.floor(random.next() * LETTERS.length)] ?? 'A').join('')
}

/** The default randomness of ids and timings: differs from start to start, so that ids do not repeat in a kept database. */
export function startRandom(seed: number | string, clock: Clock): Random {
  return seededRandom(`${seed}:${clock.nowMs()}`)
}
