// `weighbridge keys …`: keys of the router, kept as hashes in the data directory, with what each may do. The secret is shown once.
import { KEY_SCOPES, type KeyScope } from '../../core/mount.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { systemClock } from '../../core/seams.ts'
import { budgetsDocument, type BudgetRow } from '../../core/leases.ts'
import type { KeyRecord } from '../../store/state/keys.ts'
import type { State } from '../../store/state/state.ts'
import { budgetTable } from '../budgets-text.ts'
import { EXIT, type Arguments, type Command, type Terminal } from '../command.ts'
import { openStateIn, Stack } from '../compose/base.ts'
import { OPERATOR_PATIENCE_MS } from '../compose/drain-door.ts'
import { routerClientAt } from '../compose/router-client.ts'
import { readRunning } from '../compose/running.ts'
import { locate, type Settings } from '../compose/settings.ts'
import { checkedAgainstConfig, CLEARABLE, policyFrom, POLICY_OPTIONS } from '../keys/policy-options.ts'
import { policyLines, policySummary } from '../keys/policy-text.ts'
import { table } from '../output.ts'

export const create: Command = {
  name: 'keys create',
  summary: 'Make a key and show its secret once.',
  usage: '[NAME]',
  options: { scope: { type: 'string', multiple: true, meaning: `One or more of ${KEY_SCOPES.join(', ')} (default call)`, value: 'SCOPE' }, ...POLICY_OPTIONS },
  run: (terminal, args) =>
    withState(terminal, args, (state, settings) => {
      const asked = args.list('scope')
      const scopes = (asked.length > 0 ? asked : ['call']).map(parseScope)
      const policy = policyFrom(args, undefined, systemClock.nowMs())
      const warnings = checkedAgainstConfig(settings, policy)
      const { id, secret } = state.keys.create(args.positionals[0] ?? scopes.join('+'), scopes, policy)
      if (args.flag('json')) terminal.out(`${JSON.stringify({ id, secret, scopes, ...(policy === undefined ? {} : { policy }), ...(warnings.length > 0 ? { warnings } : {}) })}\n`)
      else terminal.out(`${secret}\n  key ${id}, scope ${scopes.join(', ')}. It is stored only as a hash: keep it now.\n${lines(policyLines(policy))}${warningText(warnings)}`)
    }),
}

export const list: Command = {
  name: 'keys list',
  summary: 'List keys with their scopes and what each may do.',
  run: (terminal, args) =>
    withState(terminal, args, (state) => {
      const keys = state.keys.list()
      if (args.flag('json')) terminal.out(`${JSON.stringify(keys)}\n`)
      else terminal.out(table(['id', 'name', 'scopes', 'owner', 'created', 'ends', 'may'], keys.map((key) => [key.id, key.name, key.scopes.join(','), key.policy?.owner ?? '', day(key.createdAt), endText(key), policySummary(key.policy)])))
    }),
}

export const show: Command = {
  name: 'keys show',
  summary: 'Show what a key may do and, where a router runs here, what it has used.',
  usage: 'ID',
  run: async (terminal, args) => {
    const id = args.one('key id')
    const { key, settings } = await withStateOf(terminal, args, (state, at) => ({ key: find(state, id), settings: at }))
    const used = await usedBy(terminal, settings, id)
    if (args.flag('json')) terminal.out(`${JSON.stringify({ ...key, used: used ?? null })}\n`)
    else {
      terminal.out(`key ${key.id} "${key.name}", scope ${key.scopes.join(', ')}, made ${day(key.createdAt)} UTC${key.revokedAt === undefined ? '' : `, revoked ${day(key.revokedAt)} UTC`}\n${lines(policyLines(key.policy))}`)
      terminal.out(used === undefined ? '  What it has used is known to the router, which does not run here (or needs WEIGHBRIDGE_KEY with scope read).\n' : used.length === 0 ? '  Nothing is counted for it.\n' : `\n${budgetTable(used, systemClock.nowMs())}`)
    }
    return EXIT.ok
  },
}

