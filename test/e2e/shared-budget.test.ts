// One budget, three routers in processes of their own: they keep to it together, also when the primary is killed, comes back, and when a
// follower is killed with a call under way. What the provider was asked is the truth that the ledgers are held to.
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { budgetsDocument, type BudgetsDocument } from '../../core/leases.ts'
import { answerBody, json, scriptedProvider, type ScriptedProvider } from '../router/support/scripted-provider.ts'
import { eventually } from '../support/eventually.ts'
import { NOBODY } from '../support/running-router.ts'

const MAIN = fileURLToPath(new URL('../../cli/main.ts', import.meta.url))
/** Tokens that the provider bills, and what a call costs and sets aside at $100 and $200 a million. */
const USAGE = { prompt_tokens: 5, completion_tokens: 100, total_tokens: 105 }
const CALL_USD = (5 * 100 + 100 * 200) / 1e6
const LIMIT_USD = 2
const SLICE = 0.1

let folder: string
let provider: ScriptedProvider
const running: Router[] = []

type Router = { readonly name: string; readonly url: string; readonly process: ChildProcess }

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'shared-'))
  provider = await scriptedProvider((response) => json(response, 200, answerBody('ok', { usage: USAGE })))
})
afterEach(async () => {
  for (const router of running.splice(0)) await stop(router, 'SIGKILL')
  await provider.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Starts `weighbridge router` in a process of its own; a primary without `primaryUrl`. */
async function start(name: string, primaryUrl: string | undefined, port = 0): Promise<Router> {
  const configPath = join(folder, `${name}.yaml`)
  writeFileSync(
    configPath,
    `providers: { p: { base_url: "${provider.url}", timeouts: { first_token_ms: 60000 } } }
targets: { t: { provider: p, model: m, price: { input: 100, output: 200 } } }
chains: { default: [ { target: t } ] }
budgets: { all: { usd: ${LIMIT_USD} }, slice: ${SLICE}, each_session: { steps: 1000 } }
${primaryUrl === undefined ? '' : `router: { primary_url: "${primaryUrl}" }`}
`,
  )
  const dataDir = join(folder, name)
  rmSync(join(dataDir, 'running.json'), { force: true })
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'router', '--config', configPath, '--data', dataDir, '--port', String(port), '--collector-url', NOBODY], { stdio: ['ignore', 'ignore', 'inherit'], env: { PATH: '', HOME: folder } })
  const url = await eventually(() => (JSON.parse(readFileSync(join(dataDir, 'running.json'), 'utf8')) as { router: string }).router, 60_000)
  const router = { name, url, process: child }
  running.push(router)
  return router
}

async function stop(router: Router, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (router.process.exitCode !== null || router.process.signalCode !== null) return
  const gone = once(router.process, 'exit')
  router.process.kill(signal)
  await gone
}

