// The operators' commands as a person runs them: on the state file while no router runs, at a running router, and with a second router
// that follows the first. No collector and no ClickHouse anywhere: these commands must not need them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { statusText } from '../../cli/status-text.ts'
import { drainAnswer, operationsDocument, type Drain, type OperationsDocument, type TargetOperations } from '../../core/operations.ts'
import { answering, scriptedProvider, type ScriptedProvider } from '../router/support/scripted-provider.ts'
import { eventually } from '../support/eventually.ts'
import { runCommand, type CommandResult } from '../support/run-command.ts'
import { startRouterCommand, type RunningRouterCommand } from '../support/running-router.ts'

let folder: string
let primaryProvider: ScriptedProvider
let spareProvider: ScriptedProvider
const cleanup: (() => Promise<unknown> | void)[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'operators-'))
  primaryProvider = await scriptedProvider(answering('from kimi'))
  spareProvider = await scriptedProvider(answering('from gpt'))
  cleanup.push(() => primaryProvider.close(), () => spareProvider.close())
})

afterEach(async () => {
  for (const close of cleanup.splice(0).reverse()) await close()
  rmSync(folder, { recursive: true, force: true })
})

function writeConfig(extra = '', kimiPrice = '{ input: 1, output: 2 }'): string {
  const path = join(folder, 'weighbridge.yaml')
  writeFileSync(
    path,
    `providers:
  moonshot: { base_url: "${primaryProvider.url}", api_key: "\${MOONSHOT_KEY}" }
  openai: { base_url: "${spareProvider.url}", api_key: "\${OPENAI_KEY}" }
targets:
  kimi: { provider: moonshot, model: kimi-k2, price: ${kimiPrice} }
  gpt: { provider: openai, model: gpt-5.4, price: { input: 2, output: 4 } }
chains: { default: [ { target: kimi }, { target: gpt } ] }
tasks: { facts: { route: { gpt: 1 }, chain: default } }
${extra}`,
  )
  return path
}

function command(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
  return runCommand(words, { cwd: folder, env: { USER: 'ada', ...env } })
}

const PROVIDER_KEYS = { MOONSHOT_KEY: 'sk-m', OPENAI_KEY: 'sk-o' }

/** `weighbridge router` on a data directory of its own, its collector down. */
async function router(dataDir: string, words: readonly string[] = [], env: Readonly<Record<string, string>> = {}): Promise<RunningRouterCommand> {
  const running = await startRouterCommand(folder, dataDir, words, { ...PROVIDER_KEYS, ...env })
  cleanup.push(running.stop)
  return running
}

async function answerOf(url: string, model = 'auto'): Promise<{ status: number; text: string | undefined; target: string | null }> {
  const answer = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] }) })
  const body = (await answer.json()) as { choices?: { message: { content: string } }[] }
  return { status: answer.status, text: body.choices?.[0]?.message.content, target: answer.headers.get('x-weighbridge-target') }
}

