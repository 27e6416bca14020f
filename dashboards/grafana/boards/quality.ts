// The dashboard *Hallucination and quality*: what the probes say of each target, what people did with its answers, and whether either
// changed. Rates always with their intervals.
import { answersByTarget, answersOverTime } from '../../../store/queries/answers.ts'
import { hallucinationByTarget, pushbackByTarget } from '../../../store/queries/quality.ts'
import { hallucinationChanges, qualityByRun } from '../../../store/queries/quality-trends.ts'
import { evidenceInForce } from '../../../store/queries/routing.ts'
import { intervalDrawing, pick } from '../macros.ts'
import { band, table, withUnits, type Placed, type Row } from '../pieces.ts'

/** Probes run nightly: their window is 30 days, whatever the dashboard shows. */
const PROBE_WINDOW = '30d'
const drawn = (rate: string, low: string, high: string, name: string): string => `${intervalDrawing(rate, low, high)} AS "0 ${name} 100%"`

function runs(title: string, rate: string): Placed {
  const sql = pick(`at AS time, ${rate}_rate AS rate, ${rate}_low AS low, ${rate}_high AS high`, qualityByRun, {}, `WHERE ${rate}_rate IS NOT NULL\nORDER BY time`)
  return { panel: band(`${title}: \${target}`, sql, qualityByRun.meaning).timeFrom(PROBE_WINDOW), width: 24 }
}

function followUps(title: string, rate: string): Placed {
  return { panel: band(`${title}: \${target}`, pick(`at AS time, ${rate}_rate AS rate, ${rate}_low AS low, ${rate}_high AS high`, answersOverTime, {}, 'ORDER BY time'), answersOverTime.meaning).interval('1h'), width: 24 }
}

/** All rows, top to bottom. */
export function qualityRows(): readonly Row[] {
  return [
    {
      title: '${simulated:text} targets only: what the newest run of the last 30 days says',
      height: 9,
      panels: [
        {
          panel: withUnits(
            table(
              'Pushback on nonsense, and on sound questions',
              pick(`target, effort, ${drawn('pushback_rate', 'pushback_low', 'pushback_high', 'pushback')}, pushback_rate, pushback_low, pushback_high, n, false_pushback_rate, false_pushback_low, false_pushback_high, control_n, unscored, suite, grader`, pushbackByTarget),
              pushbackByTarget.meaning,
            ),
          ).timeFrom(PROBE_WINDOW),
          width: 24,
        },
        {
          panel: withUnits(
            table(
              'Hallucination and accuracy',
              pick(
                `target, effort, ${drawn('if(n < 20, NULL, hallucination_rate)', 'hallucination_low', 'hallucination_high', 'hallucination')}, if(n < 20, NULL, hallucination_rate) AS hallucination_rate, if(n < 20, NULL, hallucination_low) AS hallucination_low, if(n < 20, NULL, hallucination_high) AS hallucination_high, n, accuracy AS accuracy_rate, accuracy_low, accuracy_high, answerable_n, fabrication_rate, unanswerable_n, unscored, suite, grader`,
                hallucinationByTarget,
              ),
              `${hallucinationByTarget.meaning} Rates on fewer than 20 probes are too few to state.`,
            ),
          ).timeFrom(PROBE_WINDOW),
          width: 24,
        },
      ],
    },
    { title: 'Hallucination from run to run (95% interval)', height: 7, panels: [runs('Hallucination', 'hallucination')] },
    { title: 'Pushback on nonsense from run to run (95% interval)', height: 7, panels: [runs('Pushback', 'pushback')] },
    {
      title: 'Did it get worse?',
      height: 8,
      panels: [
        {
          panel: withUnits(table('Hallucination: the newest run against the one before', pick('target, suite, grader, at, rate, n, rate_before, n_before, difference, difference_low, difference_high, run_id, run_before', hallucinationChanges), `${hallucinationChanges.meaning}`)).timeFrom(PROBE_WINDOW),
          width: 24,
        },
      ],
    },
    { title: 'Retries (95% interval of the share of observed calls)', height: 7, panels: [followUps('Asked again', 'retried')] },
    { title: 'Edits (95% interval of the share of observed calls)', height: 7, panels: [followUps('Edited', 'edited')] },
    {
      title: 'By task, target and effort',
      height: 10,
      panels: [
        {
          panel: withUnits(
            table(
              'What people did with the answers',
              pick(
                `task, target, effort, calls, observed, ${drawn('retried_rate', 'retried_low', 'retried_high', 'asked again')}, retried_rate, retried_low, retried_high, edited_rate, edited_low, edited_high, accepted_rate, accepted_low, accepted_high, rating`,
                answersByTarget,
              ),
              answersByTarget.meaning,
            ),
          ),
          width: 24,
        },
        {
          panel: withUnits(
            table(
              'The evidence behind the weights in force',
              pick(
                `task, target, weight, ${drawn('quality', 'quality_low', 'quality_high', 'quality')}, quality, hallucination_rate, hallucination_low, hallucination_high, pushback_rate, pushback_low, pushback_high, cost_per_call_usd, evals, calls, version`,
                evidenceInForce,
              ),
              evidenceInForce.meaning,
            ),
          ),
          width: 24,
        },
      ],
    },
  ]
}
