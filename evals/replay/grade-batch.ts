// Grades answers that exist already: of a finished run, or recorded elsewhere. The same lanes, budget and journal as a run, so
// that a judge's vote is paced, paid and remembered once. In: answers and a grader. Out: a grade for each, in order.
import { randomBytes } from 'node:crypto'
import { Pool } from 'undici'
import type { Target } from '../../core/config.ts'
import type { Clock, Random } from '../../core/seams.ts'
import type { Probe } from '../probes/load.ts'
import { ask, type Question, type Reply } from './ask.ts'
import { Budget } from './budget.ts'
import type { Grader } from './grader.ts'
import type { Journal } from './journal.ts'
import { judgeDesk, type DeskParts } from './judge-desk.ts'
import { Lane, type Sleeper } from './lane.ts'
import type { PaceSettings } from './pace.ts'
import type { Graded } from './trial.ts'

export type BatchItem = { readonly key: string; readonly probe: Probe; readonly target: Target; readonly task: string; readonly answer: { readonly text: string; readonly finishReason: string | undefined } }

export type BatchPlan = {
  readonly runId: string
  readonly grader: Grader
  readonly judges: ReadonlyMap<string, Target>
  readonly concurrency: number
  readonly allowed: (provider: string) => Pick<PaceSettings, 'callsPerSecond' | 'tokensPerSecond'>
  readonly budgetUsd: number | undefined
  readonly seed: number
}

export type BatchSeams = {
  readonly routerUrl: string
  readonly apiKey: string | undefined
  readonly journal: Journal
  readonly clock: Clock
  readonly sleeper: Sleeper
  readonly random: Random
  readonly signal: AbortSignal
  readonly onGraded: (done: number, total: number, spentUsd: number) => void
}

export type BatchResult = { readonly grades: readonly Graded[]; readonly chargedUsd: number; readonly overBudget: boolean }

/** Grades all items; each grade is journalled as it is known. Rejects when aborted or when the journal cannot be written. */
export async function gradeBatch(items: readonly BatchItem[], plan: BatchPlan, seams: BatchSeams): Promise<BatchResult> {
  const { journal } = seams
  const budget = new Budget(plan.budgetUsd, journal.record.chargedUsd)
  const before = budget.spent
  const lanes = new Map<string, Lane>()
  const laneOf = ({ provider }: Target): Lane => {
    const lane = lanes.get(provider.name) ?? new Lane({ maxInFlight: plan.concurrency, ...plan.allowed(provider.name) }, seams)
    lanes.set(provider.name, lane)
    return lane
  }
  const router = new Pool(new URL(seams.routerUrl).origin, { connections: plan.concurrency * Math.max(1, plan.judges.size), headersTimeout: 0, bodyTimeout: 0 })
  const parts: DeskParts = {
    ...plan,
    laneOf,
    budget,
    journal,
    record: journal.record,
    put: (question: Question): Promise<Reply> => ask(router, seams.apiKey, question, seams.clock, seams.signal),
    newTraceId: () => randomBytes(16).toString('hex'),
    nowMs: () => seams.clock.nowMs(),
  }
  const grades: (Graded | undefined)[] = Array<undefined>(items.length).fill(undefined)
  let next = 0
  let done = 0
  const work = async (): Promise<void> => {
    for (;;) {
      const at = next
      const item = items[at]
      if (item === undefined) return
      next += 1
      const graded = await plan.grader.grade({ probe: item.probe, target: item.target, answer: item.answer, desk: judgeDesk(parts, item.key, item.task) })
      await journal.append({ t: 'regrade', key: item.key, ...graded })
      grades[at] = graded
      done += 1
      seams.onGraded(done, items.length, budget.spent - before)
    }
  }
  try {
    await Promise.all(Array.from({ length: Math.min(items.length, plan.concurrency * Math.max(1, plan.judges.size)) }, work))
  } finally {
    await (seams.signal.aborted ? router.destroy() : router.close())
  }
  return { grades: grades.flatMap((graded) => graded ?? []), chargedUsd: budget.spent - before, overBudget: budget.refused > 0 }
}
