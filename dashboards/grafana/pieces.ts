// The kinds of panels that the dashboards are made of: how each is drawn, and the query model of the ClickHouse plugin. No SQL.
import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog'
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  LineInterpolation,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common'
import { DashboardLinkBuilder, DashboardLinkType, FieldColorBuilder, FieldColorModeId, MappingType, PanelBuilder, type DashboardLink, type DynamicConfigValue, type Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { PanelBuilder as StatPanel } from '@grafana/grafana-foundation-sdk/stat'
import { PanelBuilder as StatePanel } from '@grafana/grafana-foundation-sdk/statetimeline'
import { PanelBuilder as TablePanel } from '@grafana/grafana-foundation-sdk/table'
import { PanelBuilder as TimeseriesPanel } from '@grafana/grafana-foundation-sdk/timeseries'

/** Type of the ClickHouse data source plugin. */
export const PLUGIN = 'grafana-clickhouse-datasource'
/** Follows the dashboard's data source variable. */
export const DATASOURCE = { type: PLUGIN, uid: '${datasource}' }

/** What a panel must let the layout do. */
export type AnyPanel = Builder<Panel> & { id(id: number): unknown; gridPos(position: { x: number; y: number; w: number; h: number }): unknown }
/** A panel with its width in 24ths. */
export type Placed = { readonly panel: AnyPanel; readonly width: number }
export type Row = { readonly title: string; readonly height: number; readonly panels: readonly Placed[] }

/** Formats of the plugin's backend (sqlds), with the words of its editor. */
const FORMATS = { timeseries: 0, table: 1, traces: 3 } as const

/** The query model: raw SQL. `datasource`: default the dashboard's. */
export function query(rawSql: string, format: keyof typeof FORMATS, datasource: { readonly type: string; readonly uid: string } = DATASOURCE): Builder<Dataquery> {
  const model = {
    datasource,
    editorType: 'sql',
    format: FORMATS[format],
    queryType: format,
    rawSql,
    refId: 'A',
    // Only the SDK's types ask for this; JSON leaves functions out.
    _implementsDataqueryVariant: () => {},
  }
  return { build: () => model }
}

/** One number. */
export function stat(title: string, sql: string, unit: string, description: string): StatPanel {
  return new StatPanel()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .withTarget(query(sql, 'table'))
    .unit(unit)
    .noValue('–')
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.None)
    .textMode(BigValueTextMode.Value)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).fields(''))
}

/** Lines over time; `name`: what a line is called. Buckets are never shorter than a minute: sums are kept by the minute. */
export function series(title: string, sql: string, unit: string, description: string, name: string): TimeseriesPanel {
  return new TimeseriesPanel()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .withTarget(query(sql, 'timeseries'))
    .interval('1m')
    .unit(unit)
    .min(0)
    .displayName(name)
    .noValue('–')
    // By name, so that a target has one colour in every panel.
    .colorScheme(new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName))
    .showPoints(VisibilityMode.Never)
    .legend(new VizLegendOptionsBuilder().showLegend(true).displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
}

/** Stacked bars: parts of a whole over time. */
export function stacked(panel: TimeseriesPanel): TimeseriesPanel {
  return panel.drawStyle(GraphDrawStyle.Bars).fillOpacity(85).lineWidth(0).stacking(new StackingConfigBuilder().mode(StackingMode.Normal))
}

/** Steps from one published version to the next. */
export function steps(panel: TimeseriesPanel): TimeseriesPanel {
  return panel.lineInterpolation(LineInterpolation.StepAfter).showPoints(VisibilityMode.Always)
}

