// One request to a simulated model, from its parsed body to the steps that answer it: looks up model, fault and script, says
// something, and notes the true label. No socket here.
import { WeighbridgeError } from '../core/errors.ts'
import { fnv1a, seededRandom, type Clock, type Random } from '../core/seams.ts'
import { recogniser, type Recognised } from './behaviour/answer.ts'
import type { SimProbe } from './behaviour/labels.ts'
import { conversations } from './behaviour/conversations.ts'
import { heardAnswers, judgement, readJudged } from './behaviour/judging.ts'
import { countCache } from './behaviour/cache-counts.ts'
import { prefixCache } from './behaviour/prefix-cache.ts'
import { sealFault } from './behaviour/seals.ts'
import { speak, type Spoken } from './behaviour/speak.ts'
import { timingOf, type Timing } from './behaviour/timing.ts'
import { tokensOf } from './behaviour/tokens.ts'
import type { Bank, TrafficRow } from './bank.ts'
import type { Behaviour, SimState } from './control.ts'
import { parseFault, type FaultSpec } from './faults/fault-spec.ts'
import { FAULTS } from './faults/table.ts'
import { planAnswer, planError, type Step } from './plan.ts'
import { EMBEDDING_MODELS, NATIVE_WIRES, type EmbeddingProfile, type ModelProfile } from './profiles.ts'
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
  readonly query: URLSearchParams
  /** Model and streaming, where the path decides them. */
  readonly model: string | undefined
  readonly stream: boolean
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: unknown
  readonly requestId: string
}

