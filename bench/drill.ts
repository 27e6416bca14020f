// The incident drill with a stop-watch: the first provider of the chain hangs, ClickHouse and the collector hang too, and callers go on
// calling two routers while an operator drains, looks, loses the primary to kill -9, restarts it and undrains. Opt-in. Prints what
// callers felt in each phase and how long each act took; ends with 1 when a call failed or an act took longer than it may.
//   node bench/drill.ts [--json] [--rate CALLS_PER_SECOND] [--phase-ms MS]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Callers } from './drill/callers.ts'
import { blackHole, runCommand, stagedProvider, startRouter, stopRouter, type Command, type StagedRouter } from './drill/stage.ts'
import { quantile, table } from './gateway/figures.ts'

const { values: flags } = parseArgs({ options: { json: { type: 'boolean', default: false }, rate: { type: 'string', default: '40' }, 'phase-ms': { type: 'string', default: '4000' } } })
const rate = Number(flags.rate)
const phaseMs = Number(flags['phase-ms'])
/** A drain reaches every router within this (DESIGN §6.13). */
const REACH_MS = 5_000
/** An act that takes longer than this is not one for an incident. */
const PATIENCE_MS = 90_000

type Act = { readonly act: string; readonly ms: number; readonly limitMs: number | undefined }
const acts: Act[] = []
const note = (act: string, ms: number, limitMs?: number): void => {
  acts.push({ act, ms, limitMs })
  process.stderr.write(`  ${act}: ${ms.toFixed(0)} ms\n`)
}

const dir = mkdtempSync(join(tmpdir(), 'weighbridge-drill-'))
const [first, second, hole] = [await stagedProvider('first'), await stagedProvider('second'), await blackHole()]
const ground = { dir, env: { PATH: process.env['PATH'] ?? '', CLICKHOUSE_URL: hole.url, USER: 'drill' } }
const callers = new Callers()
const routers = new Set<StagedRouter>()

function writeConfig(primaryUrl: string | undefined): void {
  const lines = [
    'providers:',
    `  first: { base_url: "${first.url}", timeouts: { first_token_ms: 1000 }, retries: 0 }`,
    `  second: { base_url: "${second.url}" }`,
    'targets:',
    '  one: { provider: first, model: m1, price: { input: 1, output: 2 } }',
    '  two: { provider: second, model: m2, price: { input: 2, output: 4 } }',
    'chains: { default: [ { target: one }, { target: two } ] }',
    'ui: { port: off }',
    ...(primaryUrl === undefined ? [] : [`router: { primary_url: "${primaryUrl}" }`]),
  ]
  writeFileSync(join(dir, 'weighbridge.yaml'), `${lines.join('\n')}\n`)
}

async function router(name: string, words: readonly string[]): Promise<StagedRouter> {
  const started = await startRouter(ground, name, ['--collector-url', hole.url, ...words])
  routers.add(started)
  return started
}

async function command(act: string, words: readonly string[], expected: RegExp): Promise<Command> {
  const result = await runCommand(ground, words)
  if (result.code !== 0 || !expected.test(result.out)) throw new Error(`${words.join(' ')} ended with ${result.code}: ${result.out}`)
  note(act, result.ms)
  return result
}

/** Milliseconds from `sinceMs` until `holds`. */
async function until(sinceMs: number, what: string, holds: () => Promise<boolean> | boolean): Promise<number> {
  while (!(await holds())) {
    if (performance.now() - sinceMs > PATIENCE_MS) throw new Error(`${what}: not within ${PATIENCE_MS} ms`)
    await delay(5)
  }
  return performance.now() - sinceMs
}

/** Milliseconds from `sinceMs` to the last request of a router that still reached the first provider; 0: none did. */
function lastAsked(name: string, sinceMs: number): number {
  return Math.max(0, ...first.asked.filter((asked) => asked.router === name).map((asked) => asked.atMs - sinceMs))
}

const answeredByFirst = (name: string, sinceMs: number): boolean => callers.calls.some((call) => call.router === name && call.provider === 'first' && call.startedMs > sinceMs)

async function hasDrain({ url }: StagedRouter): Promise<boolean> {
  // A cast to the document's one member that is read (core/operations.ts).
  const { active } = (await (await fetch(`${url}/admin/drains`)).json()) as { active: unknown[] }
  return active.length > 0
}

async function phase(name: string, ms = phaseMs): Promise<void> {
  callers.phase = name
  await delay(ms)
}

