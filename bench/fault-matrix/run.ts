// Runs cells against a world, some at a time, and adds what the spans recorded of each call's cost.
import { GEN_AI, WB } from '../../core/attributes.ts'
import { runCell, type Outcome } from './cell.ts'
import type { Cell } from './rows.ts'
import { startWorld, type MatrixWorld } from './world.ts'

/** The recorded cost of the failing target's attempts. */
export type Recorded = {
  readonly outcome: Outcome
  /** How the attempts that failed were charged: `nothing`, or the distinct sources of their cost as the spans spell them. */
  readonly failedCost: readonly string[]
  /** Whether the call span's dollars are those of its attempts together. */
  readonly sums: boolean | undefined
  readonly errorCodes: readonly string[]
}

const SPANS_WITHIN_MS = 20_000

/** Starts a world, runs every cell and closes it. `onCell` is told of each as it ends. */
export async function runCells(cells: readonly Cell[], concurrency: number, onCell: (outcome: Outcome, done: number) => void = () => undefined): Promise<Recorded[]> {
  const world = await startWorld(cells)
  try {
    const outcomes: Outcome[] = []
    const queue = cells.values()
    const worker = async (): Promise<void> => {
      for (const cell of queue) {
        const outcome = await runCell(world, cell)
        outcomes.push(outcome)
        onCell(outcome, outcomes.length)
      }
    }
    await Promise.all(Array.from({ length: concurrency }, worker))
    await spansOf(world, outcomes)
    return outcomes.map((outcome) => recorded(world, outcome))
  } finally {
    await world.close()
  }
}

/** Waits until every call's span has reached the collector. */
async function spansOf(world: MatrixWorld, outcomes: readonly Outcome[]): Promise<void> {
  const wanted = new Set(outcomes.flatMap(({ traceId }) => (traceId === undefined ? [] : [traceId])))
  const deadline = performance.now() + SPANS_WITHIN_MS
  for (;;) {
    for (const span of world.running.collector.spans) if (span.attributes[WB.role] === 'call') wanted.delete(span.traceId)
    if (wanted.size === 0 || performance.now() > deadline) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function recorded(world: MatrixWorld, outcome: Outcome): Recorded {
  const spans = world.running.collector.spans.filter(({ traceId }) => traceId === outcome.traceId)
  const call = spans.find(({ attributes }) => attributes[WB.role] === 'call')
  const attempts = spans.filter(({ attributes }) => attributes[WB.role] === 'attempt')
  const failed = attempts.filter(({ attributes }) => attributes[WB.errorCode] !== undefined)
  const costs = attempts.map(({ attributes }) => attributes[WB.costUsd]).filter((cost) => typeof cost === 'number')
  const total = call?.attributes[WB.callCostUsd]
  return {
    outcome,
    failedCost: [...new Set(failed.map(({ attributes }) => (attributes[WB.costUsd] === 0 ? 'nothing' : String(attributes[WB.costSource] ?? 'nothing'))))],
    sums: typeof total === 'number' ? Math.abs(total - costs.reduce((sum, cost) => sum + cost, 0)) < 1e-12 : undefined,
    errorCodes: failed.map(({ attributes }) => String(attributes[WB.errorCode] ?? attributes[GEN_AI.finishReasons])),
  }
}
