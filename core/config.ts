// From the text of weighbridge.yaml and an environment to a configuration that the rooms can use: references resolved,
// providers with unset variables disabled, prices attached, simulated and real kept apart. Pure: no file, no process.
import { parseDocument } from 'yaml'
import { z } from 'zod'
import { checkBudgets } from './budget-checks.ts'
import { configSchema, taskSchema, type ABILITIES, type ConfigFile, type DIALECTS, type LEARNING_MODES, type TargetFile } from './config-schema.ts'
import { WeighbridgeError } from './errors.ts'
import { contentHash } from './hash.ts'
import type { Wire } from './model-request.ts'
import { entriesFault, priceOfEntries, scaledPrice } from './price-entries.ts'
import type { PriceBook, TargetPrice } from './prices.ts'
import { isSafeRegex } from './safe-regex.ts'
import { schemaFaults } from './schema-faults.ts'
import type { TaskRule } from './task-rules.ts'

export type Dialect = (typeof DIALECTS)[number]
export type LearningMode = (typeof LEARNING_MODES)[number]
/** Something a request may need and a target may lack. */
export type Ability = (typeof ABILITIES)[number]

/** A provider that can be called. */
export type Provider = {
  readonly name: string
  readonly api: Wire
  /** As configured; `undefined`: by address (router/providers/openai-chat/dialects.ts). */
  readonly dialect: Dialect | undefined
  /** Without a trailing slash. */
  readonly baseUrl: string
  /** Credentials, used in turn. Empty: the provider needs none. Never logged. */
  readonly apiKeys: readonly string[]
  /** How often a transient failure is tried again at the same target. */
  readonly retries: number
  readonly headers: Readonly<Record<string, string>>
  readonly timeouts: { readonly connectMs: number; readonly firstTokenMs: number; readonly idleMs: number; readonly totalMs: number }
  readonly maxConnections: number
  /** What the provider allows the account; undefined: not said. */
  readonly rateLimit?: { readonly requestsPerMinute: number | undefined; readonly tokensPerMinute: number | undefined }
  readonly simulated: boolean
}

/** Provider + model + reasoning effort, with its price. */
export type Target = {
  readonly name: string
  readonly provider: Provider
  readonly model: string
  readonly effort: string | undefined
  /** `undefined`: unpriced. */
  readonly price: TargetPrice | undefined
  readonly contextWindow: number | undefined
  readonly kind: 'chat' | 'embedding'
  readonly lacks: ReadonlySet<Ability>
  /** Identity that evidence is keyed by: `provider/model@effort`, whatever the target is called. */
  readonly evidenceKey: string
}

export type ChainLink = { readonly target: string; readonly maxCostPer1k: number | undefined }

export type Task = {
  readonly name: string
  readonly description: string
  /** When a call that names no task is of this one. */
  readonly rules: readonly TaskRule[]
  /** Configured weights of enabled targets, normalised to sum 1. */
  readonly route: ReadonlyMap<string, number>
  readonly chainName: string
  /** Enabled links only. */
  readonly chain: readonly ChainLink[]
  readonly valuePerAnswerUsd: number
  readonly valueIsAssumed: boolean
  readonly hallucinationCeiling: number | undefined
  readonly qualityFloor: number | undefined
  readonly onCeiling: 'cheapest' | 'refuse'
  readonly strict: boolean
  readonly learning: {
    /** `undefined`: by what stands behind the task. */
    readonly mode: LearningMode | undefined
    readonly latencySloMs: number
    /** `undefined`: no ceiling. */
    readonly maxUsdPerDay: number | undefined
  }
  /** Enabled links of the chain for too long inputs; `undefined`: the own chain's larger windows. */
  readonly onContextLength: readonly ChainLink[] | undefined
  /** Enabled links of the chain for refusals; `undefined`: a refusal is the answer. */
  readonly onRefusal: readonly ChainLink[] | undefined
  readonly onSchemaViolation: 'fail_over' | 'return'
  /** Hash of the route and chain as written; the route table names it, so that a changed task falls back to these weights. */
  readonly configHash: string
  readonly simulated: boolean
}

export type Suite = { readonly name: string; readonly path: string; readonly informs: ReadonlyMap<string, number> }

