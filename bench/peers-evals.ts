// The same probes at the same local provider by Weighbridge's replay and by promptfoo: `node bench/peers-evals.ts PROMPTFOO_DIR`, the
// folder in which `npm install promptfoo` was run. Opt-in: nothing of it is a dependency. Prints wall time beside the ideal; both are warm from disk once.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { stringify } from 'yaml'
import { z } from 'zod'
import { loadSuite, suiteFolder } from '../evals/probes/load.ts'
import { probesOf } from '../evals/replay/plan.ts'
import { replay } from './peers-evals/ours.ts'
import { startPacedProvider } from './peers-evals/provider.ts'

const TRIALS = 200
const CONCURRENCY = 8
const RUNS = 3

const [folder] = process.argv.slice(2)
if (folder === undefined) {
  process.stderr.write('usage: node bench/peers-evals.ts PROMPTFOO_DIR   (npm install promptfoo in it first)\n')
  process.exit(2)
}
const module = resolve(folder, 'node_modules/promptfoo')
const { version, bin } = z.object({ version: z.string(), bin: z.record(z.string(), z.string()) }).parse(JSON.parse(await readFile(join(module, 'package.json'), 'utf8')))
const entry = join(module, Object.values(bin)[0] ?? '')
const suite = await loadSuite(suiteFolder('builtin:factual', '.'))
const probes = probesOf(suite, { limit: TRIALS, domains: [] })

/** Seconds of a whole promptfoo process, and those that it says the evaluation took. */
async function promptfoo(url: string): Promise<{ seconds: number; answered: number }> {
  const dir = await mkdtemp(join(tmpdir(), 'wb-promptfoo-'))
  try {
    const tests = probes.map((probe) => ({ vars: { question: probe.question }, assert: [{ type: 'icontains', value: probe.kind === 'factual' && probe.unanswerable !== true ? String(probe.answer) : 'not know' }] }))
    const providers = [{ id: 'openai:chat:m', config: { apiBaseUrl: `${url}/v1`, apiKey: 'unused', max_tokens: 100, temperature: 0 } }]
    await writeFile(join(dir, 'promptfooconfig.yaml'), stringify({ prompts: [`${suite.instructions ?? ''}\n\n{{question}}`], providers, tests }))
    const env = { ...process.env, PROMPTFOO_DISABLE_TELEMETRY: '1', PROMPTFOO_DISABLE_UPDATE: '1', PROMPTFOO_DISABLE_REMOTE_GENERATION: '1', PROMPTFOO_CONFIG_DIR: join(dir, 'home') }
    const started = performance.now()
    const words = ['eval', '-c', 'promptfooconfig.yaml', '--no-cache', '--no-table', '--no-progress-bar', '--max-concurrency', String(CONCURRENCY), '--output', 'out.json']
    // Its exit code says that assertions failed, which they do.
    await promisify(execFile)(process.execPath, [entry, ...words], { cwd: dir, env, maxBuffer: 1 << 28 }).catch((error: unknown) => error)
    const seconds = (performance.now() - started) / 1_000
    const out = z.looseObject({ results: z.looseObject({ results: z.array(z.looseObject({ response: z.looseObject({ output: z.string().optional() }).optional() })) }) }).parse(JSON.parse(await readFile(join(dir, 'out.json'), 'utf8')))
    return { seconds, answered: out.results.results.filter((one) => one.response?.output !== undefined).length }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

for (const latencyMs of [0, 100]) {
  const ours: number[] = []
  const theirs: number[] = []
  for (let run = 0; run < RUNS; run += 1) {
    const provider = await startPacedProvider({ latencyMs })
    const own = await replay(provider.url, TRIALS, CONCURRENCY)
    const peer = await promptfoo(provider.url)
    if (own.scored !== TRIALS || peer.answered !== TRIALS || provider.served() !== 2 * TRIALS) throw new Error(`ours ${own.scored}, promptfoo ${peer.answered}, provider ${provider.served()} of ${TRIALS} each`)
    ours.push(own.seconds)
    theirs.push(peer.seconds)
    await provider.close()
  }
  const ideal = (TRIALS * latencyMs) / 1_000 / CONCURRENCY
  const shown = (seconds: readonly number[]): string => `${[...seconds].sort((a, b) => a - b).map((one) => one.toFixed(1)).join(' ')} s, overhead ${((1_000 * (Math.min(...seconds) - ideal)) / TRIALS).toFixed(1)} ms a trial at best`
  process.stdout.write(`${TRIALS} probes, ${CONCURRENCY} at once, ${latencyMs} ms: ideal ${ideal.toFixed(1)} s; weighbridge (router, journal on disk, grader) ${shown(ours)}; promptfoo ${version} (its process) ${shown(theirs)}\n`)
}
