// The incident drill: the first provider of the chain hangs, ClickHouse and the collector hang as well, and callers go on calling. An
// operator looks, drains, loses the router to a restart, and undrains. No call may fail or be cut, whatever happens when.
// bench/drill.ts tells the same story with a stop-watch.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { operationsDocument, type OperationsDocument } from '../../core/operations.ts'
import { answering, hanging, scriptedProvider, streaming, type Script, type ScriptedProvider } from '../router/support/scripted-provider.ts'
import { eventually } from '../support/eventually.ts'
import { runCommand, type CommandResult } from '../support/run-command.ts'
import { startRouterCommand } from '../support/running-router.ts'

const WORKERS = 4

let folder: string
const cleanup: (() => Promise<unknown> | void)[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drill-'))
})

afterEach(async () => {
  for (const close of cleanup.splice(0).reverse()) await close()
  rmSync(folder, { recursive: true, force: true })
})

/** Takes connections and never says a word. */
async function blackHole(): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanup.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve)
        for (const socket of sockets) socket.destroy()
      }),
  )
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const speaking = (words: readonly string[]): Script => (response, asked, count) => (asked.body['stream'] === true ? streaming(words) : answering(words.join('')))(response, asked, count)

async function provider(script: Script): Promise<ScriptedProvider> {
  const made = await scriptedProvider(script)
  cleanup.push(() => made.close())
  return made
}

type Callers = { answers: { text: string; streamed: boolean }[]; failures: string[]; stop(): Promise<void> }

/** Callers that ask again as soon as they have an answer, every other one streamed. */
function callers(url: () => string): Callers {
  const state: Callers = { answers: [], failures: [], stop: async () => undefined }
  let stopped = false
  const one = async (streamed: boolean): Promise<void> => {
    const answer = await fetch(`${url()}/v1/chat/completions`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ model: 'auto', stream: streamed, messages: [{ role: 'user', content: 'Hello' }] }) })
    const text = await answer.text()
    const whole = streamed ? text.includes('"finish_reason":"stop"') && text.trimEnd().endsWith('data: [DONE]') : text.includes('"finish_reason":"stop"')
    if (answer.status !== 200 || !whole) state.failures.push(`${answer.status}: ${text.slice(0, 300)}`)
    else state.answers.push({ text, streamed })
  }
  const work = async (worker: number): Promise<void> => {
    for (let turn = worker; !stopped; turn += 1) await one(turn % 2 === 0).catch((error: unknown) => void state.failures.push(String(error)))
  }
  const all = Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)))
  state.stop = async () => {
    stopped = true
    await all
  }
  cleanup.push(() => state.stop())
  return state
}

test('with the first provider, ClickHouse and the collector hung, drain, status and undrain work and answers never stop', async () => {
  const hole = await blackHole()
  const first = await provider(speaking(['from ', 'first']))
  const second = await provider(speaking(['from ', 'second']))
  writeFileSync(
    join(folder, 'weighbridge.yaml'),
    `providers:
  first: { base_url: "${first.url}", timeouts: { first_token_ms: 300 }, retries: 0 }
  second: { base_url: "${second.url}" }
targets:
  one: { provider: first, model: m1, price: { input: 1, output: 2 } }
  two: { provider: second, model: m2, price: { input: 2, output: 4 } }
chains: { default: [ { target: one }, { target: two } ] }
ui: { port: off }
`,
  )
  const env = { CLICKHOUSE_URL: hole, USER: 'ada' }
  const command = (...words: string[]): Promise<CommandResult> => runCommand(words, { cwd: folder, env })
  const status = async (): Promise<OperationsDocument> => operationsDocument.parse(JSON.parse((await command('status', '--json')).out))
  const router = await startRouterCommand(folder, '.weighbridge', ['--primary', '--collector-url', hole], env)
  cleanup.push(router.stop)
  const traffic = callers(() => router.url)
  const more = async (count: number, from: 'first' | 'second', withinMs = 20_000): Promise<void> => {
    const before = traffic.answers.length
    await eventually(() => traffic.answers.slice(before).filter((answer) => answer.text.includes(from)).length >= count, withinMs)
  }

  await more(10, 'first')
  first.script = hanging
  await more(20, 'second')

  const drained = await command('drain', 'first', '--for', '1h', '--reason', 'drill')
  expect(drained).toMatchObject({ code: 0, out: expect.stringContaining('! task general has only two left') })
  // Calls that were already waiting for it may still be; once each caller has been answered twice, none is.
  await more(2 * WORKERS, 'second')
  const askedBefore = first.asked.length
  await more(30, 'second')
  expect(first.asked.length).toBe(askedBefore)

  const during = await status()
  expect(during).toMatchObject({ drains: [{ name: 'first', reason: 'drill', author: 'ada' }], tasks: [{ task: 'general', shares: { two: 1 } }] })
  expect(during.spool.records).toBeGreaterThan(0)
  expect((await command('status')).out).toMatch(/^one +drained /m)

  first.script = speaking(['from ', 'first'])
  expect((await command('undrain', 'first')).out).toContain('provider first is back in traffic')
  // Its breaker may still be open, for a minute at most.
  await more(10, 'first', 70_000)
  await eventually(async () => (await status()).targets.every((target) => target.state === 'ok'))

  await traffic.stop()
  expect(traffic.failures).toEqual([])
  expect(new Set(traffic.answers.map((answer) => answer.streamed))).toEqual(new Set([true, false]))
  expect((await command('drain', '--history')).out).toMatch(/first .* ada +undrained .* drill/)
}, 150_000)
