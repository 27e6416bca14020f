// The panels of the dashboard, row by row: which stored query, drawn how, in which unit.
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import {
  BigValueColorMode,
  BigValueGraphMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import { DashboardLinkBuilder, DashboardLinkType, type DynamicConfigValue } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as StatPanel } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as TablePanel } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeseriesPanel } from '@grafana/grafana-foundation-sdk/timeseries'
import { callsOverTime, costPerCallByTask, latencyOverTime } from '../../store/queries/dashboards.ts'
import { recentCalls, spendOverTime, spendTotals, taskTargets } from '../../store/queries/overview.ts'
import { hallucinationByTarget, pushbackByTarget } from '../../store/queries/quality.ts'
import { routeWeights } from '../../store/queries/routes.ts'
import { intervalDrawing, pick } from './macros.ts'

/** Type of the ClickHouse data source plugin. */
export const PLUGIN = 'grafana-clickhouse-datasource'
/** Follows the dashboard's data source variable. */
export const DATASOURCE = { type: PLUGIN, uid: '${datasource}' }

type AnyPanel = StatPanel | TablePanel | TimeseriesPanel
export type Row = { readonly title: string; readonly height: number; readonly panels: readonly { readonly panel: AnyPanel; readonly width: number }[] }

// Probes run nightly: their window is 30 days, whatever the dashboard shows.
const QUALITY_WINDOW = '30d'

const QUERY_TIMESERIES = 0
const QUERY_TABLE = 1

function query(rawSql: string, refId: string, format: number): Builder<Dataquery> {
  const model = {
    datasource: DATASOURCE,
    editorType: 'sql',
    format,
    queryType: format === QUERY_TABLE ? 'table' : 'timeseries',
    rawSql,
    refId,
    // Only the SDK's types ask for this; JSON leaves functions out.
    _implementsDataqueryVariant: () => {},
  }
  return { build: () => model }
}

/** A query whose answer is a table. */
export function tabular(sql: string, refId: string): Builder<Dataquery> {
  return query(sql, refId, QUERY_TABLE)
}

function stat(title: string, column: keyof typeof spendTotals.row.shape, unit: string, description: string): StatPanel {
  return new StatPanel()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .withTarget(tabular(pick(column, spendTotals), 'A'))
    .unit(unit)
    .noValue('–')
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.None)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields(''))
}

