// Keys with rules and budgets as a person runs them: made, changed, shown, bound at a running router, seen in status, begun anew.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { budgetAlarms, budgetTable } from '../../cli/budgets-text.ts'
import { budgetsDocument, type BudgetRow, type BudgetsDocument } from '../../core/leases.ts'
import { operationsDocument } from '../../core/operations.ts'
import { answering, scriptedProvider, type ScriptedProvider } from '../router/support/scripted-provider.ts'
import { eventually } from '../support/eventually.ts'
import { runCommand, type CommandResult } from '../support/run-command.ts'
import { startRouterCommand } from '../support/running-router.ts'

let folder: string
let provider: ScriptedProvider
const cleanup: (() => Promise<unknown> | void)[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'budgets-'))
  provider = await scriptedProvider(answering('hi'))
  cleanup.push(() => provider.close())
})

afterEach(async () => {
  for (const close of cleanup.splice(0).reverse()) await close()
  rmSync(folder, { recursive: true, force: true })
})

function writeConfig(extra = ''): void {
  writeFileSync(
    join(folder, 'weighbridge.yaml'),
    `providers: { p: { base_url: "${provider.url}", api_key: "\${P_KEY}" } }
targets:
  small: { provider: p, model: small-model, price: { input: 1, output: 2 } }
  large: { provider: p, model: large-model, price: { input: 10, output: 20 } }
chains: { default: [ { target: small }, { target: large } ] }
tasks: { facts: {} }
${extra}`,
  )
}

function command(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
  return runCommand(words, { cwd: folder, env })
}

async function router(words: readonly string[] = []): Promise<string> {
  const running = await startRouterCommand(folder, '.weighbridge', words, { P_KEY: 'sk' })
  cleanup.push(running.stop)
  return running.url
}

async function made(words: readonly string[]): Promise<{ id: string; secret: string }> {
  const { out, err } = await command(['keys', 'create', ...words, '--json'])
  if (err !== '') throw new Error(err)
  return JSON.parse(out) as { id: string; secret: string }
}