describe('while no router runs', () => {
  test('a drain is by the account that the process runs as where the environment names none', async () => {
    writeConfig()
    const { out } = await command(['drain', 'kimi', '--json'], { ...PROVIDER_KEYS, USER: '' })
    expect(JSON.parse(out)).toMatchObject({ drains: [{ author: userInfo().username }] })
  })

  test('a drain is kept in the state file and in force when a router starts there', async () => {
    writeConfig()
    const drained = await command(['drain', 'kimi', '--for', '2h', '--reason', 'bad answers'])
    expect(drained).toMatchObject({ code: 0, err: '' })
    expect(drained.out).toMatch(/target kimi is drained until .* \(2 h\), by ada: bad answers/)
    expect(drained.out).toContain('no router runs here')
    expect(drained.out).toContain('! task general has only gpt left')
    const { url } = await router('.weighbridge')
    expect(await answerOf(url)).toMatchObject({ status: 200, text: 'from gpt' })
  })

  test('a name is found although the providers\' keys are not in this shell, and a wrong one is not', async () => {
    writeConfig()
    expect((await command(['drain', 'moonshot', '--json'])).code).toBe(0)
    const wrong = await command(['drain', 'moonshoot'])
    expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean moonshot') })
  })

  test('an undrain and the history say who did what', async () => {
    writeConfig()
    await command(['drain', 'openai', '--reason', 'maintenance', '--by', 'grace'])
    expect((await command(['drain'])).out).toMatch(/provider\s+openai .*grace\s+maintenance/)
    expect((await command(['undrain', 'openai'])).out).toContain('provider openai is back in traffic')
    expect((await command(['drain'])).out).toBe('Nothing is drained.\n')
    expect((await command(['drain', '--history'])).out).toMatch(/openai .*grace\s+undrained .* by ada\s+maintenance/)
    const again = await command(['undrain', 'openai'])
    expect(again).toMatchObject({ code: 2, err: expect.stringContaining('drain_unknown') })
  })

  test('every drain can be ended at once', async () => {
    writeConfig()
    await command(['drain', 'kimi'])
    await command(['drain', 'openai'])
    const { out } = await command(['undrain', '--all', '--json'])
    expect(drainAnswer.parse(JSON.parse(out)).drains.map((drain) => drain.name).sort()).toEqual(['kimi', 'openai'])
    expect((await command(['undrain', '--all'])).out).toBe('Nothing is drained.\n')
  })

  test('words that cannot be meant are usage errors and drain nothing', async () => {
    writeConfig()
    const wrong = [['drain', 'kimi', '--for', '2x'], ['drain', 'kimi', '--for', '0s'], ['drain', 'kimi', '--until', 'soon'], ['drain', 'kimi', '--until', '2001-01-01'], ['drain', 'kimi', '--for', '1h', '--until', '2999-01-01'], ['drain', 'kimi', '--for', '91d'], ['drain', 'kimi', 'gpt'], ['drain', '--reason', 'x'], ['undrain'], ['undrain', 'kimi', '--all'], ['status', '5'], ['status', '--watch', 'x']]
    for (const words of wrong) expect((await command(words)).code, words.join(' ')).toBe(2)
    expect((await command(['drain', '--history'])).out).toBe('Nothing was ever drained.\n')
  })

  test('status says that nothing runs here', async () => {
    writeConfig()
    expect(await command(['status'])).toMatchObject({ code: 4, err: expect.stringContaining('router_unreachable') })
  })
})

describe('at a running router', () => {
  test('a drain moves traffic with its answer, status shows where to, an undrain moves it back', async () => {
    writeConfig()
    const { url } = await router('.weighbridge')
    expect(await answerOf(url)).toMatchObject({ text: 'from kimi' })
    const drained = await command(['drain', 'moonshot', '--for', '90m', '--reason', 'incident 12'])
    expect(drained.out).toContain(`kept by the router at ${url}`)
    expect(await answerOf(url)).toMatchObject({ text: 'from gpt' })
    // A pin is explicit, but a drained target serves nothing.
    expect(await answerOf(url, 'kimi')).toMatchObject({ text: 'from gpt' })
    const status = await command(['status'])
    expect(status.code).toBe(0)
    expect(status.out).toMatch(/kimi\s+drained\s+\d+ s ago\s+in 1 h (30|29) min.*provider moonshot, by ada: incident 12/)
    expect(status.out).toMatch(/general\s+gpt 100\.0%\s+kimi 100\.0% \(drained\)/)
    const json = operationsDocument.parse(JSON.parse((await command(['status', '--json'])).out))
    expect(json.drains).toMatchObject([{ scope: 'provider', name: 'moonshot', author: 'ada', reason: 'incident 12' }])
    expect(json.targets.map((target) => target.target)).toEqual(['kimi', 'gpt'])
    await command(['undrain', 'moonshot'])
    expect(await answerOf(url)).toMatchObject({ text: 'from kimi' })
    // The same page shows a price that moved while it ran.
    writeConfig('aliases: {}', '{ input: 2, output: 4 }')
    await eventually(async () => /kimi .*\$1 in.*\$2 in.*configuration/.test((await command(['status'])).out))
  })

  test('with the last target drained calls are refused by name, and status ends with 1', async () => {
    writeConfig()
    const { url } = await router('.weighbridge')
    await command(['drain', 'kimi'])
    const last = await command(['drain', 'gpt', '--reason', 'kept from clients'])
    expect(last).toMatchObject({ code: 0, out: expect.stringContaining('! task general has no target left') })
    const refused = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'Hello' }] }) })
    const text = await refused.text()
    expect(refused.status).toBe(422)
    expect(text).toContain('drained until')
    // An id may hold these letters by chance: the name stands alone.
    expect(text).not.toMatch(/kept from clients|\bada\b/)
    const status = await command(['status'])
    expect(status).toMatchObject({ code: 1, out: expect.stringContaining('task general has no target left') })
  })

  test('what a command writes to the state file itself reaches the running router', async () => {
    writeConfig()
    const { url } = await router('data-of-router')
    // Another folder's commands do not know this router; on its data directory without its note they write the file.
    rmSync(join(folder, 'data-of-router', 'running.json'))
    const drained = await command(['drain', 'kimi', '--data', 'data-of-router'])
    expect(drained.out).toContain('no router runs here')
    await eventually(async () => (await answerOf(url)).text === 'from gpt', 5_000)
  })

  test('a drain survives a restart of the router', async () => {
    writeConfig()
    const first = await router('.weighbridge')
    await command(['drain', 'kimi'])
    await first.stop()
    const second = await router('.weighbridge')
    expect(await answerOf(second.url)).toMatchObject({ text: 'from gpt' })
  })

  test('the commands need a key with the right scope where keys are in force', async () => {
    writeConfig()
    await router('.weighbridge')
    const keyOf = async (scope: string): Promise<string> => (JSON.parse((await command(['keys', 'create', scope, '--scope', scope, '--json'])).out) as { secret: string }).secret
    const [read, admin] = [await keyOf('read'), await keyOf('admin')]
    expect(await command(['status'])).toMatchObject({ code: 4, err: expect.stringContaining('key_missing') })
    expect((await command(['status'], { WEIGHBRIDGE_KEY: read })).code).toBe(0)
    expect(await command(['drain', 'kimi'], { WEIGHBRIDGE_KEY: read })).toMatchObject({ code: 4, err: expect.stringContaining('key_scope') })
    expect((await command(['drain', 'kimi'], { WEIGHBRIDGE_KEY: admin })).code).toBe(0)
    // What the router refuses is said once, with what to do.
    const wrong = await command(['drain', 'kimmi'], { WEIGHBRIDGE_KEY: admin })
    expect(wrong.err).toBe('weighbridge: There is no target or provider "kimmi". Did you mean kimi? [unknown_target]\n  → Name a target or a provider from the config; `weighbridge status` lists them.\n')
    expect(wrong.code).toBe(2)
  })
})

