// What is wrong, or cannot have been meant, in the budgets and key rules of a configuration: names that do not exist are faults; limits
// that can never bind, or that no call of a task can ever fit, are warnings. Pure.
import type { Target, Task } from './config.ts'
import type { ConfigFile } from './config-schema.ts'
import { isAllowedTarget, type KeyRules } from './key-policy.ts'
import { limitName, limitsOf, WINDOWS, type Limit } from './limits.ts'
import { likelyReserve, mostReserve, type Reserve } from './reserve.ts'

/** The call that limits are held against: a short question with a middling answer, as `status` and `config explain` take it. */
const TYPICAL = { inputTokens: 1_000, maxOutputTokens: undefined, expectedOutputTokens: 350, cacheReadShare: 0, choices: 1, serviceTier: undefined } as const

type Targets = ReadonlyMap<string, Target>
type Tasks = ReadonlyMap<string, Task>

/** Adds to `faults` and `warnings`. */
export function checkBudgets(file: ConfigFile, targets: Targets, tasks: Tasks, faults: string[], warnings: string[]): void {
  const { budgets } = file
  for (const task of Object.keys(budgets.tasks)) if (!tasks.has(task)) faults.push(`budgets.tasks.${task}: no such task`)
  for (const [key, rules] of Object.entries(file.keys)) {
    faults.push(...keyFaults(rules, file, tasks).map((fault) => `keys.${key}.${fault}`))
    warnings.push(...keyWarnings(rules, targets, tasks).map((warning) => `key ${key}: ${warning}`))
  }
  for (const [where, limits] of Object.entries(allLimits(file))) warnings.push(...unreachable(limits).map((warning) => `${where}.${warning}`))
  warnings.push(...unfitting(file, targets, tasks), ...unpricedUnderDollars(file, targets, tasks))
}

/** Names in a key's rules that do not exist, each with its place. */
export function keyFaults(rules: KeyRules, file: Pick<ConfigFile, 'targets' | 'aliases' | 'providers'>, tasks: Pick<Tasks, 'has'>): string[] {
  const unknown = (rules.tasks ?? []).filter((task) => !tasks.has(task)).map((task) => `tasks: no task "${task}"`)
  const aliases = Object.entries(rules.aliases ?? {}).flatMap(([alias, meaning]) => (isModel(meaning, file, tasks) ? [] : [`aliases.${alias}: "${meaning}" is not auto, task:NAME, a target or provider/model`]))
  return [...unknown, ...aliases]
}

function isModel(meaning: string, file: Pick<ConfigFile, 'targets' | 'aliases' | 'providers'>, tasks: Pick<Tasks, 'has'>): boolean {
  if (meaning === 'auto' || Object.hasOwn(file.targets, meaning) || Object.hasOwn(file.aliases, meaning)) return true
  if (meaning.startsWith('task:')) return tasks.has(meaning.slice(5))
  return meaning.includes('/') && Object.hasOwn(file.providers, meaning.slice(0, meaning.indexOf('/')))
}

/** What a key's rules leave without meaning: patterns that fit no target, tasks that it may call but no target may serve. */
export function keyWarnings(rules: KeyRules, targets: Targets, tasks: Tasks): string[] {
  const { targets: patterns } = rules
  if (patterns === undefined) return []
  const idle = patterns.filter((pattern) => !pattern.includes('/') && ![...targets.values()].some((target) => isAllowedTarget([pattern], target)))
  const barred = (rules.tasks ?? []).filter((name) => {
    const candidates = candidatesOf(tasks.get(name), targets)
    return candidates.length > 0 && !candidates.some((target) => isAllowedTarget(patterns, target))
  })
  return [...idle.map((pattern) => `"${pattern}" in its targets fits no enabled target`), ...barred.map((name) => `it may call task ${name}, but none of that task's targets may serve it`)]
}

function candidatesOf(task: Task | undefined, targets: Targets): Target[] {
  return [...new Set([...(task?.route.keys() ?? []), ...(task?.chain ?? []).map((link) => link.target)])].flatMap((name) => targets.get(name) ?? [])
}

function allLimits(file: ConfigFile): Record<string, readonly Limit[]> {
  const { budgets, keys } = file
  const each = (where: string, table: Readonly<Record<string, Parameters<typeof limitsOf>[0]>>): [string, Limit[]][] => Object.entries(table).map(([name, limits]) => [`${where}.${name}`, limitsOf(limits)])
  return Object.fromEntries([
    ...(['all', 'each_key', 'each_user', 'each_session', 'each_trace', 'evals'] as const).map((name): [string, Limit[]] => [`budgets.${name}`, limitsOf(budgets[name])]),
    ...each('budgets.each_tag', budgets.each_tag),
    ...each('budgets.tags', budgets.tags),
    ...each('budgets.tasks', budgets.tasks),
    ...Object.entries(keys).map(([name, rules]): [string, Limit[]] => [`keys.${name}.limits`, limitsOf(rules.limits ?? {})]),
  ])
}

