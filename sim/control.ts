// The side channel: what a test or the demo may tell the simulated providers while they run (faults, outages, one-shot
// answers) and ask them afterwards (true labels, what was received). In memory, bounded; no HTTP here.
import { WeighbridgeError } from '../core/errors.ts'
import { parseFault, type FaultSpec } from './faults/fault-spec.ts'

/** The true label of an answer that was given. `responseId` is the `id` in its body, `requestId` its x-request-id. */
export type Truth = {
  readonly model: string
  readonly effort: string | undefined
  readonly seed: number | undefined
  readonly probeId: string
  readonly label: string
  readonly requestId: string
  readonly responseId: string
}

/** A one-shot answer: the next request for `model` (with exactly this `question`, when given) gets it. */
export type Scripted = {
  readonly model: string
  readonly question?: string
  /** What to say; without it the model says what it would have said. */
  readonly text?: string
  /** A fault, as in `setFault`. */
  readonly fault?: string
}

/** A request as it arrived, without the headers that carry credentials. */
export type Received = {
  readonly requestId: string
  readonly path: string
  readonly model: string
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: unknown
  /** Name of the fault it met. */
  readonly fault: string | undefined
}

export type OutageKind = 'reset' | '503'

/** What a model may be made to do otherwise than its profile says; shares in 0..1. */
export const CHANGEABLE = ['accuracy', 'hallucination', 'fabrication', 'falsePushback', 'everydayAccuracy'] as const
export type Behaviour = Partial<Readonly<Record<(typeof CHANGEABLE)[number], number>>>

export interface SimControl {
  /**
   * Makes a model answer otherwise from its next answer on, under the same name, as providers do; `null`: as its profile says.
   * Throws `usage` for an unknown model or a share outside 0..1.
   */
  behave(model: string, behaviour: Behaviour | null): void
  /** True labels of the last 200,000 answers to probes and everyday prompts, oldest first; answers that a fault kept from arriving are left out. */
  truth(): readonly Truth[]
  /**
   * Lets every request to a model or provider (by its name) meet a fault, `null` to stop; `times` for so many requests only.
   * Throws `usage` for an unknown name or fault. A fault on the model comes before one on its provider.
   */
  setFault(scope: string, fault: string | null, options?: { readonly times?: number }): void
  /** Faults in force, by model or provider. */
  faults(): Readonly<Record<string, { readonly fault: string; readonly left: number | undefined }>>
  /** Takes a provider down or up again: every connection is reset after its request, or answered 503. Throws `usage` for an unknown provider. */
  outage(provider: string, on: boolean, kind?: OutageKind): void
  /** Adds a one-shot answer. Throws `usage` for an unknown model or fault. */
  script(answer: Scripted): void
  /** One-shot answers that nobody has consumed. */
  unused(): readonly Scripted[]
  /** The last 500 requests for a model, oldest first. */
  received(): readonly Received[]
}

/** What the server needs besides: the same state, from its side. */
export interface SimState extends SimControl {
  behaviourOf(model: string): Behaviour | undefined
  takeFault(model: string, provider: string): FaultSpec | undefined
  outageOf(provider: string): OutageKind | undefined
  takeScripted(model: string, question: string): Scripted | undefined
  recordTruth(truth: Truth): void
  recordReceived(received: Received): void
}

const MOST_TRUTHS = 200_000
const MOST_RECEIVED = 500

type SetFault = { readonly text: string; readonly spec: FaultSpec; left: number | undefined }

/** The state of one sim over these models. */
export function simState(models: readonly { readonly name: string; readonly provider: string }[]): SimState {
  const providers = new Set(models.map((model) => model.provider))
  const names = new Set(models.map((model) => model.name))
  const truths: Truth[] = []
  const received: Received[] = []
  const faults = new Map<string, SetFault>()
  const outages = new Map<string, OutageKind>()
  const behaviours = new Map<string, Behaviour>()
  let scripted: Scripted[] = []

  const known = (what: string, name: string, among: ReadonlySet<string>): void => {
    if (!among.has(name)) throw new WeighbridgeError('usage', `There is no simulated ${what} "${name}".`, { remedy: `Known: ${[...among].join(', ')}.` })
  }

  return {
    truth: () => truths.slice(),
    behave(model, behaviour) {
      known('model', model, names)
      for (const [name, share] of Object.entries(behaviour ?? {})) if (!(share >= 0 && share <= 1)) throw new WeighbridgeError('usage', `${name} ${share} of "${model}" is no share.`, { remedy: 'Give shares from 0 to 1.' })
      if (behaviour === null) behaviours.delete(model)
      else behaviours.set(model, behaviour)
    },
    behaviourOf: (model) => behaviours.get(model),
    setFault(scope, fault, options = {}) {
      known('model or provider', scope, new Set([...names, ...providers]))
      if (fault === null) faults.delete(scope)
      else faults.set(scope, { text: fault, spec: parseFault(fault), left: options.times })
    },
    faults: () => Object.fromEntries([...faults].map(([scope, { text, left }]) => [scope, { fault: text, left }])),
    outage(provider, on, kind = 'reset') {
      known('provider', provider, providers)
      if (on) outages.set(provider, kind)
      else outages.delete(provider)
    },
    script(answer) {
      known('model', answer.model, names)
      if (answer.fault !== undefined) parseFault(answer.fault)
      scripted.push(answer)
    },
    unused: () => scripted.slice(),
    received: () => received.slice(),
    takeFault(model, provider) {
      const scope = faults.has(model) ? model : provider
      const set = faults.get(scope)
      if (set === undefined) return undefined
      if (set.left !== undefined) set.left -= 1
      if (set.left !== undefined && set.left <= 0) faults.delete(scope)
      return set.spec
    },
    outageOf: (provider) => outages.get(provider),
    takeScripted(model, question) {
      const found = scripted.find((answer) => answer.model === model && (answer.question === undefined || answer.question === question))
      if (found !== undefined) scripted = scripted.filter((answer) => answer !== found)
      return found
    },
    recordTruth(truth) {
      truths.push(truth)
      if (truths.length > MOST_TRUTHS) truths.splice(0, truths.length - MOST_TRUTHS)
    },
    recordReceived(request) {
      received.push(request)
      if (received.length > MOST_RECEIVED) received.shift()
    },
  }
}