/** A configuration ready to use. */
export type Config = {
  readonly providers: ReadonlyMap<string, Provider>
  /** Enabled targets only. */
  readonly targets: ReadonlyMap<string, Target>
  /** Always contains `general`. */
  readonly tasks: ReadonlyMap<string, Task>
  readonly suites: ReadonlyMap<string, Suite>
  readonly aliases: ReadonlyMap<string, string>
  /** Named, human-readable: disabled providers, unpriced targets, dropped links. */
  readonly warnings: readonly string[]
  /** The remaining settings as written, defaults filled in. */
  readonly settings: Pick<ConfigFile, 'classify' | 'sessions' | 'signals' | 'learning' | 'evals' | 'router' | 'ui' | 'collector' | 'clickhouse' | 'spool' | 'capture' | 'storage' | 'routes' | 'prices' | 'keys' | 'budgets'>
  /** Hash of the resolved routing part; stored with spans for later comparison. */
  readonly hash: string
}

/** Task types that `weighbridge init` writes and that the product ships probes and rules for. */
export const BUILT_IN_TASKS = ['simple_qa', 'code_generation', 'factual_recall', 'long_context', 'agent_tasks'] as const
/** The task of a call that nothing labels. */
export const GENERAL_TASK = 'general'
/** Value of one right answer where the config names none (EVIDENCE: shown as assumed). */
export const DEFAULT_VALUE_PER_ANSWER_USD = 0.05

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * Parses and resolves a configuration. Throws `config_invalid` naming every faulty field with line numbers where known.
 * An unset `${VAR}` in a provider disables that provider's targets and adds a warning that names the variable.
 */
export function parseConfig(text: string, env: Environment, prices: PriceBook): Config {
  return resolveConfig(readConfigFile(text), env, prices)
}

/** Parses the YAML text against the schema without resolving references. Throws `config_invalid`. */
export function readConfigFile(text: string): ConfigFile {
  const document = parseDocument(text, { prettyErrors: true })
  const first = document.errors[0]
  if (first !== undefined) throw new WeighbridgeError('config_invalid', `The configuration is not valid YAML: ${first.message.split('\n')[0]}`)
  const parsed = configSchema.safeParse(document.toJS() ?? {})
  if (!parsed.success) {
    const faults = schemaFaults(parsed.error)
    throw new WeighbridgeError('config_invalid', `The configuration has ${faults.length} fault(s): ${faults.join('; ')}`)
  }
  return parsed.data
}

/** The JSON Schema of weighbridge.yaml, for editors. */
export function configJsonSchema(): unknown {
  return z.toJSONSchema(configSchema, { io: 'input', target: 'draft-2020-12' })
}

/** Resolves a parsed file. See `parseConfig`. */
export function resolveConfig(file: ConfigFile, env: Environment, prices: PriceBook): Config {
  const faults: string[] = []
  const warnings: string[] = []
  const providers = resolveProviders(file, env, faults, warnings)
  const targets = resolveTargets(file, providers, prices, faults, warnings)
  const chains = resolveChains(file, targets, faults, warnings)
  const tasks = resolveTasks(file, targets, chains, faults, warnings)
  for (const [suiteName, suite] of Object.entries(file.suites)) {
    for (const task of Object.keys(suite.informs)) if (!tasks.has(task)) faults.push(`suites.${suiteName}.informs.${task}: no such task`)
  }
  for (const name of [...Object.keys(file.prices.discounts), ...Object.keys(file.prices.overrides).map((key) => key.slice(0, key.indexOf('/')))]) {
    if (!(name in file.providers)) faults.push(`prices: no provider "${name}"`)
  }
  for (const [key, written] of Object.entries(file.prices.overrides)) {
    const wrong = entriesFault(written)
    if (wrong !== undefined) faults.push(`prices.overrides.${key}: ${wrong}`)
  }
  for (const [task, rule] of Object.entries(file.capture.tasks)) {
    if (!tasks.has(task)) faults.push(`capture.tasks.${task}: no such task`)
    if (Object.keys(rule).length === 0) faults.push(`capture.tasks.${task}: says nothing`)
  }
  for (const [index, redaction] of file.capture.redact.entries()) {
    if (typeof redaction !== 'string' && !isSafeRegex(redaction.pattern)) faults.push(`capture.redact.${index}.pattern: is no regular expression, or one whose matching could take for ever`)
  }
  for (const judge of file.evals.judges) if (!(judge in file.targets)) faults.push(`evals.judges: no target "${judge}"`)
  for (const gate of file.evals.gates) for (const suite of gate.suites) if (!(suite in file.suites)) faults.push(`evals.gates: no suite "${suite}"`)
  checkBudgets(file, targets, tasks, faults, warnings)
  for (const [alias, meaning] of Object.entries(file.aliases)) {
    const known = meaning === 'auto' || meaning in file.targets || (meaning.startsWith('task:') && tasks.has(meaning.slice(5)))
    if (!known) faults.push(`aliases.${alias}: "${meaning}" is not auto, task:NAME or a target`)
  }
  if (faults.length > 0) throw new WeighbridgeError('config_invalid', `The configuration has ${faults.length} fault(s): ${faults.join('; ')}`)
  const { classify, sessions, signals, learning, evals, router, ui, collector, clickhouse, spool, capture, storage, routes, prices: priceSettings, keys, budgets } = file
  return {
    providers,
    targets,
    tasks,
    suites: new Map(Object.entries(file.suites).map(([name, s]) => [name, { name, path: s.path, informs: new Map(Object.entries(s.informs)) }])),
    aliases: new Map(Object.entries(file.aliases)),
    warnings,
    settings: { classify, sessions, signals, learning, evals, router, ui, collector, clickhouse, spool, capture, storage, routes, prices: priceSettings, keys, budgets },
    hash: contentHash({ targets: file.targets, chains: file.chains, tasks: file.tasks }),
  }
}

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g