export const update: Command = {
  name: 'keys update',
  summary: 'Change what a key may do; its secret stays.',
  usage: 'ID',
  help: `What no option names stays as it is. --clear takes parts away: ${CLEARABLE.join(', ')}. Holds at once, at following routers within seconds.`,
  options: { ...POLICY_OPTIONS, clear: { type: 'string', multiple: true, meaning: `Take away ${CLEARABLE.join(', ')}`, value: 'PART,…' } },
  run: (terminal, args) =>
    withState(terminal, args, (state, settings) => {
      const id = args.one('key id')
      const policy = policyFrom(args, find(state, id).policy, systemClock.nowMs())
      const warnings = checkedAgainstConfig(settings, policy)
      const key = state.keys.update(id, policy)
      if (args.flag('json')) terminal.out(`${JSON.stringify({ ...key, ...(warnings.length > 0 ? { warnings } : {}) })}\n`)
      else terminal.out(`Key ${key.id} "${key.name}" is changed.\n${lines(policyLines(key.policy))}${warningText(warnings)}`)
    }),
}

export const revoke: Command = {
  name: 'keys revoke',
  summary: 'Revoke a key by its id.',
  usage: 'ID',
  run: (terminal, args) =>
    withState(terminal, args, (state) => {
      const id = args.one('key id')
      if (!state.keys.revoke(id)) throw new WeighbridgeError('key_invalid', `There is no key "${id}" in force`)
      const left = state.keys.list().filter((key) => key.revokedAt === undefined).length
      terminal.out(args.flag('json') ? `${JSON.stringify({ revoked: id, left })}\n` : `Key ${id} is revoked.${left === 0 ? ' No key is left: on loopback everything is open again, beyond it nothing is.' : ''}\n`)
    }),
}

async function withState(terminal: Terminal, args: Arguments, work: (state: State, settings: Settings) => void): Promise<typeof EXIT.ok> {
  await withStateOf(terminal, args, work)
  return EXIT.ok
}

async function withStateOf<T>(terminal: Terminal, args: Arguments, work: (state: State, settings: Settings) => T): Promise<T> {
  const stack = new Stack()
  const settings = locate(terminal, args)
  const state = openStateIn({ dataDir: settings.dataDir, stack })
  try {
    return work(state, settings)
  } finally {
    state.close()
  }
}

function find(state: State, id: string): KeyRecord {
  const key = state.keys.list().find((one) => one.id === id)
  if (key === undefined) throw new WeighbridgeError('key_unknown', `There is no key "${id}"`)
  return key
}

/** What the router here has counted for a key; `undefined`: it cannot be asked. */
async function usedBy(terminal: Terminal, settings: Settings, id: string): Promise<readonly BudgetRow[] | undefined> {
  const url = readRunning(settings.dataDir)?.router
  if (url === undefined) return undefined
  try {
    const client = routerClientAt(url, terminal.env['WEIGHBRIDGE_KEY'], OPERATOR_PATIENCE_MS)
    return (await client.get(`/admin/budgets?budget=key&subject=${encodeURIComponent(id)}`, budgetsDocument)).rows
  } catch {
    return undefined
  }
}

function endText(key: KeyRecord): string {
  if (key.revokedAt !== undefined) return `revoked ${day(key.revokedAt)}`
  const end = key.policy?.expires_at
  if (end === undefined) return ''
  return `${end <= systemClock.nowMs() ? 'expired ' : ''}${day(new Date(end).toISOString())}`
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `  ${text}\n`).join('')
}

function warningText(warnings: readonly string[]): string {
  return warnings.map((warning) => `  ! ${warning}\n`).join('')
}

function day(time: string): string {
  return time.slice(0, 16).replace('T', ' ')
}

function parseScope(text: string): KeyScope {
  const scope = KEY_SCOPES.find((known) => known === text)
  if (scope === undefined) throw new WeighbridgeError('usage', `"${text}" is not a scope`, { remedy: `Use one of ${KEY_SCOPES.join(', ')}.` })
  return scope
}
