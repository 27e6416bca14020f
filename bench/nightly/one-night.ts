// One night on simulated targets, whose true labels are known: the built-in suites through a real router, graded offline, a sample
// labelled as a person would label it, and the report. Goes out: each corrected rate beside the one its model is made with, and counts.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { parseConfig } from '../../core/config.ts'
import { seededRandom, systemClock, systemRandom } from '../../core/seams.ts'
import { offlineGrader } from '../../evals/grade/offline-grader.ts'
import { sample } from '../../evals/labels/queue.ts'
import { loadSuite, suiteFolder } from '../../evals/probes/load.ts'
import { openJournal } from '../../evals/replay/journal.ts'
import { runEval } from '../../evals/replay/run.ts'
import { trialKey, type Trial } from '../../evals/replay/trial.ts'
import { makeReport, type Report } from '../../evals/report/report.ts'
import { startRouter } from '../../router/start.ts'
import { loadBank } from '../../sim/bank.ts'
import type { Truth } from '../../sim/control.ts'
import { DEMO_MODELS, type ModelProfile } from '../../sim/profiles.ts'
import { startSim } from '../../sim/server.ts'

const SUITES = ['nonsense', 'factual', 'extraction'] as const
/** The simulation's words for labels. */
const LABELS: Readonly<Record<string, string>> = { answered: 'accepted', pushed_back: 'clear_pushback', fabricated: 'incorrect' }

export type NightOptions = { readonly seed: number; /** Probes of a suite. */ readonly limit: number | undefined; /** Labels per target and suite. */ readonly labels: number }
export type RateCell = { readonly target: string; readonly rate: string; readonly truth: number; readonly low: number | undefined; readonly high: number | undefined; readonly raw: { readonly low: number | undefined; readonly high: number | undefined } }
export type OneNight = {
  readonly trials: number
  /** Trials whose answer the simulation has a true label for; all of them, unless something was lost or asked twice. */
  readonly known: number
  /** Answers that the simulation gave. */
  readonly given: number
  /** Extraction trials, and those whose label is the true one. */
  readonly exact: { readonly trials: number; readonly right: number }
  /** True labels by target, suite and label: of the simulation, and of the report's table of labelled trials. */
  readonly tallies: { readonly simulated: Readonly<Record<string, number>>; readonly reported: Readonly<Record<string, number>> }
  readonly cells: readonly RateCell[]
}

/** What a simulated model is made with. */
export const configuredRates = (profile: ModelProfile): Readonly<Record<string, number>> => ({
  pushback: profile.nonsense.value.clear,
  false_pushback: profile.falsePushback.value,
  accuracy: profile.accuracy.value,
  hallucination: profile.hallucination.value,
  fabrication: profile.fabrication.value,
})

/** Runs it. */
export async function oneNight({ seed, limit, labels: perTarget }: NightOptions): Promise<OneNight> {
  const dir = await mkdtemp(join(tmpdir(), 'wb-simulated-night-'))
  const log = pino({ level: 'silent' })
  const suites = await Promise.all(SUITES.map((name) => loadSuite(suiteFolder(`builtin:${name}`, '.'))))
  const sim = await startSim({ port: 0, models: DEMO_MODELS, probes: suites.flatMap((suite) => suite.probes), ...(await loadBank()), seed, timeScale: 0, clock: systemClock, random: seededRandom(seed), log })
  const providers = [...new Set(DEMO_MODELS.map((model) => model.provider))]
  const config = parseConfig(
    `providers:
${providers.map((name) => `  ${name}: { base_url: "${sim.url}/${name}/v1", simulated: true${name === 'anthropic' ? ', api: anthropic-messages' : ''} }`).join('\n')}
targets:
${DEMO_MODELS.map((model) => `  ${model.name}: { provider: ${model.provider}, model: ${model.name} }`).join('\n')}
chains: { default: [{ target: ${DEMO_MODELS[0]?.name} }] }`,
    {},
    { find: () => undefined },
  )
  const router = await startRouter({ config: { current: () => config }, dataDir: dir, collectorUrl: 'http://127.0.0.1:9', mounts: [], clock: systemClock, random: systemRandom, log, port: 0 })
  const journal = await openJournal(join(dir, 'evals'), 'night')
  try {
    const signal = new AbortController().signal
    const { trials } = await runEval(
      {
        runId: 'night', suites, targets: [...config.targets.values()], taskOf: () => 'general', epochs: 1, limit, domains: [], maxOutputTokens: 600, concurrency: 8,
        allowed: () => ({ callsPerSecond: Infinity, tokensPerSecond: Infinity }), budgetUsd: undefined, seed, judges: new Map(),
      },
      { routerUrl: router.url, apiKey: undefined, grader: offlineGrader({ commands: undefined, signal }), journal, clock: systemClock, sleeper: { sleep: () => Promise.resolve() }, random: seededRandom(seed), signal, onTrial: () => undefined },
    )
    return judged(trials, sim.control.truth(), perTarget)
  } finally {
    await journal.close()
    await router.close()
    await sim.close()
    await rm(dir, { recursive: true, force: true })
  }
}

