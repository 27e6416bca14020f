// What the primary router serves besides calls: the admin routes over the operational state, and the pages.
import { fileURLToPath } from 'node:url'
import type { Mount } from '../../core/mount.ts'
import { systemClock } from '../../core/seams.ts'
import { runbookMount } from '../../dashboards/web/runbook.ts'
import { webMounts } from '../../dashboards/web/server.ts'
import { createEventLog } from '../../evals/learn/events.ts'
import { routesMount } from '../../evals/learn/http.ts'
import { tellFollowUps } from '../../evals/learn/follow-ups.ts'
import { createLearner } from '../../evals/learn/learner.ts'
import { createPublisher } from '../../evals/learn/publish.ts'
import { createClickHouse, type ClickHouseAddress } from '../../store/clickhouse/clickhouse.ts'
import type { State } from '../../store/state/state.ts'
import type { Base } from './base.ts'
import { whyNothingKept } from '../content-text.ts'
import { contentMount } from './content-mount.ts'
import { keptAnswers } from './kept-answers.ts'
import { emitter } from './emit.ts'
import { evalsMounts, followCalibrations } from './evals.ts'

/** How often the learner looks at the evidence by itself; its own gates keep it from publishing more than once a day per task. */
const LEARNING_CYCLE_MS = 600_000

/** The mounts of the primary. Reads ClickHouse as `reader`, publishes through the state and the collector. */
export function primaryMounts(base: Base, plan: { reader: ClickHouseAddress; contentReader: ClickHouseAddress; state: State; collectorUrl: string }): Mount[] {
  const { holder, dataDir, env, log, stack } = base
  const clickhouse = createClickHouse(plan.reader)
  stack.add('reader', clickhouse, () => clickhouse.close())
  const content = createClickHouse({ ...plan.contentReader, maxConnections: 2 })
  stack.add('content reader', content, () => content.close())
  const config = (): ReturnType<typeof holder.current> => holder.current()
  const emit = emitter(plan.collectorUrl, env)
  const publisher = createPublisher({ state: plan.state, dataDir, clock: systemClock, log, emit })
  const events = createEventLog({ state: plan.state, log, emit })
  const learner = createLearner({ config, clickhouse, state: plan.state, publisher, events, clock: systemClock, log, answers: () => keptAnswers(dataDir), priceNotices: () => holder.priceNotices(), calibrations: followCalibrations(base) })
  // A crash may have come between the state and the file; and in `auto` the learner publishes inside its gates by itself.
  let turn: Promise<unknown> = Promise.resolve()
  const keepUp = (learn: () => Promise<unknown>): void => {
    // One after the other: two at once would publish on the same parent.
    turn = turn
      .then(() => Promise.all([publisher.sync(), events.flush()]))
      .then(learn)
      .catch((error: unknown) => log.warn({ err: error }, 'the learning cycle failed; weights stay as they are'))
  }
  const cycle = async (): Promise<void> => {
    // Evidence goes without what cannot be told today; the next turn tells it.
    await tellFollowUps(clickhouse, emit).catch((error: unknown) => log.warn({ err: error }, 'follow-ups could not be looked for in the database'))
    await learner.cycle()
  }
  keepUp(cycle)
  const timer = setInterval(() => keepUp(cycle), LEARNING_CYCLE_MS)
  stack.add('learning cycle', timer, () => clearInterval(timer))
  // A new price changes what a target is worth at once (DESIGN §6.12).
  let [newest] = holder.priceNotices()
  const unsubscribe = holder.subscribe(() => {
    const [latest] = holder.priceNotices()
    if (latest === newest) return
    newest = latest
    keepUp(() => learner.repriced())
  })
  stack.add('price changes', unsubscribe, unsubscribe)
  const mounts: Mount[] = [routesMount({ config, learner, publisher, events, state: plan.state, clock: systemClock, clickhouse }), contentMount(content), ...evalsMounts(base, plan)]
  if (config().settings.ui.port === 'off') return mounts
  const simulatedDefault = (): boolean => [...config().targets.values()].every((target) => target.provider.simulated)
  return [...mounts, runbookMount(new URL('../../docs/runbook.md', import.meta.url)), ...webMounts({ clickhouse, distDir: webDist(), clock: systemClock, log, simulatedDefault, priceOf: (target) => config().targets.get(target)?.price, whyNotKept: (call) => whyNothingKept(config().settings.capture, call) })]
}

/** Where the built pages stand. */
function webDist(): string {
  return fileURLToPath(new URL('../../dashboards/web/dist/', import.meta.url))
}
