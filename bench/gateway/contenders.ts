// What the bench compares: the provider itself, a bare proxy, Weighbridge (this checkout and others), Portkey. Each is a process
// of its own with one way in; starting one answers how to call it.
import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Front } from './load.ts'
import { ask, freePort, pidOf, startScript, type Running } from './processes.ts'

/** A contender that runs. `undefined` as `running`: it is the provider itself. */
export type Contender = {
  readonly name: string
  readonly running: Running | undefined
  readonly origin: string
  readonly headers: Readonly<Record<string, string>>
  /** Milliseconds from the start of its process until it took calls. */
  readonly readyMs: number
  /** Address of its inspector, where it was started with one. */
  readonly inspector?: string | undefined
  /** Model name that reaches the provider's model of this name. */
  readonly modelFor: (model: string) => string
}

/** The provider's models: an answer in one go, or a stream of 20 chunks back to back; and one with 5 ms between chunks. */
export const FAST_MODEL = 'bench-c20-d0'
export const PACED_MODEL = 'bench-c20-d5'

const same = (model: string): string => model

export function direct(providerOrigin: string): Contender {
  return { name: 'direct', running: undefined, origin: providerOrigin, headers: {}, readyMs: 0, modelFor: same }
}

export async function bareProxy(providerOrigin: string): Promise<Contender> {
  const started = performance.now()
  const running = startScript('bare-proxy.ts', [providerOrigin])
  const { port } = await ask<{ port: number }>(running)
  return { name: 'bare proxy', running, origin: `http://127.0.0.1:${port}`, headers: {}, readyMs: performance.now() - started, modelFor: same }
}

function config(providerOrigin: string): string {
  return `
providers:
  bench: { base_url: "${providerOrigin}/v1", api_key: bench }
targets:
  first: { provider: bench, model: ${FAST_MODEL}, price: { input: 2.5, cache_read: 0.25, output: 15 } }
  second: { provider: bench, model: ${FAST_MODEL}, price: { input: 0.95, cache_read: 0.16, output: 4 } }
  ${PACED_MODEL}: { provider: bench, model: ${PACED_MODEL}, price: { input: 2.5, output: 15 } }
chains:
  default: [ { target: first, max_cost_per_1k: 0.05 }, { target: second, max_cost_per_1k: 0.05 } ]
tasks:
  general: { route: { first: 0.7, second: 0.3 } }
`
}

export type WeighbridgeOptions = { readonly name: string; readonly root: string; readonly providerOrigin: string; readonly collectorUrl: string; readonly workDir: string; /** Flags for its Node. */ readonly nodeFlags?: readonly string[] }

/** `weighbridge router` of the checkout at `root`: routing by weights, ceilings, prices, spans to disk and on to the collector. */
export async function weighbridge(options: WeighbridgeOptions): Promise<Contender> {
  const dir = mkdtempSync(join(options.workDir, 'router-'))
  writeFileSync(join(dir, 'weighbridge.yaml'), config(options.providerOrigin))
  const started = performance.now()
  const args = [...(options.nodeFlags ?? []), '--disable-warning=ExperimentalWarning', join(options.root, 'cli/main.ts'), 'router', '--config', join(dir, 'weighbridge.yaml'), '--data', join(dir, 'data'), '--port', '0', '--collector-url', options.collectorUrl]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: dir })
  let inspector: string | undefined
  createInterface(child.stderr).on('line', (line) => {
    inspector ??= /ws:\/\/\S+/.exec(line)?.[0]
    if (!/[Dd]ebugger|inspector/.test(line)) process.stderr.write(`${options.name}: ${line}\n`)
  })
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${options.name} ended with ${String(code)} before it took calls`)))
    createInterface(child.stdout).on('line', (line) => {
      const found = /"url":"([^"]+)".*"msg":"router ready"/.exec(line)?.[1]
      if (found !== undefined) resolve(found)
      else if (line.includes('"level":50')) process.stderr.write(`${options.name}: ${line}\n`)
    })
  })
  return { name: options.name, running: { process: child, pid: pidOf(child) }, origin: url, headers: {}, readyMs: performance.now() - started, inspector, modelFor: (model) => (model === FAST_MODEL ? 'auto' : model) }
}

/** Portkey's gateway from where portkey.ts installed it. */
export async function portkey(script: string, providerOrigin: string): Promise<Contender> {
  const port = await freePort()
  const started = performance.now()
  const child = spawn(process.execPath, [script, '--headless', `--port=${port}`], { stdio: ['ignore', 'ignore', 'inherit'] })
  const running: Running = { process: child, pid: pidOf(child) }
  const origin = `http://127.0.0.1:${port}`
  const ended = new Promise<never>((_resolve, reject) => child.once('exit', (code) => reject(new Error(`portkey ended with ${String(code)}`))))
  const answers = async (): Promise<void> => {
    while (performance.now() - started < 20_000) {
      const answered = await fetch(origin).then((response) => response.text()).then(() => true, () => false)
      if (answered) return
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error('portkey did not answer within 20 s')
  }
  await Promise.race([answers(), ended])
  ended.catch(() => undefined)
  const headers = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${providerOrigin}/v1`, authorization: 'Bearer bench' }
  return { name: 'portkey 1.15.2', running, origin, headers, readyMs: performance.now() - started, modelFor: same }
}

/** How to call a contender: one chat request of about so many characters. */
export function frontOf(contender: Contender, model: string, stream: boolean, characters: number): Front {
  const sentence = 'Which bridge carries more, and by how much does the answer depend on the axle load? '
  const content = sentence.repeat(Math.max(1, Math.ceil(characters / sentence.length))).slice(0, Math.max(characters, 1))
  const asked = stream ? { stream: true, stream_options: { include_usage: true } } : {}
  const body = JSON.stringify({ model: contender.modelFor(model), max_tokens: 200, temperature: 0.2, ...asked, messages: [{ role: 'system', content: 'Answer in one sentence.' }, { role: 'user', content }] })
  return { origin: contender.origin, path: '/v1/chat/completions', headers: { 'content-type': 'application/json', ...contender.headers }, body }
}