async function drill(): Promise<void> {
  writeConfig(undefined)
  const started = performance.now()
  let primary = await router('primary', ['--primary', '--port', '0'])
  note('start of the primary', performance.now() - started)
  writeConfig(primary.url)
  const follower = await router('follower', ['--port', '0'])
  callers.routers = [primary, follower]
  callers.start(rate)
  await phase('all well')

  first.hung = true
  await phase('first provider hangs')

  callers.phase = 'drained'
  const drained = await command('`drain` as a command', ['drain', 'first', '--for', '1h', '--reason', 'drill', '--data', primary.dataDir], /is drained until/)
  note('… in force at the follower, after the command began', await until(drained.startedMs, 'the follower hears of the drain', () => hasDrain(follower)), REACH_MS)
  await delay(Math.max(phaseMs, REACH_MS + 1_000))
  note('… last request to the drained provider from the primary, after the command began', lastAsked('primary', drained.startedMs), REACH_MS)
  note('… and from the follower', lastAsked('follower', drained.startedMs), REACH_MS)
  await command('`status` at the primary', ['status', '--data', primary.dataDir], /one +drained/)
  await command('`status` at the follower', ['status', '--data', follower.dataDir], /one +drained/)

  callers.phase = 'primary killed'
  const killed = performance.now()
  await stopRouter(primary, 'SIGKILL')
  callers.routers = [follower]
  const unreached = await until(killed, 'the follower says that its primary is gone', async () => /the primary cannot be followed/.test((await runCommand(ground, ['status', '--data', follower.dataDir])).out))
  note('kill -9 of the primary until `status` at the follower says so', unreached)
  await delay(phaseMs)

  callers.phase = 'primary restarted'
  const restarted = performance.now()
  const port = new URL(primary.url).port
  primary = await router('primary', ['--primary', '--port', port])
  note('start of the primary on the same data', performance.now() - restarted)
  callers.routers = [primary, follower]
  await delay(phaseMs)
  note('… last request to the drained provider since, from either router', Math.max(lastAsked('primary', restarted), lastAsked('follower', restarted)), 0)

  first.hung = false
  callers.phase = 'undrained'
  const undrained = await command('`undrain` as a command', ['undrain', 'first', '--data', primary.dataDir], /back in traffic/)
  for (const { name } of [primary, follower]) note(`… first answer from it again at the ${name}, after the command began`, await until(undrained.startedMs, `the ${name} uses the first provider again`, () => answeredByFirst(name, undrained.startedMs)))
  await delay(phaseMs)
  await callers.stop()
}

function report(): boolean {
  const failed = callers.calls.filter((call) => call.fault !== undefined)
  const late = acts.filter((act) => act.limitMs !== undefined && act.ms > act.limitMs)
  const phases = [...new Set(callers.calls.map((call) => call.phase))].map((name) => {
    const calls = callers.calls.filter((call) => call.phase === name)
    const of = (provider: string): number => calls.filter((call) => call.provider === provider).length
    const firsts = calls.map((call) => call.firstMs).filter((ms) => !Number.isNaN(ms))
    return { phase: name, calls: calls.length, failed: calls.filter((call) => call.fault !== undefined).length, moved: calls.filter((call) => call.moved).length, by_first: of('first'), by_second: of('second'), p50_ms: quantile(firsts, 0.5), p95_ms: quantile(firsts, 0.95), max_ms: Math.max(...firsts) }
  })
  if (flags.json) process.stdout.write(`${JSON.stringify({ rate, phases, acts, failed: failed.map((call) => call.fault), late })}\n`)
  else {
    const ms = (value: number): string => `${value.toFixed(value < 10 ? 1 : 0)}`
    process.stdout.write(`\n${table(['phase', 'calls', 'failed', 'moved to the other router', 'answered by first', 'by second', 'first byte p50 ms', 'p95', 'max'], phases.map((p) => [p.phase, `${p.calls}`, `${p.failed}`, `${p.moved}`, `${p.by_first}`, `${p.by_second}`, ms(p.p50_ms), ms(p.p95_ms), ms(p.max_ms)]))}\n`)
    process.stdout.write(`\n${table(['act', 'ms', 'at most'], acts.map((act) => [act.act, ms(act.ms), act.limitMs === undefined ? '' : `${act.limitMs}`]))}\n\n`)
    for (const call of failed.slice(0, 5)) process.stdout.write(`failed in "${call.phase}": ${call.fault ?? ''}\n`)
    process.stdout.write(failed.length + late.length === 0 ? `Every one of ${callers.calls.length} calls was answered whole.\n` : `${failed.length} of ${callers.calls.length} calls failed; ${late.length} act(s) took too long.\n`)
  }
  return failed.length + late.length === 0
}

try {
  await drill()
  if (!report()) process.exitCode = 1
} finally {
  await callers.stop()
  await Promise.all([...routers].map((router) => stopRouter(router, 'SIGTERM')))
  for (const server of [first, second, hole]) server.close()
  rmSync(dir, { recursive: true, force: true })
}