async function ask(url: string, secret: string | undefined, body: Record<string, unknown> = {}, headers: Record<string, string> = {}): Promise<{ status: number; code: string | undefined; headers: Headers }> {
  const answer = await fetch(`${url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json', ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }), ...headers }, body: JSON.stringify({ model: 'auto', max_tokens: 100, messages: [{ role: 'user', content: 'Hello' }], ...body }) })
  return { status: answer.status, code: ((await answer.json()) as { error?: { code: string } }).error?.code, headers: answer.headers }
}

describe('keys with rules', () => {
  test('are made, shown, changed and listed, and the secret is never seen again', async () => {
    writeConfig()
    const { out } = await command(['keys', 'create', 'checkout', '--tasks', 'facts,general', '--targets', 'p/*', '--alias', 'gpt-4o=task:facts', '--usd-per-day', '5', '--rpm', '60', '--limit', 'tokens_per_hour=100000', '--expires', '30d', '--owner', 'ada', '--tag', 'team=payments'])
    const secret = out.split('\n')[0] ?? ''
    const id = /key (key_[0-9a-f]+)/.exec(out)?.[1] ?? ''
    expect(out).toContain('limits   usd_per_day=5, tokens_per_hour=100000, requests_per_minute=60')
    const shown = await command(['keys', 'show', id])
    expect(shown.out).toMatch(/key key_\w+ "checkout", scope call[^]*owner {4}ada\n {2}tasks {4}facts, general\n {2}targets {2}p\/\*\n {2}aliases {2}gpt-4o=task:facts\n {2}tags {5}team=payments/)
    const listed = await command(['keys', 'list'])
    expect(listed.out).toMatch(/checkout\s+call\s+ada .*tasks facts,general; targets p\/\*; 1 alias\(es\); usd_per_day 5; .*team=payments/)
    await command(['keys', 'update', id, '--usd-per-day', '7', '--tasks', 'facts', '--clear', 'owner,expires,aliases', '--tag', 'env=prod'])
    const json = JSON.parse((await command(['keys', 'show', id, '--json'])).out) as { policy: unknown }
    expect(json.policy).toEqual({ tasks: ['facts'], targets: ['p/*'], tags: { team: 'payments', env: 'prod' }, limits: { usd_per_day: 7, requests_per_minute: 60, tokens_per_hour: 100_000 } })
    for (const words of [['keys', 'list'], ['keys', 'list', '--json'], ['keys', 'show', id], ['keys', 'show', id, '--json']]) expect((await command(words)).out).not.toContain(secret)
    expect((await command(['keys', 'update', 'key_none', '--rpm', '1'])).code).toBe(2)
    expect((await command(['keys', 'show', 'key_none'])).err).toContain('key_unknown')
  })

  test('that cannot be meant are refused by name, and no key is made', async () => {
    writeConfig()
    const wrong: [string[], RegExp][] = [
      [['--tasks', 'fcts'], /no task "fcts"/],
      [['--alias', 'gpt-4o=nothing'], /"nothing" is not auto/],
      [['--alias', 'gpt-4o'], /--alias takes NAME=VALUE/],
      [['--limit', 'usd_per_week=1'], /no limit "usd_per_week"/],
      [['--limit', 'usd=x'], /--limit usd takes a number/],
      [['--usd-per-day=-1'], /--usd-per-day takes a number/],
      [['--rpm', '1.5'], /requests_per_minute/],
      [['--expires', 'soon'], /--expires takes a time/],
      [['--expires', '2001-01-01'], /must lie in the future/],
      [['--tag', 'te am=x'], /tags/],
      [['--tag', 'team='], /--tag takes/],
    ]
    for (const [words, message] of wrong) expect(await command(['keys', 'create', 'x', ...words]), words.join(' ')).toMatchObject({ code: 2, err: expect.stringMatching(message) })
    expect(JSON.parse((await command(['keys', 'list', '--json'])).out)).toEqual([])
  })

  test('that leave nothing to use are made with a warning, and without a configuration names are not checked', async () => {
    writeConfig()
    expect((await command(['keys', 'create', 'x', '--targets', 'smal'])).out).toContain('! "smal" in its targets fits no enabled target')
    rmSync(join(folder, 'weighbridge.yaml'))
    expect((await command(['keys', 'create', 'y', '--tasks', 'anything', '--data', '.weighbridge'])).out).toContain('the names are not checked')
  })
})

describe('at a running router', () => {
  test('a key is held to its rules, a change holds at once, and show says what it used', async () => {
    writeConfig()
    const url = await router()
    const admin = await made(['ops', '--scope', 'admin'])
    const app = await made(['app', '--targets', 'small', '--limit', 'requests=2', '--tag', 'team=x'])
    const env = { WEIGHBRIDGE_KEY: admin.secret }
    expect((await ask(url, app.secret)).status).toBe(200)
    expect(await ask(url, app.secret, { model: 'large' })).toMatchObject({ status: 403, code: 'not_allowed_target' })
    expect((await ask(url, app.secret)).status).toBe(200)
    expect(await ask(url, app.secret)).toMatchObject({ status: 429, code: 'budget_exceeded' })
    expect((await command(['keys', 'show', app.id], env)).out).toMatch(/key\s+app \(key_\w+\)\s+requests\s+2 .* 2\s+100\.0%\s+never\s+OVER/)
    await command(['keys', 'update', app.id, '--limit', 'requests=3', '--clear', 'targets'])
    expect((await eventually(async () => ((await ask(url, app.secret, { model: 'large' })).status === 200 ? true : undefined))) === true).toBe(true)
    await command(['keys', 'revoke', app.id])
    await eventually(async () => (await ask(url, app.secret)).status === 401)
  })

  test('budgets and status show limits, spending and who is over, and a reset begins anew', async () => {
    writeConfig('budgets: { all: { usd: 0.0021 }, tasks: { facts: { requests_per_day: 5 } }, each_trace: { steps: 1 } }')
    const url = await router()
    const trace = 'd'.repeat(32)
    const traced = { traceparent: `00-${trace}-${'b'.repeat(16)}-01` }
    expect((await ask(url, undefined, {}, traced)).status).toBe(200)
    expect(await ask(url, undefined, {}, traced)).toMatchObject({ status: 409, code: 'step_limit' })
    expect((await ask(url, undefined, {})).status).toBe(200)
    expect(await ask(url, undefined)).toMatchObject({ status: 429, code: 'budget_exceeded' })
    const shown = await command(['budgets'])
    expect(shown.out).toMatch(/all\s+usd\s+\$0\.0024\s+\$0\s+\$0\.0021\s+114\.3%\s+never\s+OVER/)
    expect(shown.out).toMatch(/task\s+facts\s+requests\/day\s+0 .* 5\s+0\.0%\s+in /)
    expect(shown.out).toMatch(new RegExp(`trace\\s+-/${trace}\\s+requests\\s+1 .* OVER`))
    const status = await command(['status'])
    expect(status.out).toContain('! budget all is used up this time: its calls are refused until it is raised or reset')
    expect(status.out).toContain('! 1 trace(s), session(s) or user(s) have reached their limit')
    expect(status.out).toMatch(/Budgets:\nbudget[^]*all\s+usd/)
    expect(operationsDocument.parse(JSON.parse((await command(['status', '--json'])).out)).budgets?.rows.find((row) => row.budget === 'all')).toMatchObject({ over: true, usd: { spent: 0.0024, limit: 0.0021 } })
    const over = budgetsDocument.parse(JSON.parse((await command(['budgets', '--over', '--json'])).out))
    expect(over.rows.map((row) => row.budget).sort()).toEqual(['all', 'trace'])
    expect((await command(['budgets', 'reset', 'trace', trace])).out).toBe(`trace ${trace} begins anew (total); what it repeated is forgotten.\n`)
    expect((await command(['budgets', 'reset', 'all'])).out).toBe('all begins anew (total).\n')
    expect((await ask(url, undefined, {}, traced)).status).toBe(200)
    expect((await command(['budgets', '--budget', 'all'])).out).toMatch(/all\s+usd\s+\$0\.0012/)
    expect(await command(['budgets', 'reset', 'trace', 'nobody'])).toMatchObject({ code: 2, err: expect.stringContaining('budget_unknown') })
    expect((await command(['budgets', 'reset'])).code).toBe(2)
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toContain('weighbridge_limit_refusals_total{code="step_limit",budget="trace steps"} 1')
    expect(metrics).toMatch(/weighbridge_budget_used_ratio\{budget="all",window="total"\} 0\.57/)
    expect(metrics).not.toContain(trace)
  })

  test('who may look, and who may reset', async () => {
    writeConfig('budgets: { all: { requests_per_day: 9 } }')
    const url = await router()
    const keys = { admin: await made(['a', '--scope', 'admin']), read: await made(['r', '--scope', 'read']), call: await made(['c']) }
    const statusOf = async (method: string, path: string, secret?: string): Promise<number> => (await fetch(url + path, { method, headers: { 'content-type': 'application/json', ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }) }, ...(method === 'POST' ? { body: '{}' } : {}) })).status
    expect([await statusOf('GET', '/admin/budgets'), await statusOf('GET', '/admin/budgets', keys.call.secret), await statusOf('GET', '/admin/budgets', keys.read.secret)]).toEqual([401, 403, 200])
    expect([await statusOf('DELETE', '/admin/budgets/all', keys.read.secret), await statusOf('POST', '/admin/budgets/lease', keys.read.secret)]).toEqual([403, 403])
    await ask(url, keys.call.secret)
    expect([await statusOf('DELETE', '/admin/budgets/all', keys.admin.secret), await statusOf('POST', '/admin/budgets/lease', keys.admin.secret)]).toEqual([200, 400])
    expect([await statusOf('GET', '/admin/budgets?most=0', keys.read.secret), await statusOf('GET', '/admin/budgets/all', keys.read.secret), await statusOf('PUT', '/admin/budgets', keys.admin.secret), await statusOf('DELETE', '/admin/budgets/%E0%A4%A', keys.admin.secret)]).toEqual([400, 404, 405, 400])
  })

  test('budgets hold through a restart, and are shown before the first call after it', async () => {
    writeConfig('budgets: { all: { usd: 0.0021 } }')
    const running = await startRouterCommand(folder, '.weighbridge', [], { P_KEY: 'sk' })
    expect((await ask(running.url, undefined)).status).toBe(200)
    expect((await ask(running.url, undefined)).status).toBe(200)
    await running.stop()
    const url = await router()
    expect((await command(['budgets'])).out).toMatch(/all\s+usd\s+\$0\.0024 .* OVER/)
    expect((await ask(url, undefined)).status).toBe(429)
  })
})

describe('the text of budgets', () => {
  const NOW = Date.parse('2026-03-01T12:00:00Z')
  const usage = (over: Partial<BudgetRow['usd']> = {}): BudgetRow['usd'] => ({ limit: null, spent: 0, set_aside: 0, lent: 0, ...over })
  const row = (over: Partial<BudgetRow>): BudgetRow => ({ budget: 'all', subject: '', subject_name: null, simulated: false, window: 'day', resets_at: NOW + 3_600_000, usd: usage(), tokens: usage(), requests: usage(), lost_usd: 0, over: false, share: null, ...over })
  const document = (over: Partial<BudgetsDocument>): BudgetsDocument => ({ now_at: NOW, primary: null, rows: [], more: 0, holders: [], leasing: null, written: true, ...over })

  test('has a line for each limit, and none for what nothing limits', () => {
    const text = budgetTable([row({ budget: 'key', subject: 'key_1', subject_name: 'app', usd: usage({ limit: 5, spent: 1, set_aside: 0.5, lent: 0.25 }), tokens: usage({ spent: 99 }), requests: usage({ limit: 2, spent: 2 }) }), row({ budget: 'tag:team', subject: 'x', simulated: true })], NOW)
    expect(text).toMatch(/key\s+app \(key_1\)\s+usd\/day\s+\$1\s+\$0\.5\s+\$0\.25\s+\$5\s+35\.0%\s+in 1 h\n/)
    expect(text).toMatch(/requests\/day\s+2\s+0\s+2\s+100\.0%\s+in 1 h\s+OVER\n/)
    expect(text).not.toMatch(/team|99/)
    expect(budgetTable([], NOW)).toBe('Nothing is limited.\n')
  })

  test('says what needs a person: who is over, a primary that does not share, a disk that does not take it, money that was lost count of', () => {
    expect(budgetAlarms(document({ rows: [row({ over: true }), row({ budget: 'trace', subject: 't', over: true }), row({ lost_usd: 0.5 })], leasing: { reachable: false, heard_at: NOW - 60_000, fault: 'connect ECONNREFUSED' }, written: false, primary: 'http://p' }))).toEqual([
      'budget all is used up this day: its calls are refused for another 1 h',
      '1 trace(s), session(s) or user(s) have reached their limit',
      'the primary does not share budgets: connect ECONNREFUSED; this router goes on with its slices, last told 1 min ago',
      'what budgets count cannot be written to disk; a restart would forget it',
      expect.stringContaining('only set aside when a router was killed'),
      'figures are as this router last heard them; who holds what is at http://p',
    ])
    expect(budgetAlarms(document({}))).toEqual([])
  })
})