/** Answers requests; the returned function holds the prompt cache, stored conversations and the counts of repeated questions. */
export function exchanges(world: World, state: SimState): (incoming: Incoming) => readonly Step[] {
  const recognise = recogniser(world.probes, world.traffic)
  const cache = prefixCache()
  const stored = conversations()
  const asks = new Map<string, number>()
  const heard = heardAnswers()

  return (incoming) => {
    const { surface } = incoming
    const [pathModel, pathSuffix] = incoming.model?.split('!') ?? []
    const read = surface.read(incoming.body, { model: pathModel, query: incoming.query, stream: incoming.stream, recall: stored.recall })
    if ('error' in read) return planError(surface, read.error, pathModel ?? '', world.timeScale)
    const [name = '', suffix = pathSuffix] = read.asked.model.split('!')
    const refuse = (error: SimError): Step[] => planError(surface, error, name, world.timeScale)
    const asked: Asked = { ...read.asked, model: name }
    const among = surface.kind === 'embed' ? EMBEDDING_MODELS : world.models
    const profile = among.find((model) => model.name === name && (incoming.provider === undefined || model.provider === incoming.provider))
    if (profile === undefined) return refuse({ kind: 'unknown_model' })

    const outage = state.outageOf(profile.provider)
    const scripted = outage === undefined ? state.takeScripted(name, asked.question) : undefined
    let fault: FaultSpec | undefined
    try {
      fault = faultOf(incoming.headers['x-sim-fault'], suffix, scripted?.fault) ?? (outage === undefined ? state.takeFault(name, profile.provider) : undefined)
    } catch (thrown) {
      if (!(thrown instanceof WeighbridgeError)) throw thrown
      return refuse({ kind: 'simulation', code: 'unknown_fault', message: `${thrown.message} ${thrown.remedy}` })
    }
    // Credentials of every wire stay out of what was received.
    const { authorization: _bearer, 'x-api-key': _anthropic, 'x-goog-api-key': _google, ...headers } = incoming.headers
    state.recordReceived({ requestId: incoming.requestId, path: incoming.path, model: name, headers, body: incoming.body, fault: outage === undefined ? fault?.name : `outage_${outage}` })
    if (outage === 'reset') return [{ kind: 'reset', atMs: 0 }]
    if (outage === '503') return refuse({ kind: 'overloaded', code: 'service_unavailable', message: 'The service is temporarily unavailable.' })

    const recognised = recognise(asked.question)
    if (surface.kind === 'answer' && recognised.kind === 'unknown' && scripted === undefined && fault === undefined && world.unscripted === 'refuse') return refuse(unscriptedCall)
    const inputTokens = tokensOf(asked.prompt) + asked.mediaTokens
    const window = profile.contextWindow.value
    if (inputTokens + (asked.maxTokens ?? 0) > window) return refuse(tooLong(surface, window, inputTokens))
    const made = 'thinks' in profile ? answerOf(incoming, asked, profile, recognised, scripted?.text ?? judgedBy(asked, profile), inputTokens) : vectorsOf(incoming, profile, inputTokens)
    if ('kind' in made) return refuse(made)
    const { said, timing, spoken } = made
    if (surface.wire === 'openai-responses' && asked.echo['store'] !== false) stored.keep(said.id, `${asked.prompt}assistant\n${JSON.stringify(said.choices[0].parts)}\n`)
    const plan = (variant: Said): readonly Step[] => planAnswer(surface, asked, variant, timing, world.timeScale)
    if ((fault === undefined || FAULTS[fault.name].delivers) && spoken?.questionId !== undefined && spoken.label !== undefined) {
      heard.keep(asked.question, textOf(spoken), spoken.label)
      state.recordTruth({ model: name, effort: asked.effort, seed: asked.seed, probeId: spoken.questionId, label: spoken.label, requestId: incoming.requestId, responseId: said.id })
    }
    if (fault === undefined) return plan(said)
    return FAULTS[fault.name].steps({ surface, asked, said, answer: plan, timeScale: world.timeScale, nowMs: world.clock.nowMs(), param: fault.param })
  }

  /** What a judge says, where the prompt asks for a verdict; only on the last user message, with nothing before it but instructions. */
  function judgedBy(asked: Asked, profile: ModelProfile): string | undefined {
    const judged = readJudged(asked.question)
    if (judged === undefined) return undefined
    return judgement(judged, heard, { seed: world.seed, model: profile.name, effort: asked.effort, question: judged.question, epoch: asked.seed === undefined ? '' : String(asked.seed) })
  }

  type Made = { readonly said: Said; readonly timing: Timing; readonly spoken: Spoken | undefined }

  function answerOf({ surface }: Incoming, asked: Asked, profile: ModelProfile, recognised: Recognised, scripted: string | undefined, inputTokens: number): Made | SimError {
    const broken = asked.seals.find((seal) => sealFault(seal.value, surface.wire, profile.provider, seal.text) !== undefined)
    if (broken !== undefined) return { kind: 'bad_seal', param: broken.at }
    if (asked.unsealedCall !== undefined && NATIVE_WIRES[profile.provider]?.includes('gemini') === true) {
      return { kind: 'bad_request', message: `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly. Function call ${asked.unsealedCall}.` }
    }
    const cached = countCache(cache, surface, profile.name, asked, inputTokens, world.clock.nowMs())
    const { wire } = surface
    const spoken = speak({ asked, profile: behaving(profile, state.behaviourOf(profile.name)), wire, recognised, scripted, bank: world.bank, seed: world.seed, epoch: epochOf(recognised, profile, asked), inputTokens, random: world.random, newCallId: () => surface.newCallId(world.random) })
    const counting = surface.kind === 'count'
    const said: Said = {
      id: surface.newId(world.random),
      createdS: Math.floor(world.clock.nowMs() / 1000),
      model: profile.name,
      provider: profile.provider,
      fingerprint: `fp_${fingerprint(profile)}`,
      price: profile.price.value,
      choices: spoken.choices,
      dimensions: undefined,
      usage: { input: inputTokens, ...cached, output: counting ? 0 : spoken.output, reasoning: counting ? 0 : spoken.reasoning },
    }
    const timing = timingOf(profile, { uncachedTokens: inputTokens - cached.cached, reasoningTokens: spoken.reasoning }, world.random)
    return { said, timing, spoken: counting ? undefined : spoken }
  }

  function vectorsOf({ surface }: Incoming, profile: EmbeddingProfile, input: number): Made {
    const usage = { input, cached: 0, written: 0, written1h: 0, output: 0, reasoning: 0 }
    const said: Said = { id: surface.newId(world.random), createdS: Math.floor(world.clock.nowMs() / 1000), model: profile.name, provider: profile.provider, fingerprint: '', price: undefined, choices: [{ parts: [], finish: 'stop', stopSequence: undefined }], dimensions: profile.dimensions, usage }
    return { said, timing: { thinkingMs: EMBED_MS, firstTokenMs: EMBED_MS, msPerToken: 0 }, spoken: undefined }
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
}

/** The visible text of the first choice. */
const textOf = (spoken: Spoken): string => spoken.choices[0].parts.map((part) => (part.kind === 'text' ? part.text : '')).join('')

/** Milliseconds an embedding takes. Ours. */
const EMBED_MS = 120

function faultOf(header: string | string[] | undefined, suffix: string | undefined, scripted: string | undefined): FaultSpec | undefined {
  const text = (Array.isArray(header) ? header[0] : header) ?? suffix ?? scripted
  return text === undefined ? undefined : parseFault(text)
}

const unscriptedCall: SimError = { kind: 'simulation', code: 'unscripted_call', message: 'The simulated provider was told to refuse what nobody scripted, and nobody scripted this.' }

function tooLong(surface: Surface, window: number, tokens: number): SimError {
  const message = {
    'openai-chat': `This model's maximum context length is ${window} tokens. However, your messages resulted in ${tokens} tokens.`,
    'openai-responses': `Your input exceeds the context window of this model: ${tokens} of ${window} tokens.`,
    'anthropic-messages': `prompt is too long: ${tokens} tokens > ${window} maximum`,
    gemini: `The input token count (${tokens}) exceeds the maximum number of tokens allowed (${window}).`,
  }[surface.wire]
  return { kind: 'context_length', code: 'context_length_exceeded', param: surface.wire === 'openai-responses' ? 'input' : 'messages', message }
}

/** Ten hex digits that change when the profile does, as a provider's fingerprint changes with its deployment. */
function fingerprint(profile: ModelProfile): string {
  const text = JSON.stringify(profile)
  return `${fnv1a(text).toString(16).padStart(8, '0')}${(fnv1a(`again ${text}`) & 0xff).toString(16).padStart(2, '0')}`
}

/** The default randomness of ids and timings: differs from start to start, so that ids do not repeat in a kept database. */
export function startRandom(seed: number | string, clock: Clock): Random {
  return seededRandom(`${seed}:${clock.nowMs()}`)
}

/** A model as it was made to behave; everything else about it, its name and fingerprint included, stays as it was. */
function behaving(profile: ModelProfile, behaviour: Behaviour | undefined): ModelProfile {
  if (behaviour === undefined) return profile
  const told = Object.entries(behaviour).map(([name, value]) => [name, { value, source: 'told to behave so', assumed: true }] as const)
  return { ...profile, ...Object.fromEntries(told) }
}
