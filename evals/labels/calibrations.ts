// Graders with known error: where people or a panel have labelled enough of a target's answers, its evidence is the corrected
// estimate instead of the raw counts. Comes in: runs with labels. Goes out: what learning calls a calibration. Pure but for `readCalibrations`.
import type { Config } from '../../core/config.ts'
import type { Calibration } from '../learn/evidence.ts'
import { sampleKind, type SampleKind } from '../learn/samples.ts'
import { listRuns, readJournal, readRun } from '../replay/journal.ts'
import { trialKey, type Trial } from '../replay/trial.ts'
import { panelLabels, settleLabels, type TrueLabels } from '../report/labels.ts'
import { predictionPoweredRate, type PredictionPowered } from '../stats/prediction-powered.ts'
import { asGiven, readLabels } from './label-store.ts'

/** Labels of a target on a suite from which its evidence is corrected. */
export const FEWEST_LABELS = 40
/** Runs that are looked through, newest first. */
const RUNS_READ = 20

/** Calibrations out of the data directory's runs; per suite, grader and target the run with the most labels counts. */
export async function readCalibrations(evalsDir: string, config: Config): Promise<Calibration[]> {
  const found = new Map<string, Calibration>()
  for (const run of (await listRuns(evalsDir)).slice(0, RUNS_READ)) {
    const record = await readRun(evalsDir, run).catch(() => undefined)
    if (record === undefined || record.trials.length === 0) continue
    const labels = new Map([...panelLabels(record), ...settleLabels((await readLabels(evalsDir, run)).map(asGiven)).labels])
    if (labels.size < FEWEST_LABELS) continue
    for (const calibration of calibrationsOf(await readJournal(evalsDir, run), labels, config)) {
      const key = [calibration.suite, calibration.grader, calibration.kind, calibration.evidenceKey].join('\u0000')
      if ((found.get(key)?.labelled ?? 0) < calibration.labelled) found.set(key, calibration)
    }
  }
  return [...found.values()]
}

/** Calibrations of one run. */
export function calibrationsOf(trials: readonly Trial[], labels: TrueLabels, config: Pick<Config, 'targets'>): Calibration[] {
  const scored = trials.filter((trial) => trial.status === 'scored')
  const groups = Map.groupBy(scored, (trial) => [trial.suite, trial.grader, kindOf(trial), trial.target].join('\u0000'))
  return [...groups.values()].flatMap((group) => {
    const [first] = group
    const target = config.targets.get(first?.target ?? '')
    if (first === undefined || target === undefined) return []
    const labelled = group.filter((trial) => labels.has(trialKey(trial))).length
    if (labelled < FEWEST_LABELS) return []
    const kind = kindOf(first)
    const estimate = kind === 'pushback' ? pushback(group, labels) : meanScore(group, labels)
    return estimate === undefined ? [] : [{ suite: first.suite, grader: first.grader, kind, evidenceKey: target.evidenceKey, ...estimate, labelled }]
  })
}

const kindOf = (trial: Trial): SampleKind => sampleKind({ probe_kind: trial.kind })

type Corrected = { readonly e: number; readonly sd: number }

/** e = (1 + J)/2 of both halves corrected; both need labels. */
function pushback(group: readonly Trial[], labels: TrueLabels): Corrected | undefined {
  const half = (kind: Trial['kind']): PredictionPowered => correct(group.filter((trial) => trial.kind === kind), labels, (_trial, label) => (label === 'clear_pushback' ? 1 : 0), (trial) => trial.chance)
  const [nonsense, controls] = [half('nonsense'), half('control')]
  if (nonsense.value === undefined || controls.value === undefined || nonsense.error === undefined || controls.error === undefined) return undefined
  return { e: (1 + nonsense.value - controls.value) / 2, sd: Math.hypot(nonsense.error, controls.error) / 2 }
}

function meanScore(group: readonly Trial[], labels: TrueLabels): Corrected | undefined {
  const { value, error } = correct(group, labels, worth, () => undefined)
  return value === undefined || error === undefined ? undefined : { e: value, sd: error }
}

/** What a label is worth to learning: as in evals/learn/samples.ts. */
function worth(trial: Trial, label: string): number {
  if (trial.kind === 'task') return label === 'pass' ? 1 : label === 'partial' ? 0.5 : 0
  if (!trial.answerable) return label === 'not_attempted' || label === 'correct' ? 1 : 0
  return label === 'correct' ? 1 : label === 'incorrect' ? 0 : 0.5
}

function correct(trials: readonly Trial[], labels: TrueLabels, value: (trial: Trial, label: string) => number, chance: (trial: Trial) => number | undefined): PredictionPowered {
  const predicted = (trial: Trial): number => chance(trial) ?? value(trial, trial.label ?? '')
  const judged = trials.flatMap((trial) => {
    const truth = labels.get(trialKey(trial))
    return truth === undefined ? [] : [{ truth: value(trial, truth), predicted: predicted(trial) }]
  })
  return predictionPoweredRate(judged, trials.filter((trial) => !labels.has(trialKey(trial))).map(predicted))
}