function judged(trials: readonly Trial[], truths: readonly Truth[], perTarget: number): OneNight {
  const byAnswer = new Map(truths.map((truth) => [`${truth.probeId}|${truth.model}`, LABELS[truth.label] ?? truth.label]))
  const truthOf = (trial: Trial): string | undefined => byAnswer.get(`${trial.probeId}|${trial.target}`)
  const known = trials.flatMap((trial) => {
    const label = truthOf(trial)
    return label === undefined ? [] : [{ trial, label }]
  })
  const chosen = sample('night', trials, { perTarget, suites: [], targets: [] })
  const labels = new Map(chosen.flatMap((trial) => (truthOf(trial) === undefined ? [] : [[trialKey(trial), truthOf(trial) ?? ''] as const])))
  const report = reportOf(trials, labels)
  const whole = reportOf(trials, new Map(known.map(({ trial, label }) => [trialKey(trial), label])))
  const exact = known.filter(({ trial }) => trial.suite === 'extraction')
  return {
    trials: trials.length,
    known: known.length,
    given: truths.length,
    exact: { trials: exact.length, right: exact.filter(({ trial, label }) => trial.label === label).length },
    tallies: { simulated: tally(known.filter(({ trial }) => trial.status === 'scored').map(({ trial, label }) => `${kindOf(trial)} ${label}`)), reported: reportedTally(whole) },
    cells: DEMO_MODELS.flatMap((profile) =>
      Object.entries(configuredRates(profile)).flatMap(([rate, truth]): RateCell[] => {
        const suite = rate === 'pushback' || rate === 'false_pushback' ? 'nonsense' : 'factual'
        const summary = report.summaries.find((one) => one.suite === suite && one.target === profile.name)
        const [corrected, raw] = [estimateOf(summary?.corrected, rate), estimateOf(summary?.rates, rate)]
        return corrected === undefined ? [] : [{ target: profile.name, rate, truth, low: corrected.low, high: corrected.high, raw: { low: raw?.low, high: raw?.high } }]
      }),
    ),
  }
}

const kindOf = (trial: Trial): string => (trial.kind === 'factual' && !trial.answerable ? 'unanswerable' : trial.kind)
const reportOf = (trials: readonly Trial[], labels: ReadonlyMap<string, string>): Report => makeReport({ runId: 'night', head: undefined, trials, labels, gates: [], baseline: undefined, lost: [], chargedUsd: 0 })
const estimateOf = (rates: object | undefined, name: string): { low: number | undefined; high: number | undefined } | undefined => (rates as Readonly<Record<string, { low: number | undefined; high: number | undefined }>> | undefined)?.[name]

function tally(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** The rows of the report's confusion tables: how often each true label occurs. */
function reportedTally(report: Report): Record<string, number> {
  const counts: [string, number][] = report.agreement.flatMap(({ kind, matrix }) => matrix.labels.map((label, at): [string, number] => [`${kind} ${label}`, (matrix.counts[at] ?? []).reduce((sum, count) => sum + count, 0)]))
  return Object.fromEntries(counts.filter(([, count]) => count > 0).sort(([a], [b]) => (a < b ? -1 : 1)))
}
