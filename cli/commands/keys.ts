// `weighbridge keys …`: keys of the router, kept as hashes in the data directory. The secret is shown once.
import { KEY_SCOPES, type KeyScope } from '../../core/mount.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { EXIT, type Arguments, type Command, type Terminal } from '../command.ts'
import { openStateIn, Stack } from '../compose/base.ts'
import { locate } from '../compose/settings.ts'
import { table } from '../output.ts'
import type { State } from '../../store/state/state.ts'

export const create: Command = {
  name: 'keys create',
  summary: 'Make a key and show its secret once.',
  usage: '[NAME]',
  options: { scope: { type: 'string', multiple: true, meaning: `One or more of ${KEY_SCOPES.join(', ')} (default call)`, value: 'SCOPE' } },
  run: (terminal, args) =>
    withState(terminal, args, (state) => {
      const asked = args.list('scope')
      const scopes = (asked.length > 0 ? asked : ['call']).map(parseScope)
      const { id, secret } = state.keys.create(args.positionals[0] ?? scopes.join('+'), scopes)
      terminal.out(args.flag('json') ? `${JSON.stringify({ id, secret, scopes })}\n` : `${secret}\n  key ${id}, scope ${scopes.join(', ')}. It is stored only as a hash: keep it now.\n`)
    }),
}

export const list: Command = {
  name: 'keys list',
  summary: 'List keys with their scopes.',
  run: (terminal, args) =>
    withState(terminal, args, (state) => {
      const keys = state.keys.list()
      if (args.flag('json')) terminal.out(`${JSON.stringify(keys)}\n`)
      else terminal.out(table(['id', 'name', 'scopes', 'created', 'revoked'], keys.map((key) => [key.id, key.name, key.scopes.join(','), day(key.createdAt), key.revokedAt === undefined ? '' : day(key.revokedAt)])))
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

async function withState(terminal: Terminal, args: Arguments, work: (state: State) => void): Promise<typeof EXIT.ok> {
  const stack = new Stack()
  const state = openStateIn({ dataDir: locate(terminal, args).dataDir, stack })
  try {
    work(state)
    return EXIT.ok
  } finally {
    state.close()
  }
}

function day(time: string): string {
  return time.slice(0, 16).replace('T', ' ')
}

function parseScope(text: string): KeyScope {
  const scope = KEY_SCOPES.find((known) => known === text)
  if (scope === undefined) throw new WeighbridgeError('usage', `"${text}" is not a scope`, { remedy: `Use one of ${KEY_SCOPES.join(', ')}.` })
  return scope
}