function resolveProviders(file: ConfigFile, env: Environment, faults: string[], warnings: string[]): Map<string, Provider> {
  const providers = new Map<string, Provider>()
  for (const [name, p] of Object.entries(file.providers)) {
    const unset = new Set<string>()
    const fill = (text: string): string =>
      text.replaceAll(VARIABLE, (_, variable: string) => {
        const value = env[variable]
        if (value === undefined || value === '') unset.add(variable)
        return value ?? ''
      })
    if (p.api_key !== undefined && p.api_keys !== undefined) {
      faults.push(`providers.${name}: api_key and api_keys exclude each other`)
      continue
    }
    const apiKeys = p.api_keys === undefined ? (p.api_key === undefined ? [] : [fill(p.api_key)]) : keysThatAreSet(name, p.api_keys, env, unset, warnings)
    const headers = Object.fromEntries(Object.entries(p.headers).map(([header, value]) => [header.toLowerCase(), fill(value)]))
    if (unset.size > 0) {
      warnings.push(`provider ${name} is disabled: ${[...unset].join(', ')} is not set`)
      continue
    }
    providers.set(name, {
      name,
      api: p.api,
      baseUrl: p.base_url.replace(/\/+$/, ''),
      dialect: p.dialect,
      apiKeys: apiKeys.filter((key) => key !== ''),
      retries: p.retries,
      headers,
      timeouts: {
        connectMs: p.timeouts.connect_ms,
        firstTokenMs: p.timeouts.first_token_ms,
        idleMs: p.timeouts.idle_ms,
        totalMs: p.timeouts.total_ms,
      },
      maxConnections: p.max_connections,
      rateLimit: { requestsPerMinute: p.rate_limit.requests_per_minute, tokensPerMinute: p.rate_limit.tokens_per_minute },
      simulated: p.simulated,
    })
  }
  return providers
}

/** The keys of a list whose variables are set; all unset disables the provider like a single unset key. */
function keysThatAreSet(provider: string, keys: readonly string[], env: Environment, unset: Set<string>, warnings: string[]): string[] {
  const missing = new Set<string>()
  const filled = keys.flatMap((key) => {
    const lacking = [...key.matchAll(VARIABLE)].map((match) => match[1] ?? '').filter((variable) => (env[variable] ?? '') === '')
    for (const variable of lacking) missing.add(variable)
    return lacking.length > 0 ? [] : [key.replaceAll(VARIABLE, (_, variable: string) => env[variable] ?? '')]
  })
  if (filled.length === 0) for (const variable of missing) unset.add(variable)
  else if (missing.size > 0) warnings.push(`provider ${provider} goes on with ${filled.length} of ${keys.length} keys: ${[...missing].join(', ')} is not set`)
  return filled
}