/** A rate with its interval as a band, of the one target that a repeated panel is about: columns `rate`, `low`, `high`. */
export function band(title: string, sql: string, description: string): TimeseriesPanel {
  return series(title, sql, 'percentunit', description, '${__field.name}')
    .max(1)
    .showPoints(VisibilityMode.Always)
    .legend(new VizLegendOptionsBuilder().showLegend(false).displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom))
    .overrideByName('high', [...INVISIBLE, { id: 'custom.fillBelowTo', value: 'low' }, { id: 'custom.fillOpacity', value: 25 }])
    .overrideByName('low', INVISIBLE)
    .overrideByName('rate', [{ id: 'custom.lineWidth', value: 2 }])
    .repeat('target')
    .repeatDirection('h')
    .maxPerRow(4)
}

const INVISIBLE: DynamicConfigValue[] = [{ id: 'custom.lineWidth', value: 0 }, { id: 'custom.showPoints', value: 'never' }]

export function table(title: string, sql: string, description: string): TablePanel {
  return new TablePanel().title(title).description(description).datasource(DATASOURCE).withTarget(query(sql, 'table')).noValue('–')
}

/** How each of several things stood over time: a number with words and colours for it. */
export function states(title: string, sql: string, description: string, words: Readonly<Record<string, { readonly text: string; readonly color: string }>>): StatePanel {
  return new StatePanel()
    .title(title)
    .description(description)
    .datasource(DATASOURCE)
    .withTarget(query(sql, 'timeseries'))
    .interval('1m')
    .displayName('${__field.labels.target}')
    .mergeValues(true)
    .mappings([{ type: MappingType.ValueToText, options: Object.fromEntries(Object.entries(words).map(([value, word], index) => [value, { ...word, index }])) }])
    .legend(new VizLegendOptionsBuilder().showLegend(true).displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom))
}

/** Grafana's trace view. The SDK has no builder for it. */
export function traceView(title: string, sql: string, description: string): PanelBuilder {
  return new PanelBuilder().type('traces').title(title).description(description).datasource(DATASOURCE).withTarget(query(sql, 'traces'))
}

export const unit = (value: string): DynamicConfigValue[] => [{ id: 'unit', value }]
export const usd: DynamicConfigValue[] = unit('currencyUSD')
export const share: DynamicConfigValue[] = [{ id: 'unit', value: 'percentunit' }, { id: 'decimals', value: 1 }]
export const called = (text: string): DynamicConfigValue => ({ id: 'displayName', value: text })

/** Units by the endings of column names, as everywhere in this product. */
export function withUnits<P extends { overrideByRegexp(regexp: string, properties: DynamicConfigValue[]): P }>(panel: P): P {
  return panel
    .overrideByRegexp('/(^|_)usd$/', usd)
    .overrideByRegexp('/_ms$/', unit('ms'))
    .overrideByRegexp('/_s$/', unit('s'))
    .overrideByRegexp('/_bytes$/', unit('bytes'))
    .overrideByRegexp('/(^|_)(rate|low|high|share|propensity|weight|difference|quality)$/', share)
    .overrideByRegexp('/_tokens$/', [...unit('short'), { id: 'decimals', value: 0 }])
    .overrideByRegexp('/^0 .* 100%$/', [{ id: 'custom.width', value: 380 }])
}

/** Links of a cell that holds a trace id: into the traces dashboard, and to the page of the product itself. */
export function traceLinks(): DynamicConfigValue {
  return { id: 'links', value: [link('Trace', `/d/weighbridge-traces?\${__url_time_range}&var-simulated=\${simulated}&var-trace_id=\${__value.raw}`), link('Open in Weighbridge', '${weighbridge_url}/trace/${__value.raw}')] }
}

/** A link from a series to the calls behind it. `variable`: `var-NAME=…`. */
export function callsLink(variable: string): Builder<DashboardLink> {
  return linkBuilder('The calls behind it', `/d/weighbridge-traces?\${__url_time_range}&var-simulated=\${simulated}&${variable}`)
}

function link(title: string, url: string): DashboardLink {
  return linkBuilder(title, url).build()
}

function linkBuilder(title: string, url: string): DashboardLinkBuilder {
  return new DashboardLinkBuilder(title).type(DashboardLinkType.Link).url(url).targetBlank(true)
}
