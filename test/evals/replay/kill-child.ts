// Run as a child by the kill test: one eval run at a router that stands elsewhere. Prints a line per finished trial, and the
// result's figures at the end.
import { readFileSync } from 'node:fs'
import { parseConfig } from '../../../core/config.ts'
import { systemClock, systemRandom } from '../../../core/seams.ts'
import { SYSTEM_SLEEPER } from '../../../cli/eval/run-suites.ts'
import { offlineGrader } from '../../../evals/grade/offline-grader.ts'
import { loadSuite, suiteFolder } from '../../../evals/probes/load.ts'
import { openJournal } from '../../../evals/replay/journal.ts'
import { runEval } from '../../../evals/replay/run.ts'

const [routerUrl = '', configPath = '', evalsDir = '', runId = '', limit = ''] = process.argv.slice(2)
const config = parseConfig(readFileSync(configPath, 'utf8'), {}, { find: () => undefined })
const signal = new AbortController().signal
const journal = await openJournal(evalsDir, runId)
const result = await runEval(
  {
    runId,
    suites: [await loadSuite(suiteFolder('builtin:factual', '.'))],
    targets: [...config.targets.values()],
    taskOf: () => 'general',
    epochs: 1,
    limit: Number(limit),
    domains: [],
    maxOutputTokens: 300,
    concurrency: 8,
    allowed: () => ({ callsPerSecond: Infinity, tokensPerSecond: Infinity }),
    budgetUsd: 1_000,
    seed: 1,
    judges: new Map(),
  },
  { routerUrl, apiKey: undefined, grader: offlineGrader({ commands: undefined, signal }), journal, clock: systemClock, sleeper: SYSTEM_SLEEPER, random: systemRandom, signal, onTrial: () => process.stdout.write('.\n') },
)
await journal.close()
process.stdout.write(`${JSON.stringify({ resumed: result.resumed, lost: result.lost, chargedUsd: result.chargedUsd })}\n`)
