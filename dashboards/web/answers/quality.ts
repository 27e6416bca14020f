// Whether answers are right: what the probes say of each target, from run to run, and what the people who got the answers did.
import { answersByTarget, answersOverTime } from '../../../store/queries/answers.ts'
import { hallucinationByTarget, pushbackByTarget } from '../../../store/queries/quality.ts'
import { hallucinationChanges, qualityByRun } from '../../../store/queries/quality-trends.ts'
import type { QualityAnswer } from '../api/quality.ts'
import { frameOf, narrowedTo } from '../frame.ts'
import type { Context } from '../server.ts'
import { slowWindow } from './overview.ts'

/** GET /api/ui/quality */
export async function qualityAnswer(context: Context): Promise<QualityAnswer> {
  const { ask } = context
  const frame = await frameOf(context.params, context)
  const slow = slowWindow(frame)
  const window = narrowedTo(frame)
  const [pushback, hallucination, runs, changes, answers, answersAt] = await Promise.all([
    ask(pushbackByTarget, slow),
    ask(hallucinationByTarget, slow),
    ask(qualityByRun, slow),
    ask(hallucinationChanges, slow),
    ask(answersByTarget, window),
    ask(answersOverTime, { ...window, bucket_s: coarser(frame.bucketS) }),
  ])
  return { frame, probesFromMs: slow.from.getTime(), pushback, hallucination, runs, changes, answers, answersAt, answersBucketS: coarser(frame.bucketS) }
}

/** Follow-ups are rare beside calls: a bucket holds some only where it is wide. */
function coarser(bucketS: number): number {
  return bucketS * 4
}