/** Limits that a longer window of the same budget makes pointless, and limits of 0. */
function unreachable(limits: readonly Limit[]): string[] {
  return limits.flatMap((limit) => {
    if (limit.most === 0) return [`${limitName(limit)} is 0: it refuses every call${limit.measure === 'usd' ? ' that costs anything' : ''}`]
    const longer = limits.find((other) => other.measure === limit.measure && WINDOWS.indexOf(other.window) > WINDOWS.indexOf(limit.window) && other.most < limit.most)
    return longer === undefined ? [] : [`${limitName(limit)} ${limit.most} never binds: ${limitName(longer)} is ${longer.most}`]
  })
}

type Binding = { readonly where: string; readonly limit: Limit }

/** Tasks of which not even the cheapest target's typical call fits what binds every call of it. */
function unfitting(file: ConfigFile, targets: Targets, tasks: Tasks): string[] {
  const { budgets } = file
  const general: Binding[] = (['all', 'each_key', 'each_session', 'each_trace'] as const).flatMap((name) => limitsOf(budgets[name]).map((limit) => ({ where: `budgets.${name}`, limit })))
  return [...tasks.values()].flatMap((task) => {
    const own = limitsOf(budgets.tasks[task.name] ?? {}).map((limit) => ({ where: `budgets.tasks.${task.name}`, limit }))
    const byKey = Object.entries(file.keys).filter(([, rules]) => rules.tasks?.includes(task.name) === true || rules.tasks === undefined)
    const shared = [...general, ...own].filter(({ limit }) => limit.most > 0)
    const ofKeys = byKey.map(([name, rules]) => ({
      rules,
      bindings: limitsOf(rules.limits ?? {}).filter((limit) => limit.most > 0).map((limit) => ({ where: `keys.${name}.limits`, limit })),
    }))
    return [
      ...cheapestMisfit(file, task, candidatesOf(task, targets), shared),
      ...ofKeys.flatMap(({ rules, bindings }) => cheapestMisfit(file, task, candidatesOf(task, targets).filter((target) => rules.targets === undefined || isAllowedTarget(rules.targets, target)), bindings)),
    ]
  })
}

function cheapestMisfit(file: ConfigFile, task: Task, candidates: readonly Target[], bindings: readonly Binding[]): string[] {
  const reserves = candidates.map((target) => ({ target, reserve: reserveAt(file, target) }))
  return bindings.flatMap(({ where, limit }) => {
    if (limit.measure === 'requests') return []
    const needs = reserves.flatMap(({ target, reserve }) => {
      const need = limit.measure === 'usd' ? reserve.usd : reserve.tokens
      return need === undefined ? [] : [{ target, need }]
    })
    const [first] = needs.sort((a, b) => a.need - b.need)
    if (first === undefined || first.need <= limit.most) return []
    const figure = limit.measure === 'usd' ? `$${Number(first.need.toPrecision(3))}` : `${first.need} tokens`
    return [`task ${task.name} never fits ${where}.${limitName(limit)} ${limit.most}: a call of ${TYPICAL.inputTokens} tokens sets ${figure} aside even at its cheapest target ${first.target.name}`]
  })
}

function reserveAt({ budgets }: ConfigFile, target: Target): Reserve {
  return budgets.reserve === 'most' ? mostReserve(TYPICAL, target.price, undefined, budgets.assumed_output_tokens) : likelyReserve(TYPICAL, target.price, undefined)
}

/** Routed targets that a dollar limit on all calls of a kind refuses for want of a price. */
function unpricedUnderDollars(file: ConfigFile, targets: Targets, tasks: Tasks): string[] {
  const { budgets } = file
  if (budgets.unpriced !== 'refuse') return []
  const [bound] = (['all', 'each_key', 'each_user', 'each_session', 'each_trace'] as const).filter((name) => limitsOf(budgets[name]).some((limit) => limit.measure === 'usd'))
  const routed = new Set([...tasks.values()].flatMap((task) => candidatesOf(task, targets)))
  const unpriced = [...routed].filter((target) => target.price === undefined).map((target) => target.name)
  if (bound === undefined || unpriced.length === 0) return []
  return [`${unpriced.join(', ')} without a price cannot serve calls under the dollar limit of budgets.${bound}: give a price, or set budgets.unpriced: { count_as_usd: … }`]
}
