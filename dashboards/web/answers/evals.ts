// Eval runs: which there are, what one came to beside an earlier one, and one probe across its targets. What was answered in words is
// not in the database: the pages ask the admin routes for it.
import { WeighbridgeError } from '../../../core/errors.ts'
import { runsListed, MOST_PROBES, probeTrials, runProbes, runSummary } from '../../../store/queries/eval-pages.ts'
import type { EvalsAnswer, ProbeAnswer, RunAnswer } from '../api/evals.ts'
import { frameOf, sideOf, windowOf } from '../frame.ts'
import type { Context } from '../server.ts'

const DAY_MS = 86_400_000
/** Runs are rare: they are listed over so many days, whatever the range. */
const RUNS_DAYS = 90
const COMPARED_DAYS = 400
const RUN_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/

/** GET /api/ui/evals */
export async function evalsAnswer(context: Context): Promise<EvalsAnswer> {
  const frame = await frameOf(context.params, context)
  const fromMs = Math.min(frame.fromMs, frame.toMs - RUNS_DAYS * DAY_MS)
  return { frame, runsFromMs: fromMs, runs: await context.ask(runsListed, windowOf({ ...frame, fromMs })) }
}

/** GET /api/ui/evals/RUN. A run belongs to one side: it is looked for there first, then on the other. */
export async function runAnswer(context: Context, runId = ''): Promise<RunAnswer> {
  checkRun(runId)
  const wanted = context.params.get('against')
  if (wanted !== null) checkRun(wanted)
  for (const simulated of sides(context)) {
    const [summary, probes] = await run(context, simulated, runId)
    if (summary.length === 0) continue
    const others = await comparable(context, simulated, runId, new Set(summary.map((row) => row.suite)))
    const chosen = wanted === null ? others.find((other) => other.isEarlier) : others.find((other) => other.run_id === wanted)
    if (wanted !== null && chosen === undefined) throw new WeighbridgeError('eval_run_unknown', `There is no run ${wanted} with a suite in common with ${runId}.`)
    const against = chosen === undefined ? null : await run(context, simulated, chosen.run_id)
    return {
      run_id: runId,
      simulated,
      summary,
      probes: probes.slice(0, MOST_PROBES),
      truncated: probes.length > MOST_PROBES,
      against: against === null || chosen === undefined ? null : { run_id: chosen.run_id, last_at: chosen.last_at, summary: against[0], probes: against[1] },
      others: others.map(({ run_id, last_at }) => ({ run_id, last_at })),
    }
  }
  throw new WeighbridgeError('eval_run_unknown', `No eval run ${runId} is stored.`)
}

/** GET /api/ui/evals/RUN/probe */
export async function probeAnswer(context: Context, runId = ''): Promise<ProbeAnswer> {
  checkRun(runId)
  const [suite, probe] = [context.params.get('suite') ?? '', context.params.get('probe') ?? '']
  if (suite === '' || probe === '') throw new WeighbridgeError('bad_request', 'Say which probe: suite=…&probe=…')
  for (const simulated of sides(context)) {
    const trials = await context.ask(probeTrials, { simulated, run_id: runId, suite, probe_id: probe })
    if (trials.length > 0) return { trials }
  }
  throw new WeighbridgeError('eval_run_unknown', `Run ${runId} has no trial of the probe ${probe.slice(0, 128)} of ${suite.slice(0, 128)}.`)
}

function run({ ask }: Context, simulated: boolean, runId: string) {
  return Promise.all([ask(runSummary, { simulated, run_id: runId }), ask(runProbes, { simulated, run_id: runId })])
}

async function comparable({ ask, clock }: Context, simulated: boolean, runId: string, suites: ReadonlySet<string>) {
  const now = clock.nowMs()
  const runs = await ask(runsListed, { simulated, from: new Date(now - COMPARED_DAYS * DAY_MS), to: new Date(now + DAY_MS) })
  const own = runs.find((row) => row.run_id === runId)
  return runs.filter((row) => row.run_id !== runId && row.suites.some((suite) => suites.has(suite))).map((row) => ({ ...row, isEarlier: own === undefined || row.last_at < own.last_at }))
}

function sides({ params, simulatedDefault }: Context): [boolean, boolean] {
  const first = sideOf(params) ?? simulatedDefault()
  return [first, !first]
}

function checkRun(id: string): void {
  if (!RUN_ID.test(id)) throw new WeighbridgeError('bad_request', 'A run id is 1 to 128 letters, digits and . _ : -')
}
