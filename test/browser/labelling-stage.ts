// The real eval routes over a run kept in a temporary folder, for labelling and for answers side by side. The run is the fixture's newest.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '../../core/config.ts'
import type { Mount } from '../../core/mount.ts'
import { systemClock } from '../../core/seams.ts'
import { evalsMount } from '../../evals/http/mount.ts'
import { readLabels, type StoredLabel } from '../../evals/labels/label-store.ts'
import { openSuite } from '../../evals/probes/open-suite.ts'
import { openJournal } from '../../evals/replay/journal.ts'
import { fixtureTargets } from '../dashboards/fixture-rows.ts'
import { trial } from '../evals/support-trial.ts'

export const KEPT_RUN = 'run-2'
export const PROBES = 3

export type LabellingStage = { readonly mount: Mount; readonly labels: () => Promise<StoredLabel[]>; readonly close: () => Promise<void> }

/** Three factual probes, answered by every simulated target of the fixture. */
export async function startLabelling(): Promise<LabellingStage> {
  const evalsDir = await mkdtemp(join(tmpdir(), 'weighbridge-evals-'))
  const journal = await openJournal(evalsDir, KEPT_RUN)
  for (let i = 0; i < PROBES; i += 1) {
    for (const target of fixtureTargets(true)) await journal.append({ t: 'trial', ...trial({ runId: KEPT_RUN, suite: 'factual', probeId: `factual-true-${i}`, target, answer: `${target} says the bridge number ${i} opened in 1998.`, reason: 'asserts the key: "1998"' }) })
  }
  await journal.close()
  const config = parseConfig('providers: {}\n', {}, { find: () => undefined })
  const builtIn = await openSuite('builtin:factual', { configDir: '.', privateSeed: undefined, privateProbes: 0 })
  const suite = { ...builtIn, probes: builtIn.probes.slice(0, PROBES).map((probe, i) => ({ ...probe, id: `factual-true-${i}`, question: `In which year did bridge number ${i} open?` })) }
  const mount = evalsMount(() => ({ evalsDir, config, suites: async () => [suite], emit: async () => undefined, clock: systemClock }), undefined)
  return { mount, labels: () => readLabels(evalsDir, KEPT_RUN), close: () => rm(evalsDir, { recursive: true, force: true }) }
}
