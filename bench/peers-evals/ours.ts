// Weighbridge's replay at a provider: a router, a journal on disk and the offline grader, all in this process. Goes out: how long it took.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pino } from 'pino'
import { parseConfig } from '../../core/config.ts'
import { systemClock, systemRandom } from '../../core/seams.ts'
import { offlineGrader } from '../../evals/grade/offline-grader.ts'
import { loadSuite, suiteFolder } from '../../evals/probes/load.ts'
import { openJournal } from '../../evals/replay/journal.ts'
import { runEval } from '../../evals/replay/run.ts'
import { startRouter } from '../../router/start.ts'

export type ReplayTime = { readonly seconds: number; readonly scored: number; readonly limited: number }

/** Asks so many factual probes. */
export async function replay(providerUrl: string, trials: number, concurrency: number): Promise<ReplayTime> {
  const dir = await mkdtemp(join(tmpdir(), 'wb-replay-bench-'))
  const config = parseConfig(`providers: { p: { base_url: "${providerUrl}/v1" } }\ntargets: { t: { provider: p, model: m, price: { input: 1, output: 1 } } }\nchains: { default: [{ target: t }] }`, {}, { find: () => undefined })
  const target = config.targets.get('t')
  if (target === undefined) throw new Error('no target')
  const log = pino({ level: 'silent' })
  const router = await startRouter({ config: { current: () => config }, dataDir: dir, collectorUrl: 'http://127.0.0.1:9', mounts: [], clock: systemClock, random: systemRandom, log, port: 0 })
  const journal = await openJournal(join(dir, 'evals'), 'bench')
  const signal = new AbortController().signal
  try {
    const suite = await loadSuite(suiteFolder('builtin:factual', '.'))
    const started = performance.now()
    const { trials: done, lanes } = await runEval(
      {
        runId: 'bench', suites: [suite], targets: [target], taskOf: () => 'general', epochs: 1, limit: trials, domains: [], maxOutputTokens: 100, concurrency,
        allowed: () => ({ callsPerSecond: Infinity, tokensPerSecond: Infinity }), budgetUsd: 100, seed: 1, judges: new Map(),
      },
      { routerUrl: router.url, apiKey: undefined, grader: offlineGrader({ commands: undefined, signal }), journal, clock: systemClock, sleeper: { sleep: (ms, stop) => delay(ms, undefined, { signal: stop }) }, random: systemRandom, signal, onTrial: () => undefined },
    )
    return { seconds: (performance.now() - started) / 1_000, scored: done.filter((trial) => trial.status === 'scored').length, limited: lanes.get('p')?.limited ?? 0 }
  } finally {
    await journal.close()
    await router.close()
    await rm(dir, { recursive: true, force: true })
  }
}