function resolveTargets(file: ConfigFile, providers: Map<string, Provider>, prices: PriceBook, faults: string[], warnings: string[]): Map<string, Target> {
  const targets = new Map<string, Target>()
  for (const [name, t] of Object.entries(file.targets)) {
    if (!(t.provider in file.providers)) {
      faults.push(`targets.${name}.provider: no provider "${t.provider}"`)
      continue
    }
    const provider = providers.get(t.provider)
    if (provider === undefined) continue
    const price = resolvePrice(name, t, provider, file, prices, faults)
    if (price === undefined) warnings.push(`target ${name} is unpriced: the price book does not know "${t.model}" at ${provider.name}; give it a price`)
    targets.set(name, {
      name,
      provider,
      model: t.model,
      effort: t.effort,
      price,
      contextWindow: t.context_window ?? prices.contextWindow?.({ name: provider.name, baseUrl: provider.baseUrl }, t.model),
      kind: t.kind,
      lacks: new Set(t.lacks),
      evidenceKey: `${provider.name}/${t.model}${t.effort === undefined ? '' : `@${t.effort}`}`,
    })
  }
  return targets
}

/** A target's price: its own, else that of its model. */
function resolvePrice(name: string, target: TargetFile, provider: Provider, file: ConfigFile, prices: PriceBook, faults: string[]): TargetPrice | undefined {
  if (target.price === undefined) return priceOfModel(file.prices, provider, target.model, prices)
  const wrong = entriesFault(target.price)
  if (wrong !== undefined) faults.push(`targets.${name}.price: ${wrong}`)
  return priceOfEntries(target.price, 'override', prices.nowMs?.())
}

/** The price of a model that no target names with a price: from `prices.overrides`, else the price book's less the discount agreed on. */
export function priceOfModel(settings: ConfigFile['prices'], provider: Pick<Provider, 'name' | 'baseUrl'>, model: string, prices: PriceBook): TargetPrice | undefined {
  const key = matchingKey(settings.overrides, provider.name, model)
  const written = key === undefined ? undefined : settings.overrides[key]
  if (written !== undefined) return priceOfEntries(written, 'config', prices.nowMs?.())
  const found = prices.find({ name: provider.name, baseUrl: provider.baseUrl }, model)
  return found === undefined ? undefined : scaledPrice(found, 1 - (settings.discounts[provider.name] ?? 0))
}

/**
 * The key that names a provider's model in a table of `provider/model` keys: the exact one, else the longest of those that end
 * in `*` and fit; `undefined`: none.
 */
export function matchingKey(table: Readonly<Record<string, unknown>>, provider: string, model: string): string | undefined {
  const exact = `${provider}/${model}`
  if (Object.hasOwn(table, exact)) return exact
  const fitting = Object.keys(table).filter((key) => key.endsWith('*') && exact.startsWith(key.slice(0, -1)) && key.startsWith(`${provider}/`))
  return fitting.reduce<string | undefined>((longest, key) => (longest === undefined || key.length > longest.length ? key : longest), undefined)
}

function resolveChains(file: ConfigFile, targets: Map<string, Target>, faults: string[], warnings: string[]): Map<string, ChainLink[]> {
  const chains = new Map<string, ChainLink[]>()
  for (const [name, links] of Object.entries(file.chains)) {
    const enabled: ChainLink[] = []
    const seen = new Set<string>()
    for (const [index, link] of links.entries()) {
      if (!(link.target in file.targets)) faults.push(`chains.${name}.${index}.target: no target "${link.target}"`)
      else if (seen.has(link.target)) faults.push(`chains.${name}.${index}.target: "${link.target}" stands in the chain twice`)
      else if (targets.has(link.target)) enabled.push({ target: link.target, maxCostPer1k: link.max_cost_per_1k })
      else warnings.push(`chain ${name} goes on without ${link.target}: its provider is disabled`)
      seen.add(link.target)
    }
    warnOfEmbeddings(`chain ${name}`, enabled.map((link) => link.target), targets, warnings)
    chains.set(name, enabled)
  }
  return chains
}

