// What binds the calls of one key under one configuration, worked out once for both: allowed tasks and targets, names, tags, and the
// limits of every kind of subject. Pure; nothing is looked up by name on a call's way but what the call itself names.
import type { Config } from '../../core/config.ts'
import type { KeyRules } from '../../core/key-policy.ts'
import { limitsOf, replacedBy, smallerOf, type AgentLimitsFile, type Limit, type LimitsFile } from '../../core/limits.ts'
import type { KeyFacts } from '../../core/mount.ts'
import { amountOf } from './amounts.ts'

/** Limits of one subject, their amounts as they are counted. */
export type RuleLimits = readonly Limit[]

/** Limits by the value of a tag, and those of values that are not named. */
export type TagLimits = { readonly each: RuleLimits; readonly values: ReadonlyMap<string, RuleLimits> }

export type Policy = {
  readonly key: KeyFacts | undefined
  /** Whether nothing at all binds a call without limits of its own. */
  readonly isOpen: boolean
  /** Lists of which each must hold a call's task; empty: any task. */
  readonly tasks: readonly (readonly string[])[]
  /** Lists of patterns of which each must fit a target; empty: any target. */
  readonly targets: readonly (readonly string[])[]
  readonly aliases: ReadonlyMap<string, string>
  readonly tags: ReadonlyMap<string, string>
  readonly all: RuleLimits
  /** The key's own limits, filled up with those of each key. */
  readonly ofKey: RuleLimits
  /** The key's own limits alone; they bind its eval calls as well. */
  readonly ofKeyAlone: RuleLimits
  readonly ofUser: RuleLimits
  readonly ofSession: RuleLimits
  readonly ofTrace: RuleLimits
  readonly ofTags: ReadonlyMap<string, TagLimits>
  readonly ofTasks: ReadonlyMap<string, RuleLimits>
  readonly ofEvals: RuleLimits
}

const NOTHING: RuleLimits = []

/** What binds the calls of a key; `undefined`: calls without one. */
export function policyOf(config: Config, key: KeyFacts | undefined): Policy {
  const { budgets, keys } = config.settings
  // Two sections may speak of one key, by its name and by its id; each binds.
  const section = (name: string): KeyRules | undefined => (Object.hasOwn(keys, name) ? keys[name] : undefined)
  const rules: KeyRules[] = key === undefined ? [] : [key.policy, section(key.id), key.name === key.id ? undefined : section(key.name)].filter((one) => one !== undefined)
  const ofKeyAlone = rules.reduce<RuleLimits>((limits, one) => smallerOf(limits, limitsIn(one.limits)), NOTHING)
  const policy = {
    key,
    tasks: rules.flatMap(({ tasks }) => (tasks === undefined ? [] : [tasks])),
    targets: rules.flatMap(({ targets }) => (targets === undefined ? [] : [targets])),
    aliases: merged(rules, ({ aliases }) => aliases),
    tags: merged(rules, ({ tags }) => tags),
    all: limitsIn(budgets.all),
    ofKey: key === undefined ? NOTHING : replacedBy(limitsIn(budgets.each_key), ofKeyAlone),
    ofKeyAlone,
    ofUser: limitsIn(budgets.each_user),
    ofSession: limitsIn(budgets.each_session),
    ofTrace: limitsIn(budgets.each_trace),
    ofTags: tagLimits(config),
    ofTasks: new Map(Object.entries(budgets.tasks).map(([task, limits]) => [task, limitsIn(limits)])),
    ofEvals: limitsIn(budgets.evals),
  }
  const { all, ofKey, ofUser, ofSession, ofTrace, ofEvals } = policy
  const isOpen = [policy.tasks, policy.targets, all, ofKey, ofUser, ofSession, ofTrace, ofEvals].every((list) => list.length === 0) && policy.ofTags.size === 0 && policy.ofTasks.size === 0
  return { ...policy, isOpen }
}

/** The limits of a subject, by the rule's name as cells have it; for operators' pages. */
export function limitsOfRule(policy: Policy, rule: string, subject: string): RuleLimits {
  if (rule.startsWith('tag:')) {
    const limits = policy.ofTags.get(rule.slice(4))
    return limits?.values.get(subject) ?? limits?.each ?? NOTHING
  }
  if (rule === 'task') return policy.ofTasks.get(subject) ?? NOTHING
  const byRule: Readonly<Record<string, RuleLimits>> = { all: policy.all, key: policy.ofKey, user: policy.ofUser, session: policy.ofSession, trace: policy.ofTrace, evals: policy.ofEvals }
  return byRule[rule] ?? NOTHING
}

function limitsIn(file: LimitsFile | AgentLimitsFile | undefined): RuleLimits {
  return file === undefined ? NOTHING : limitsOf(file).map((limit) => ({ ...limit, most: amountOf(limit.measure, limit.most) }))
}

/** What several rules say of names; the first that speaks of a name counts. */
function merged(rules: readonly KeyRules[], read: (rules: KeyRules) => Readonly<Record<string, string>> | undefined): ReadonlyMap<string, string> {
  return new Map([...rules].reverse().flatMap((one) => Object.entries(read(one) ?? {})))
}

function tagLimits(config: Config): ReadonlyMap<string, TagLimits> {
  const { each_tag: eachTag, tags } = config.settings.budgets
  const limits = new Map<string, { each: RuleLimits; values: Map<string, RuleLimits> }>()
  for (const [name, each] of Object.entries(eachTag)) limits.set(name, { each: limitsIn(each), values: new Map() })
  for (const [tag, own] of Object.entries(tags)) {
    const at = tag.indexOf('=')
    const [name, value] = [tag.slice(0, at), tag.slice(at + 1)]
    const known = limits.get(name) ?? { each: NOTHING, values: new Map<string, RuleLimits>() }
    known.values.set(value, replacedBy(known.each, limitsIn(own)))
    limits.set(name, known)
  }
  return limits
}