function series(title: string, sql: string, unit: string, description: string, name: string): TimeseriesPanel {
  return new TimeseriesPanel()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .withTarget(query(sql, 'A', QUERY_TIMESERIES))
    .unit(unit)
    .min(0)
    .displayName(name)
    .showPoints(VisibilityMode.Never)
    .legend(new VizLegendOptionsBuilder().showLegend(true).displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
}

function table(title: string, sql: string, description: string): TablePanel {
  return new TablePanel().title(title).description(description).datasource(DATASOURCE).withTarget(tabular(sql, 'A')).noValue('–')
}

const unit = (value: string): DynamicConfigValue[] => [{ id: 'unit', value }]
const share = (...more: DynamicConfigValue[]): DynamicConfigValue[] => [{ id: 'unit', value: 'percentunit' }, { id: 'decimals', value: 0 }, ...more]
const label = (text: string): DynamicConfigValue => ({ id: 'displayName', value: text })

/** A table of rates whose intervals are drawn in the cell. */
function rates(title: string, description: string, columns: string, from: typeof pushbackByTarget | typeof hallucinationByTarget, names: readonly string[]): TablePanel {
  const panel = table(title, pick(columns, from), description).timeFrom(QUALITY_WINDOW)
  for (const name of names) panel.overrideByName(name, share())
  return panel.overrideByRegexp('/0 .* 100%/', [{ id: 'custom.width', value: 380 }])
}

const spend = series(
  'Spend by target',
  pick('at AS time, target, spend_usd', spendOverTime, {}, 'ORDER BY time'),
  'currencyUSD',
  spendOverTime.meaning,
  '${__field.labels.target}',
)
  .drawStyle(GraphDrawStyle.Bars)
  .fillOpacity(85)
  .lineWidth(0)
  .stacking(new StackingConfigBuilder().mode(StackingMode.Normal))

const weights = series('Weights by task and target', pick("at AS time, concat(task, ' · ', target) AS series, weight", routeWeights, {}, 'ORDER BY time'), 'percentunit', routeWeights.meaning, '${__field.labels.series}')
  .timeFrom(QUALITY_WINDOW)
  .lineInterpolation(LineInterpolation.StepAfter)
  .showPoints(VisibilityMode.Always)
  .max(1)

const recent = table(
  'Recent calls',
  pick(
    "started_at, task, arrayStringConcat(path_targets, ' → ') AS path, arrayStringConcat(arrayFilter(e -> e != '', path_errors), ', ') AS errors, attempts, cost_usd, wasted_usd, ttft_ms, duration_ms, route_version, trace_id",
    recentCalls,
    { only: 'all', limit: 50 },
    'ORDER BY started_at DESC',
  ),
  recentCalls.meaning,
)
  .overrideByRegexp('/_usd$/', unit('currencyUSD'))
  .overrideByRegexp('/_ms$/', unit('ms'))
  .overrideByName('trace_id', [{ id: 'links', value: [new DashboardLinkBuilder('Open the trace').type(DashboardLinkType.Link).url('${weighbridge_url}/trace/${__value.raw}').targetBlank(true).build()] }])

/** All rows of the dashboard, top to bottom. */
export const ROWS: readonly Row[] = [
  {
    title: '${simulated:text} calls only',
    height: 4,
    panels: [
      { panel: stat('Spend', 'spend_usd', 'currencyUSD', 'US dollars over priced attempts, failed ones included.'), width: 4 },
      { panel: stat('Calls', 'calls', 'short', 'Production calls.'), width: 4 },
      { panel: stat('Cost per call', 'cost_per_call_usd', 'currencyUSD', 'Spend over calls.'), width: 4 },
      { panel: stat('Failovers', 'failovers', 'short', 'Calls that took more than one attempt.'), width: 4 },
      { panel: stat('Wasted', 'wasted_usd', 'currencyUSD', 'Spent on attempts whose output the client did not get.'), width: 4 },
      { panel: stat('Unpriced calls', 'unpriced_calls', 'short', 'Calls with an attempt of unknown cost; the spend leaves them out.'), width: 4 },
    ],
  },
  {
    title: 'Spend',
    height: 9,
    panels: [
      { panel: spend, width: 12 },
      { panel: series('Cost per call by task', pick('at AS time, task, cost_per_call_usd', costPerCallByTask, {}, 'ORDER BY time'), 'currencyUSD', costPerCallByTask.meaning, '${__field.labels.task}'), width: 12 },
    ],
  },
  {
    title: 'What the probes say (newest run of the last 30 days)',
    height: 8,
    panels: [
      {
        panel: rates(
          'Pushback on nonsense, and on sound questions',
          pushbackByTarget.meaning,
          `target, ${intervalDrawing('pushback_rate', 'pushback_low', 'pushback_high')} AS "0 pushback 100%", pushback_rate AS pushback, pushback_low AS low, pushback_high AS high, n, false_pushback_rate AS "false pushback", false_pushback_high AS "at most", control_n AS "control n"`,
          pushbackByTarget,
          ['pushback', 'low', 'high', 'false pushback', 'at most'],
        ),
        width: 12,
      },
      {
        panel: rates(
          'Hallucination',
          `${hallucinationByTarget.meaning} Rates on fewer than 20 probes are too few to state.`,
          `target, ${intervalDrawing('hallucination_rate', 'hallucination_low', 'hallucination_high')} AS "0 hallucination 100%", if(n < 20, NULL, hallucination_rate) AS hallucination, hallucination_low AS low, hallucination_high AS high, n, accuracy, fabrication_rate AS fabrication, unanswerable_n AS "unanswerable n"`,
          hallucinationByTarget,
          ['hallucination', 'low', 'high', 'accuracy', 'fabrication'],
        ),
        width: 12,
      },
    ],
  },
  {
    title: 'Traffic',
    height: 8,
    panels: [
      { panel: series('Calls, failovers and failures', pick('at AS time, calls, failovers, failed', callsOverTime, {}, 'ORDER BY time'), 'short', callsOverTime.meaning, '${__field.name}'), width: 8 },
      { panel: series('Latency p95 by target', pick('at AS time, target, p95_ms', latencyOverTime, {}, 'ORDER BY time'), 'ms', latencyOverTime.meaning, '${__field.labels.target}'), width: 8 },
      { panel: weights, width: 8 },
    ],
  },
  {
    title: 'By task and target',
    height: 9,
    panels: [
      {
        panel: table('Task by target', pick('*', taskTargets), taskTargets.meaning).overrideByRegexp('/_usd$/', unit('currencyUSD')).overrideByRegexp('/_ms$/', unit('ms')).overrideByRegexp('/_tokens$/', [...unit('short'), { id: 'decimals', value: 0 }]),
        width: 24,
      },
    ],
  },
  { title: 'Calls', height: 12, panels: [{ panel: recent.overrideByName('started_at', [label('started')]), width: 24 }] },
]