function resolveTasks(
  file: ConfigFile,
  targets: Map<string, Target>,
  chains: Map<string, ChainLink[]>,
  faults: string[],
  warnings: string[],
): Map<string, Task> {
  const tasks = new Map<string, Task>()
  const written = { [GENERAL_TASK]: taskSchema.parse({}), ...file.tasks }
  for (const [name, t] of Object.entries(written)) {
    const chain = chains.get(t.chain)
    // Only a chain that a person wrote down can be wrong; the default one may simply not exist yet.
    if (chain === undefined && t.chain !== 'default') faults.push(`tasks.${name}.chain: no chain "${t.chain}"`)
    const route = new Map<string, number>()
    for (const [target, weight] of Object.entries(t.route)) {
      if (!(target in file.targets)) faults.push(`tasks.${name}.route.${target}: no such target`)
      else if (targets.has(target)) route.set(target, weight)
    }
    warnOfEmbeddings(`the route of task ${name}`, [...route.keys()], targets, warnings)
    const links = chain ?? []
    const head = links[0]
    if (Object.keys(t.route).length === 0 && head !== undefined) route.set(head.target, 1)
    const total = [...route.values()].reduce((sum, weight) => sum + weight, 0)
    if (Object.keys(t.route).length > 0 && Object.values(t.route).every((weight) => weight === 0)) faults.push(`tasks.${name}.route: every weight is 0`)
    if (route.size > 0 && total > 0) for (const [target, weight] of route) route.set(target, weight / total)
    if (route.size === 0 && links.length === 0) warnings.push(`task ${name} has no enabled target`)
    else if (total === 0 && links.length > 0) warnings.push(`task ${name}: every routed target is disabled; its chain serves it`)
    const members = [...new Set([...route.keys(), ...links.map((link) => link.target)])].map((member) => targets.get(member))
    const isForChat = name === GENERAL_TASK || BUILT_IN_TASKS.some((task) => task === name)
    if (isForChat && members.length > 0 && members.every((member) => member?.kind === 'embedding')) warnings.push(`task ${name} has only embedding targets: no chat call of it can be answered; give it a chat target`)
    const simulated = members.filter((member) => member?.provider.simulated === true).length
    if (simulated > 0 && simulated < members.length) faults.push(`tasks.${name}: its route and chain mix simulated and real targets, which would answer real calls with invented text`)
    tasks.set(name, {
      name,
      description: t.description ?? '',
      rules: t.rules,
      route,
      chainName: t.chain,
      chain: links,
      valuePerAnswerUsd: t.value_per_answer_usd ?? DEFAULT_VALUE_PER_ANSWER_USD,
      valueIsAssumed: t.value_per_answer_usd === undefined,
      hallucinationCeiling: t.ceilings.hallucination_rate,
      qualityFloor: t.floors.quality,
      onCeiling: t.on_ceiling,
      strict: t.strict,
      learning: { mode: t.learning.mode ?? file.learning.mode, latencySloMs: t.learning.latency_slo_ms ?? file.learning.latency_slo_ms, maxUsdPerDay: t.learning.max_usd_per_day },
      onContextLength: sideChain(`tasks.${name}.on_context_length`, t.on_context_length, chains, faults),
      onRefusal: sideChain(`tasks.${name}.on_refusal`, t.on_refusal, chains, faults),
      onSchemaViolation: t.on_schema_violation,
      configHash: contentHash({ route: t.route, chain: file.chains[t.chain] ?? [] }),
      simulated: simulated > 0,
    })
  }
  return tasks
}

/** Chat passes embedding targets over, so that one in a chain or route is there by mistake or for /v1/embeddings alone. */
function warnOfEmbeddings(where: string, names: readonly string[], targets: Map<string, Target>, warnings: string[]): void {
  const found = names.filter((name) => targets.get(name)?.kind === 'embedding')
  // A chain of vectors only is what /v1/embeddings fails over along.
  if (found.length > 0 && found.length < names.length) warnings.push(`${where} names the embedding target${found.length === 1 ? '' : 's'} ${found.join(', ')}: no chat call goes there, only /v1/embeddings does; take it out`)
}

function sideChain(where: string, chainName: string | undefined, chains: Map<string, ChainLink[]>, faults: string[]): readonly ChainLink[] | undefined {
  if (chainName === undefined) return undefined
  const chain = chains.get(chainName)
  if (chain === undefined) faults.push(`${where}: no chain "${chainName}"`)
  return chain
}

/** The targets a call of this task may use, without duplicates: the draw's first, then the chain's in order. */
export function candidateNames(task: Task): string[] {
  return [...new Set([...task.route.keys(), ...task.chain.map((link) => link.target)])]
}