async function call(router: Router, session = 's'): Promise<{ status: number; code: string | undefined }> {
  const answer = await fetch(`${router.url}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json', 'x-weighbridge-session': session }, body: JSON.stringify({ model: 'auto', max_tokens: 100, messages: [{ role: 'user', content: 'Go on' }] }) })
  const body = (await answer.json()) as { error?: { code: string } }
  return { status: answer.status, code: body.error?.code }
}

/** Calls through routers, several at once at each, until every one of them refuses several times running. */
async function spendAll(routers: readonly Router[]): Promise<void> {
  let turn = 0
  await Promise.all(
    routers.flatMap((router) =>
      [1, 2, 3].map(async () => {
        for (let refusals = 0; refusals < 3; ) {
          const { status, code } = await call(router, `s${(turn += 1)}`)
          if (status === 200) refusals = 0
          else {
            expect([status, code]).toEqual([429, 'budget_exceeded'])
            refusals += 1
          }
        }
      }),
    ),
  )
}

async function budgets(router: Router): Promise<BudgetsDocument> {
  return budgetsDocument.parse(await (await fetch(`${router.url}/admin/budgets?budget=all`)).json())
}
const spentUsd = (): number => provider.asked.length * CALL_USD

describe('three routers with one budget', () => {
  it('spend it to the last call together and never more', async () => {
    const primary = await start('primary', undefined)
    const followers = [await start('one', primary.url), await start('two', primary.url)]
    await spendAll([primary, ...followers])
    expect(spentUsd()).toBeLessThanOrEqual(LIMIT_USD)
    // What is left lies in slices that nobody uses now: less than a slice a follower, and a call.
    expect(spentUsd()).toBeGreaterThan(LIMIT_USD * (1 - 2 * SLICE) - 2 * CALL_USD)
    // Stopped in order, a follower gives the rest of its slice back, and the primary can spend it.
    for (const follower of followers) await stop(follower, 'SIGTERM')
    await spendAll([primary])
    expect(LIMIT_USD - spentUsd()).toBeLessThan(2 * CALL_USD)
    const [row] = (await budgets(primary)).rows
    expect(row).toMatchObject({ usd: { spent: expect.closeTo(spentUsd(), 9), set_aside: 0 }, requests: { spent: provider.asked.length } })
    expect((await budgets(primary)).holders).toHaveLength(2)
  }, 180_000)

  it('with the primary killed spend their slices and one more each, and it learns of every dollar when it is back', async () => {
    const primary = await start('primary', undefined)
    const { port } = new URL(primary.url)
    const followers = [await start('one', primary.url), await start('two', primary.url)]
    for (const router of [primary, ...followers]) for (let n = 0; n < 3; n += 1) expect((await call(router)).status).toBe(200)
    await stop(primary, 'SIGKILL')
    const before = spentUsd()
    await spendAll(followers)
    // Each had at most a slice in hand and half of one asked for ahead, and took one alone.
    expect(spentUsd() - before).toBeLessThanOrEqual(2 * (1.5 * SLICE + SLICE) * LIMIT_USD)
    expect(spentUsd()).toBeLessThanOrEqual(LIMIT_USD * (1 + 2 * SLICE))
    for (const follower of followers) expect((await budgets(follower)).leasing).toMatchObject({ reachable: false })
    const again = await start('primary', undefined, Number(port))
    await eventually(async () => (await Promise.all(followers.map(budgets))).every(({ leasing }) => leasing?.reachable === true), 30_000)
    await eventually(async () => Math.abs(((await budgets(again)).rows[0]?.usd.spent ?? NaN) - spentUsd()) < 1e-9, 30_000)
    // And the rest of the budget can be spent again, by all of them.
    await spendAll([again, ...followers])
    expect(spentUsd()).toBeLessThanOrEqual(LIMIT_USD * (1 + 2 * SLICE))
  }, 180_000)

  it('count the calls that a killed follower had under way at what was set aside, once it is back', async () => {
    const primary = await start('primary', undefined)
    const follower = await start('one', primary.url)
    for (let n = 0; n < 4; n += 1) expect((await call(follower)).status).toBe(200)
    let hanging = 0
    provider.script = () => void (hanging += 1)
    const lost = [1, 2, 3].map(() => call(follower).catch(() => undefined))
    await eventually(() => hanging === 3)
    // What is set aside is on disk some milliseconds after the call began; the provider was asked at the same time.
    await eventually(async () => ((await budgets(follower)).rows[0]?.usd.set_aside ?? 0) > 0)
    const held = (await budgets(follower)).rows[0]?.usd.set_aside ?? NaN
    await stop(follower, 'SIGKILL')
    await Promise.all(lost)
    await start('one', primary.url)
    await eventually(async () => Math.abs(((await budgets(primary)).rows[0]?.usd.spent ?? NaN) - (4 * CALL_USD + held)) < 1e-9, 30_000)
    expect((await budgets(primary)).rows[0]?.requests.spent).toBe(7)
  }, 180_000)
})
