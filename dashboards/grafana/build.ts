// The Grafana dashboard as code. In: nothing. Out: classic (v1) dashboard JSON that a provisioned Grafana with the
// ClickHouse plugin shows. No SQL of its own beyond picking columns of the stored queries.
import { DashboardBuilder, CustomVariableBuilder, DatasourceVariableBuilder, QueryVariableBuilder, RowBuilder, TextBoxVariableBuilder, VariableRefresh, type Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import { tasksSeen, targetsSeen } from '../../store/queries/dashboards.ts'
import { panelSql } from './macros.ts'
import { DATASOURCE, PLUGIN, ROWS, tabular } from './panels.ts'

/** One dashboard: file name without extension, and its text. */
export type BuiltDashboard = { readonly name: string; readonly json: string }

/** All dashboards, ready to write; the same text every time. */
export function buildDashboards(): BuiltDashboard[] {
  return [{ name: 'weighbridge', json: `${JSON.stringify(overview(), null, 2)}\n` }]
}

function overview(): unknown {
  const dashboard = new DashboardBuilder('Weighbridge')
    .uid('weighbridge')
    .description('What model calls cost, how they turned out, and how the next ones are weighed. One side of the simulated/real divide at a time.')
    .tags(['weighbridge', 'llm'])
    .timezone('browser')
    .time({ from: 'now-24h', to: 'now' })
    .refresh('30s')
    .readonly()
    .withVariable(new DatasourceVariableBuilder('datasource').label('Data source').type(PLUGIN))
    .withVariable(
      new CustomVariableBuilder('simulated')
        .label('Data')
        .values('Real : false, Simulated : true')
        .options([
          { selected: true, text: 'Real', value: 'false' },
          { selected: false, text: 'Simulated', value: 'true' },
        ])
        .current({ selected: true, text: 'Real', value: 'false' }),
    )
    .withVariable(listVariable('target', 'Target', panelSql(targetsSeen)))
    .withVariable(listVariable('task', 'Task', panelSql(tasksSeen)))
    .withVariable(new TextBoxVariableBuilder('weighbridge_url').label('Weighbridge').defaultValue('http://localhost:4000').description('Where trace links lead'))
  let y = 0
  for (const row of ROWS) {
    dashboard.withRow(new RowBuilder(row.title).gridPos({ x: 0, y, w: 24, h: 1 }))
    y += 1
    let x = 0
    for (const { panel, width } of row.panels) {
      dashboard.withPanel(placed(panel, x, y, width, row.height))
      x += width
    }
    y += row.height
  }
  return dashboard.build()
}

function placed(panel: { gridPos(position: { x: number; y: number; w: number; h: number }): Builder<Panel> }, x: number, y: number, w: number, h: number): Builder<Panel> {
  return panel.gridPos({ x, y, w, h })
}

// Multi-value with All: All stands for every value listed, and for an empty list the query means all anyway.
function listVariable(name: string, label: string, sql: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query({ ...tabular(sql, 'A').build() })
    .definition(sql)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .current({ selected: true, text: ['All'], value: ['$__all'] })
}
