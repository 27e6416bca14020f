// How things stand in one screen: the window's figures beside those of the window before it, spend over time, what the probes say
// about each target, and the newest calls that did not go as they should.
import { WeighbridgeError } from '../../../core/errors.ts'
import { recentCalls, spendOverTime, spendTotals, taskTargets } from '../../../store/queries/overview.ts'
import { hallucinationByTarget, pushbackByTarget } from '../../../store/queries/quality.ts'
import { newestOf } from '../../../store/search/newest.ts'
import type { OverviewAnswer } from '../api/overview.ts'
import { QUALITY_DAYS, type Frame } from '../api/scope.ts'
import { frameOf, narrowedTo } from '../frame.ts'
import type { Context } from '../server.ts'

const DAY_MS = 86_400_000
const NEWEST = 8

/** GET /api/ui/overview */
export async function overviewAnswer(context: Context): Promise<OverviewAnswer> {
  const { ask } = context
  const frame = await frameOf(context.params, context)
  const window = narrowedTo(frame)
  const slow = slowWindow(frame)
  const [totals, before, spend, byTask, pushback, hallucination, failovers, failures] = await Promise.all([
    ask(spendTotals, window),
    ask(spendTotals, narrowedTo(windowBefore(frame))),
    ask(spendOverTime, { ...window, bucket_s: frame.bucketS }),
    ask(taskTargets, window),
    ask(pushbackByTarget, slow),
    ask(hallucinationByTarget, slow),
    newestOf(window.from, window.to, NEWEST, (part, limit) => ask(recentCalls, { ...window, ...part, only: 'failovers', limit })),
    newestOf(window.from, window.to, NEWEST, (part, limit) => ask(recentCalls, { ...window, ...part, only: 'errors', limit })),
  ])
  const [total] = totals
  const [past] = before
  if (total === undefined || past === undefined) throw new WeighbridgeError('clickhouse_query', 'The totals came back without a row.')
  return { frame, totals: total, before: past.calls === 0 ? null : past, spend, taskTargets: byTask, pushback, hallucination, failovers, failures }
}

/** The window of the same length before. */
function windowBefore(frame: Frame): Frame {
  return { ...frame, fromMs: frame.fromMs - (frame.toMs - frame.fromMs), toMs: frame.fromMs }
}

/** Probes run nightly: quality is read over a month at least. */
export function slowWindow({ simulated, fromMs, toMs, targets }: Frame): { simulated: boolean; from: Date; to: Date; targets: string[] } {
  return { simulated, from: new Date(Math.min(fromMs, toMs - QUALITY_DAYS * DAY_MS)), to: new Date(toMs), targets: [...targets] }
}