describe('a router that follows a primary', () => {
  test('takes up drains and keys within seconds, keeps both when the primary is gone, and says how old they are', async () => {
    writeConfig()
    const primary = await router('primary', ['--primary'])
    const adminKey = (JSON.parse((await command(['keys', 'create', '--scope', 'admin,call', '--json', '--data', 'primary'])).out) as { secret: string }).secret
    writeConfig(`router: { primary_url: "${primary.url}" }`)
    const follower = await router('follower', [], { WEIGHBRIDGE_PRIMARY_KEY: adminKey })
    const key = { WEIGHBRIDGE_KEY: adminKey }
    const call = async (url: string): Promise<string | undefined> => {
      const answer = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json', authorization: `Bearer ${adminKey}` }, body: JSON.stringify({ model: 'auto', messages: [{ role: 'user', content: 'Hello' }] }) })
      return ((await answer.json()) as { choices?: { message: { content: string } }[] }).choices?.[0]?.message.content
    }
    expect(await call(follower.url)).toBe('from kimi')
    expect((await answerOf(follower.url)).status).toBe(401)
    // Asked at the follower, the command goes to the primary.
    const drained = await command(['drain', 'kimi', '--data', 'follower'], key)
    expect(drained.out).toContain(`the router at ${primary.url}`)
    const started = performance.now()
    await eventually(async () => (await call(follower.url)) === 'from gpt', 5_000)
    expect(performance.now() - started).toBeLessThan(5_000)
    await primary.stop()
    await eventually(async () => (await command(['status', '--data', 'follower'], key)).out.includes('the primary cannot be followed'), 10_000)
    const status = await command(['status', '--data', 'follower'], key)
    expect(status.out).toContain(`follows ${primary.url}`)
    expect(status.out).toMatch(/drains as of .* ago, keys as of .* ago/)
    expect(await call(follower.url)).toBe('from gpt')
    await follower.stop()
    const again = await router('follower', [], { WEIGHBRIDGE_PRIMARY_KEY: adminKey })
    expect(await call(again.url)).toBe('from gpt')
    expect(await command(['drain', 'gpt', '--data', 'follower'], key)).toMatchObject({ code: 4, err: expect.stringContaining('router_unreachable') })
  }, 60_000)
})

