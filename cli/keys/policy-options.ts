// The options that say what a key may do → its policy: the same for making and for changing a key. What is not named stays as it was.
import { existsSync, readFileSync } from 'node:fs'
import { keyFaults, keyWarnings } from '../../core/budget-checks.ts'
import { GENERAL_TASK, readConfigFile } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { keyPolicySchema, type KeyPolicy } from '../../core/key-policy.ts'
import { LIMIT_NAMES, type LimitsFile } from '../../core/limits.ts'
import { schemaFaults } from '../../core/schema-faults.ts'
import { parseLength } from '../../router/admin/subjects.ts'
import type { Arguments, Options } from '../command.ts'
import { configAsIfEnabled } from '../compose/drain-door.ts'
import type { Settings } from '../compose/settings.ts'

export const POLICY_OPTIONS = {
  tasks: { type: 'string', multiple: true, meaning: 'Tasks that it may call (default all)', value: 'TASK,…' },
  targets: { type: 'string', multiple: true, meaning: "Targets that may serve it: names, provider/model, or provider/* (default all)", value: 'TARGET,…' },
  alias: { type: 'string', multiple: true, meaning: 'A model name of its own, e.g. gpt-4o=task:simple_qa', value: 'NAME=MODEL' },
  'usd-per-day': { type: 'string', meaning: 'Dollars a day (UTC)', value: 'USD' },
  'usd-per-month': { type: 'string', meaning: 'Dollars a calendar month (UTC)', value: 'USD' },
  usd: { type: 'string', meaning: 'Dollars in all', value: 'USD' },
  rpm: { type: 'string', meaning: 'Calls a minute', value: 'N' },
  tpm: { type: 'string', meaning: 'Tokens a minute', value: 'N' },
  limit: { type: 'string', multiple: true, meaning: 'Any other limit, e.g. requests_per_day=500; usd, tokens or requests, alone or _per_minute, _per_hour, _per_day, _per_month', value: 'NAME=N' },
  expires: { type: 'string', meaning: 'When it ends: 30d, 12h, or 2027-01-31', value: 'TIME' },
  owner: { type: 'string', meaning: 'Whose it is', value: 'NAME' },
  tag: { type: 'string', multiple: true, meaning: 'A tag that all its calls carry, e.g. team=payments', value: 'NAME=VALUE' },
} as const satisfies Options

/** Parts of a policy that can be taken away as a whole. */
export const CLEARABLE = ['tasks', 'targets', 'aliases', 'limits', 'tags', 'owner', 'expires'] as const

const SHORT = [['usd-per-day', 'usd_per_day'], ['usd-per-month', 'usd_per_month'], ['usd', 'usd'], ['rpm', 'requests_per_minute'], ['tpm', 'tokens_per_minute']] as const

/** The policy that a command line makes of one that was there before. Throws `usage` naming the option at fault. */
export function policyFrom(args: Arguments, before: KeyPolicy | undefined, nowMs: number): KeyPolicy | undefined {
  const kept: { -readonly [Part in keyof KeyPolicy]: KeyPolicy[Part] } = { ...before }
  for (const part of args.list('clear')) {
    const known = CLEARABLE.find((name) => name === part)
    if (known === undefined) throw new WeighbridgeError('usage', `--clear takes ${CLEARABLE.join(', ')}, not "${part}"`)
    delete kept[known === 'expires' ? 'expires_at' : known]
  }
  const [tasks, targets] = [args.list('tasks'), args.list('targets')]
  if (tasks.length > 0) kept.tasks = tasks
  if (targets.length > 0) kept.targets = targets
  const aliases = pairs(args, 'alias')
  if (aliases.length > 0) kept.aliases = { ...kept.aliases, ...Object.fromEntries(aliases) }
  const tags = pairs(args, 'tag')
  if (tags.length > 0) kept.tags = { ...kept.tags, ...Object.fromEntries(tags) }
  const limits = limitsFrom(args, kept.limits)
  if (limits !== undefined) kept.limits = limits
  if (args.text('owner') !== undefined) kept.owner = args.text('owner')
  const expires = args.text('expires')
  if (expires !== undefined) kept.expires_at = endOf(expires, nowMs)
  const parsed = keyPolicySchema.safeParse(kept)
  if (!parsed.success) throw new WeighbridgeError('usage', `The key cannot be so: ${schemaFaults(parsed.error).join('; ')}`)
  return Object.keys(parsed.data).length === 0 ? undefined : parsed.data
}

function pairs(args: Arguments, option: 'alias' | 'tag' | 'limit'): [string, string][] {
  return args.list(option).map((text) => {
    const at = text.indexOf('=')
    if (at <= 0 || at === text.length - 1) throw new WeighbridgeError('usage', `--${option} takes NAME=${option === 'limit' ? 'NUMBER' : 'VALUE'}, not "${text}"`)
    return [text.slice(0, at), text.slice(at + 1)]
  })
}

function limitsFrom(args: Arguments, before: LimitsFile | undefined): LimitsFile | undefined {
  const given: [string, number][] = SHORT.flatMap(([option, name]) => {
    const value = args.number(option, { min: 0, max: Number.MAX_SAFE_INTEGER })
    return value === undefined ? [] : [[name, value] as [string, number]]
  })
  for (const [name, text] of pairs(args, 'limit')) {
    if (!LIMIT_NAMES.includes(name)) throw new WeighbridgeError('usage', `There is no limit "${name}"`, { remedy: `Limits are ${LIMIT_NAMES.join(', ')}.` })
    const value = Number(text)
    if (text.trim() === '' || !Number.isFinite(value) || value < 0) throw new WeighbridgeError('usage', `--limit ${name} takes a number of 0 or more, not "${text}"`)
    given.push([name, value])
  }
  return given.length === 0 ? undefined : { ...before, ...Object.fromEntries(given) }
}

/** A moment after a length of time, or an ISO 8601 one. */
function endOf(text: string, nowMs: number): number {
  const lengthMs = parseLength(text)
  const end = lengthMs === undefined ? Date.parse(text) : nowMs + lengthMs
  if (Number.isNaN(end)) throw new WeighbridgeError('usage', `--expires takes a time such as 30d, 12h or 2027-01-31, not "${text}"`)
  if (end <= nowMs) throw new WeighbridgeError('usage', `--expires must lie in the future; to end a key now, revoke it`)
  return Math.ceil(end)
}

/** Holds a policy against the configuration, where there is one; what is doubtful comes back. Throws `usage` for names that do not exist. */
export function checkedAgainstConfig(settings: Settings, policy: KeyPolicy | undefined): string[] {
  if (policy === undefined) return []
  if (!existsSync(settings.configPath)) return policy.tasks === undefined && policy.targets === undefined && policy.aliases === undefined ? [] : [`there is no configuration at ${settings.configPath}: the names are not checked`]
  const file = readConfigFile(readFileSync(settings.configPath, 'utf8'))
  const faults = keyFaults(policy, file, new Set([GENERAL_TASK, ...Object.keys(file.tasks)]))
  if (faults.length > 0) throw new WeighbridgeError('usage', `The key names what the configuration does not have: ${faults.join('; ')}`)
  const config = configAsIfEnabled(settings)
  return keyWarnings(policy, config.targets, config.tasks)
}
