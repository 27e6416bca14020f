// The dashboard *Spend*: what calls cost, by what, and where it is heading. Which stored query, drawn how.
import { answersByTarget, answerTotals } from '../../../store/queries/answers.ts'
import { costPerCallByTask } from '../../../store/queries/dashboards.ts'
import { spendOverTimeBy, spendTotals, taskTargets, type SpendSplit } from '../../../store/queries/overview.ts'
import { cacheSavings, spendByInputSize, spendByKeyAndTask, spendForecast, unpricedAttempts } from '../../../store/queries/spend.ts'
import { intervalDrawing, panelSql, pick } from '../macros.ts'
import { callsLink, series, stacked, stat, table, traceLinks, withUnits, type Placed, type Row } from '../pieces.ts'

const of = (column: keyof typeof spendTotals.row.shape): string => pick(column, spendTotals)

function split(by: SpendSplit, variable?: string): Placed {
  const query = spendOverTimeBy(by)
  const panel = stacked(series(`Spend by ${by}`, pick('at AS time, name, spend_usd', query, {}, 'ORDER BY time'), 'currencyUSD', query.meaning, '${__field.labels.name}'))
  return { panel: variable === undefined ? panel : panel.dataLinks([callsLink(`var-${variable}=\${__field.labels.name}`)]), width: 12 }
}

/** All rows, top to bottom. */
export function spendRows(): readonly Row[] {
  return [
    {
      title: '${simulated:text} calls only',
      height: 4,
      panels: [
        { panel: stat('Spend', of('spend_usd'), 'currencyUSD', 'US dollars over priced attempts, failed ones included; unpriced ones are left out and counted beside.'), width: 4 },
        { panel: stat('Calls', of('calls'), 'short', 'Production calls.'), width: 3 },
        { panel: stat('Cost per call', of('cost_per_call_usd'), 'currencyUSD', 'Spend over calls.'), width: 3 },
        { panel: stat('Cost per accepted answer', pick('cost_per_accepted_usd', answerTotals), 'currencyUSD', answerTotals.meaning), width: 4 },
        { panel: stat('Wasted', of('wasted_usd'), 'currencyUSD', 'Spent on attempts whose output the client did not get.'), width: 3 },
        { panel: stat('Saved by caches', pick('sum(saved_usd) AS saved', cacheSavings), 'currencyUSD', 'What the same tokens would have cost more without the prompt cache; – when no attempt says.'), width: 4 },
        { panel: stat('Unpriced calls', of('unpriced_calls'), 'short', 'Calls with an attempt of unknown cost.'), width: 3 },
      ],
    },
    { title: 'Over time', height: 9, panels: [split('target', 'target'), split('task', 'task'), split('provider'), split('key', 'key')] },
    {
      title: 'Per call',
      height: 9,
      panels: [
        { panel: series('Cost per call by task', pick('at AS time, task, cost_per_call_usd', costPerCallByTask, {}, 'ORDER BY time'), 'currencyUSD', costPerCallByTask.meaning, '${__field.labels.task}').dataLinks([callsLink('var-task=${__field.labels.task}')]), width: 12 },
        { panel: withUnits(table('By length of input', pick('substring(size, 3) AS "input tokens", target, attempts, spend_usd, cost_per_attempt_usd, output_tokens', spendByInputSize, {}, 'ORDER BY size, spend_usd DESC'), spendByInputSize.meaning)), width: 12 },
      ],
    },
    {
      title: 'Accepted answers',
      height: 10,
      panels: [
        {
          panel: withUnits(
            table(
              'What an accepted answer costs',
              pick(`task, target, calls, observed, ${intervalDrawing('accepted_rate', 'accepted_low', 'accepted_high')} AS "0 accepted 100%", accepted_rate, accepted_low, accepted_high, cost_per_accepted_usd`, answersByTarget),
              answersByTarget.meaning,
            ),
          ),
          width: 24,
        },
      ],
    },
    {
      title: 'This month',
      height: 5,
      panels: [{ panel: withUnits(table('Where the month is heading (UTC)', pick("formatDateTime(month, '%Y-%m', 'UTC') AS month, spent_usd, forecast_usd, forecast_low_usd, forecast_high_usd, mean_day_usd, days_seen, round(days_left, 1) AS \"days left\"", spendForecast), spendForecast.meaning)), width: 24 }],
    },
    {
      title: 'In detail',
      height: 10,
      panels: [
        { panel: withUnits(table('By key and task', panelSql(spendByKeyAndTask), spendByKeyAndTask.meaning)), width: 12 },
        { panel: withUnits(table('What caches save', panelSql(cacheSavings), cacheSavings.meaning)), width: 12 },
        { panel: withUnits(table('Task by target', pick('task, target, attempts, failed, spend_usd, cost_per_attempt_usd, input_tokens, output_tokens, p50_ms, p95_ms, ttft_p50_ms, retried', taskTargets), taskTargets.meaning)), width: 24 },
        { panel: withUnits(table('Without a price', panelSql(unpricedAttempts), unpricedAttempts.meaning).overrideByName('last_trace_id', [traceLinks()])), width: 24 },
      ],
    },
  ]
}