describe('the text of a status', () => {
  const at = Date.parse('2026-03-01T12:00:00Z')
  const target = (name: string, known: Partial<TargetOperations> = {}): TargetOperations => ({ target: name, provider: 'p', model: name, effort: null, kind: 'chat', state: 'ok', code: null, held_ms: null, left_ms: null, keys: { total: 1, resting: [] }, in_flight: 0, last_minute: { attempts: 0, errors: 0 }, ...known })
  const base: OperationsDocument = { config_hash: 'c', route_version: 4, for_request: { input_tokens: 1000, output_tokens: 300 }, targets: [], tasks: [], spool: { records: 0, bytes: 0, oldest_ms: null, dropped: 0 }, now_at: at, ready: true, route_table: { source: 's', fault: null }, notes: {}, config_fault: null, warnings: [], following: null, drains: [], price_changes: [] }
  const drain: Drain = { id: 'd', scope: 'target', name: 'b', reason: 'why', author: 'ada', key_id: null, started_at: at - 60_000, until_at: at + 7_200_000, ended_at: null, ended_how: null, ended_by: null }
  const show = (known: Partial<OperationsDocument>): string => statusText({ ...base, ...known }, 'http://r', { isTty: false })

  test('has for each target its state, since when, until when and why', () => {
    const text = show({
      targets: [
        target('a', { in_flight: 3, last_minute: { attempts: 40, errors: 2 } }),
        target('b', { state: 'cooling', code: 'provider_timeout_first_token', held_ms: 5_000, left_ms: 55_000 }),
        target('c', { state: 'half_open', code: 'provider_server_error', held_ms: 90_000 }),
        target('d', { keys: { total: 3, resting: [{ number: 2, code: 'provider_rate_limited', left_ms: 12_000 }] } }),
      ],
      drains: [drain],
    })
    expect(text).toMatch(/^a +ok +3 +40 +2/m)
    expect(text).toMatch(/^b +drained +1 min ago +in 2 h .*by ada: why \(also cooling: provider_timeout_first_token\)/m)
    expect(text).toMatch(/^c +half-open +1 min 30 s ago +– .*provider_server_error/m)
    expect(text).toMatch(/^d +ok .*2\/3 +key 2 rests 12 s: provider_rate_limited/m)
  })

  test('says whose traffic goes where instead, and which prices moved', () => {
    const text = show({
      tasks: [{ task: 'facts', weights: { a: 0.7, b: 0.3 }, shares: { b: 1 }, failover: ['c'], excluded: [{ target: 'a', reason: 'cooling', detail: '…' }] }],
      price_changes: [{ target: 'a', at, cause: 'price file', before: '$1.00 in, $2.00 out', after: '$2.00 in, $4.00 out', over: ['default/a'] }],
    })
    expect(text).toMatch(/facts +b 100\.0% +a 70\.0% \(cooling\) +c/)
    expect(text).toMatch(/a +2026-03-01 12:00:00 UTC +\$1\.00 in, \$2\.00 out +\$2\.00 in, \$4\.00 out +price file +default\/a/)
  })

  test('puts first what needs a person', () => {
    const text = show({
      ready: false,
      config_fault: 'line 3',
      route_table: { source: 's', fault: 'bad hash' },
      notes: { facts: 'changed since' },
      warnings: ['provider x is disabled'],
      following: { url: 'http://p', reachable: false, drains_age_ms: 61_000, keys_age_ms: null, fault: 'timeout' },
      tasks: [{ task: 'facts', weights: {}, shares: {}, failover: [], excluded: [{ target: 'a', reason: 'drained', detail: '' }] }],
      spool: { records: 7, bytes: 1, oldest_ms: 65_000, dropped: 2 },
    })
    const head = text.slice(0, text.indexOf('\n\n'))
    for (const part of ['NOT READY', 'follows http://p', '7 span batch(es)', 'for 1 min 5 s', 'line 3', 'bad hash', 'facts: changed since', 'provider x is disabled', 'drains as of 1 min 1 s ago, keys as of never', 'task facts has no target left', '2 span batch(es) were dropped']) expect(head).toContain(part)
  })

  test('a watch goes on while the router is away and ends with the last state', async () => {
    const stopping = new AbortController()
    let asked = 0
    const server = createServer((_request, response) => {
      asked += 1
      if (asked === 3) stopping.abort()
      response.writeHead(asked === 2 ? 503 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(asked === 2 ? { error: { code: 'overloaded', message: 'starting' } } : { ...base, route_version: asked }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanup.push(() => new Promise((resolve) => server.close(resolve)))
    const { port } = server.address() as AddressInfo
    const { code, out } = await runCommand(['status', '--watch', '0.1', '--json', '--url', `http://127.0.0.1:${port}`], { cwd: folder, signal: stopping.signal })
    const lines = out.trim().split('\n').map((line) => JSON.parse(line) as { route_version?: number; error?: { code: string } })
    expect(lines.map((line) => line.route_version ?? line.error?.code)).toEqual([1, 'overloaded', 3])
    expect(code).toBe(0)
  })
})
