// What every call of this router shares: what is known of targets, keys and responses, the pools, and what is counted. Put
// together once for each configuration, not once a call.
import type { Logger } from 'pino'
import type { Config, Target } from '../core/config.ts'
import type { PriceBook } from '../core/prices.ts'
import type { Clock, Random } from '../core/seams.ts'
import { learningExpectedOutput, type ExpectedOutput } from './decide/expected-output.ts'
import type { SessionSettings } from './decide/home-of.ts'
import { makeAlphabet, type Alphabet } from './decide/task/alphabet.ts'
import { compileRules, type CompiledRules } from './decide/task/compile-rules.ts'
import type { CallDependencies, Drains } from './execute/call.ts'
import { HealthBook } from './execute/health.ts'
import { KeyBook } from './execute/keys.ts'
import type { Pools } from './execute/pools.ts'
import { ResponseBook } from './execute/response-book.ts'
import { TrafficBook } from './execute/traffic.ts'
import { UnderWay, type CallRouteDependencies } from './http/call-shared.ts'
import { BoundedMemory } from './http/surfaces/answer-memory.ts'
import type { Limits } from './limits/limits.ts'
import type { Metrics } from './metrics.ts'
import type { Capture } from './capture/capture.ts'
import type { DeskParts } from './signals/call-watch.ts'
import type { SpanSource } from './spans/call-spans.ts'

/** What the router has learned of targets and keys; in memory, lost with the process. */
export type Books = { readonly health: HealthBook; readonly keys: KeyBook; readonly traffic: TrafficBook; readonly drains: Drains | undefined; readonly expected: ExpectedOutput }

export function emptyBooks(drains: Drains | undefined): Books {
  return { health: new HealthBook(), keys: new KeyBook(), traffic: new TrafficBook(), drains, expected: learningExpectedOutput() }
}

export type CallPartsOptions = {
  readonly books: Books
  readonly pools: Pools
  readonly metrics: Metrics
  readonly spans: SpanSource
  readonly prices: PriceBook | undefined
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly written: () => Promise<boolean>
  readonly limits: Limits
  readonly signals: DeskParts
  readonly capture: Capture
  /** Is told what a provider reported for an attempt, beside what our price makes of the same usage. */
  readonly costSeen: ((target: Target, reportedUsd: number, pricedUsd: number) => void) | undefined
}

/** Room for answers of other wires that Responses clients may refer to. */
const ANSWER_MEMORY_BYTES = 32 * 1024 * 1024

export class CallParts {
  readonly underWay = new UnderWay()
  readonly #options: CallPartsOptions
  readonly #responses = new ResponseBook()
  readonly #memory = new BoundedMemory(ANSWER_MEMORY_BYTES)
  /** Made once: rules that are compiled anew share it. */
  readonly #alphabet = makeAlphabet()
  readonly #warnedOf = new Set<string>()
  #made: { readonly config: Config; readonly parts: CallRouteDependencies } | undefined

  constructor(options: CallPartsOptions) {
    this.#options = options
  }

  /** The parts under a configuration. */
  under(config: Config): CallRouteDependencies {
    if (this.#made?.config !== config) this.#made = { config, parts: this.#make(config) }
    return this.#made.parts
  }

  #make(config: Config): CallRouteDependencies {
    const { spans, metrics, prices, written, signals, capture, limits } = this.#options
    return { rules: rulesOf(config, this.#alphabet), sessions: sessionsOf(config), signals, capture, execute: this.#execution(config), responses: this.#responses, memory: this.#memory, underWay: this.underWay, spans, metrics, prices, written, limits }
  }

  #execution(config: Config): CallDependencies {
    const { books, pools, metrics, clock, random, log, costSeen } = this.#options
    const { router } = config.settings
    // Names that only a client made up (provider/model, effort) must not become endless series.
    const label = (target: Target): string => (config.targets.has(target.name) ? target.name : `${target.provider.name}/*`)
    return {
      ...books,
      pools,
      clock,
      random,
      log,
      limits: { maxResponseBytes: router.max_response_bytes, callTimeoutMs: router.call_timeout_ms, coolingWaitMs: router.cooling_wait_ms },
      onClaimsSimulated: ({ provider }) => {
        if (this.#warnedOf.has(provider.name)) return
        this.#warnedOf.add(provider.name)
        log.warn({ provider: provider.name }, `provider ${provider.name} says its answers are simulated, but they count as real: set simulated: true on it`)
      },
      onAttempt(target, error, cost) {
        metrics.add('weighbridge_attempts_total', 1, { target: label(target), outcome: error?.code ?? 'ok' })
        if (cost.usd === undefined) metrics.add('weighbridge_unpriced_attempts_total', 1, { target: label(target) })
        else metrics.add('weighbridge_cost_usd_total', cost.usd, { target: label(target) })
        if (cost.source === 'provider' && cost.usd !== undefined && cost.pricedUsd !== undefined) costSeen?.(target, cost.usd, cost.pricedUsd)
      },
      onKeyRests: (target) => metrics.add('weighbridge_key_rests_total', 1, { provider: target.provider.name }),
      onSchemaCheck(target, check) {
        metrics.add('weighbridge_schema_checks_total', 1, { target: label(target), result: check })
        if (check === 'violated') metrics.add('weighbridge_schema_violations_total', 1, { target: label(target) })
      },
    }
  }
}

/** The task rules of a configuration. */
export function rulesOf(config: Config, alphabet?: Alphabet): CompiledRules {
  return compileRules(new Map([...config.tasks.values()].map(({ name, rules }) => [name, rules])), config.settings.classify, alphabet)
}

export function sessionsOf(config: Config): SessionSettings {
  const { sticky, cache_minutes } = config.settings.sessions
  return { sticky, cacheMs: cache_minutes * 60_000 }
}
