// What a scope comes to and what there is to choose from: the names and sides that every page's controls show.
import { targetsSeen, tasksSeen } from '../../../store/queries/dashboards.ts'
import { dataSeen } from '../../../store/queries/overview.ts'
import { QUALITY_DAYS, type Frame, type NamesAnswer } from '../api/scope.ts'
import { frameOf } from '../frame.ts'
import type { Context } from '../server.ts'

const DAY_MS = 86_400_000

/** GET /api/ui/names */
export async function namesAnswer(context: Context): Promise<NamesAnswer> {
  const { ask, params } = context
  const frame = await frameOf(params, context)
  const lately = seenWindow(frame, context)
  const [seen, targets, tasks] = await Promise.all([ask(dataSeen, { from: lately.from, to: lately.to }), ask(targetsSeen, lately), ask(tasksSeen, lately)])
  return {
    frame,
    has: { simulated: (seen[0]?.simulated_calls ?? 0) > 0, real: (seen[0]?.real_calls ?? 0) > 0 },
    targets: targets.map((row) => row.target),
    tasks: tasks.map((row) => row.task),
  }
}

/** The last 30 days, and all of a window that reaches further back: a colour must not depend on the range. */
function seenWindow({ simulated, fromMs }: Frame, { clock }: Context): { simulated: boolean; from: Date; to: Date } {
  const now = clock.nowMs()
  return { simulated, from: new Date(Math.min(fromMs, now - QUALITY_DAYS * DAY_MS)), to: new Date(now + DAY_MS) }
}
