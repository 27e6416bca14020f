// Answers to probes as the journals of eval runs keep them, for recommendations that show what both sides said. They never leave
// the data directory but to a person with access to the admin routes.
import { join } from 'node:path'
import type { AnswerLookup } from '../../evals/learn/contradictions.ts'
import { BUILT_IN_SUITES, loadSuite, suiteFolder } from '../../evals/probes/load.ts'
import { listRuns, readJournal } from '../../evals/replay/journal.ts'

/** Runs that are looked through, the newest first. */
const RUNS = 5

/** A look-up over the newest runs; `undefined` where no run is kept here. A run that cannot be read is as good as none. */
export async function keptAnswers(dataDir: string): Promise<AnswerLookup | undefined> {
  const evalsDir = join(dataDir, 'evals')
  const runs = (await listRuns(evalsDir)).slice(0, RUNS)
  if (runs.length === 0) return undefined
  const answers = new Map<string, string>()
  for (const run of runs) {
    const trials = await readJournal(evalsDir, run).catch(() => [])
    for (const trial of trials) {
      const key = keyOf(trial.suite, trial.probeId, trial.target)
      if (trial.status === 'scored' && !answers.has(key)) answers.set(key, trial.answer)
    }
  }
  const questions = await builtInQuestions()
  return (suite, probe, target) => {
    const answer = answers.get(keyOf(suite, probe, target))
    const question = questions.get(probe)
    return answer === undefined && question === undefined ? undefined : { question, answer }
  }
}

function keyOf(suite: string, probe: string, target: string): string {
  return JSON.stringify([suite, probe, target])
}

/** Questions of the suites that come with the product, by probe. */
async function builtInQuestions(): Promise<ReadonlyMap<string, string>> {
  const suites = await Promise.all(BUILT_IN_SUITES.map((name) => loadSuite(suiteFolder(`builtin:${name}`, '.')).catch(() => undefined)))
  return new Map(suites.flatMap((suite) => suite?.probes.map((probe) => [probe.id, probe.question] as const) ?? []))
}
