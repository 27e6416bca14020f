// The dashboard *Routing*: how calls found their targets, what weights were in force, what stood in the way, and what the choice cost.
import { callsOverTime } from '../../../store/queries/dashboards.ts'
import { spendTotals } from '../../../store/queries/overview.ts'
import { routeVersions, routeWeights } from '../../../store/queries/routes.ts'
import { ceilingsHit, decisionsOverTime, failoverPaths, routingRegret, servedShares } from '../../../store/queries/routing.ts'
import { panelSql, pick } from '../macros.ts'
import { callsLink, series, stacked, stat, steps, table, traceLinks, withUnits, type Row } from '../pieces.ts'

/** All rows, top to bottom. */
export function routingRows(): readonly Row[] {
  return [
    {
      title: '${simulated:text} calls only',
      height: 4,
      panels: [
        { panel: stat('Calls', pick('calls', spendTotals), 'short', 'Production calls.'), width: 6 },
        { panel: stat('Failed over', pick('if(calls = 0, NULL, failovers / calls) AS share', spendTotals), 'percentunit', 'Share of the calls that took more than one attempt.'), width: 6 },
        { panel: stat('Failed', pick('error_rate', spendTotals), 'percentunit', 'Share of the calls that no target answered.'), width: 6 },
        { panel: stat('Version in force', pick('max(version) AS version', routeVersions, {}, 'HAVING count() > 0'), 'none', 'The newest route table published in the time range; – when none was.'), width: 6 },
      ],
    },
    {
      title: 'Weights',
      height: 10,
      panels: [
        { panel: steps(series('Weights by task and target', pick("at AS time, concat(task, ' · ', target) AS series, weight", routeWeights, {}, 'ORDER BY time'), 'percentunit', routeWeights.meaning, '${__field.labels.series}').max(1)).timeFrom('30d'), width: 14 },
        { panel: withUnits(table('Who served', panelSql(servedShares), servedShares.meaning)), width: 10 },
      ],
    },
    {
      title: 'Decisions',
      height: 9,
      panels: [
        { panel: stacked(series('Decisions by reason', pick("at AS time, if(reason = '', 'none', reason) AS why, calls", decisionsOverTime, {}, 'ORDER BY time'), 'short', decisionsOverTime.meaning, '${__field.labels.why}')), width: 12 },
        { panel: series('Calls, failovers and failures', pick('at AS time, calls, failovers, failed', callsOverTime, {}, 'ORDER BY time'), 'short', callsOverTime.meaning, '${__field.name}').dataLinks([callsLink('var-only=failovers')]), width: 12 },
      ],
    },
    {
      title: 'What stood in the way',
      height: 9,
      panels: [
        { panel: withUnits(table('Failovers: from, why, to', panelSql(failoverPaths), failoverPaths.meaning).overrideByName('last_trace_id', [traceLinks()])), width: 14 },
        { panel: withUnits(table('Ceilings that bit', panelSql(ceilingsHit), ceilingsHit.meaning)), width: 10 },
      ],
    },
    {
      title: 'What the choice cost',
      height: 9,
      panels: [
        { panel: series('Regret in USD per call by task', pick('at AS time, task, regret_usd', routingRegret, {}, 'ORDER BY time'), 'currencyUSD', `${routingRegret.meaning} The value of an answer is the variable above.`, '${__field.labels.task}').interval('1h'), width: 12 },
        { panel: table('Published versions', pick('version, parent, published_at, action, author, rule', routeVersions), routeVersions.meaning).timeFrom('30d'), width: 12 },
      ],
    },
  ]
}
