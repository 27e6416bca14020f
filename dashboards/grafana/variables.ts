// The variables of the dashboards: which data source, which side of the simulated/real divide, which targets, tasks and keys; and what a
// person types.
import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import { CustomVariableBuilder, DatasourceVariableBuilder, QueryVariableBuilder, TextBoxVariableBuilder, VariableRefresh, type VariableModel, type VariableOption } from '@grafana/grafana-foundation-sdk/dashboard'
import { keysSeen, targetsSeen, tasksSeen } from '../../store/queries/dashboards.ts'
import { panelSql } from './macros.ts'
import { DATASOURCE, PLUGIN, query } from './pieces.ts'

/** Where the product's own pages are, unless a dashboard is built for another address. */
export const PAGES_URL = 'http://localhost:4000'

type Choice = { readonly text: string; readonly value: string }

function choices(name: string, label: string, all: readonly [Choice, ...Choice[]]): CustomVariableBuilder {
  const [first] = all
  const option = (choice: Choice): VariableOption => ({ selected: choice === first, ...choice })
  return new CustomVariableBuilder(name).label(label).values(all.map(({ text, value }) => `${text} : ${value}`).join(', ')).options(all.map(option)).current(option(first))
}

// Multi-value with All: All stands for every value listed, and for an empty list the query means all anyway.
function list(name: string, label: string, sql: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(DATASOURCE)
    .query({ ...query(sql, 'table').build() })
    .definition(sql)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .current({ selected: true, text: ['All'], value: ['$__all'] })
}

function typed(name: string, label: string, value: string, description: string): TextBoxVariableBuilder {
  return new TextBoxVariableBuilder(name).label(label).defaultValue(value).current({ selected: true, text: value, value }).description(description)
}

const SIDE = (): Builder<VariableModel> =>
  choices('simulated', 'Data', [
    { text: 'Real', value: 'false' },
    { text: 'Simulated', value: 'true' },
  ])

/** The variables every dashboard begins with. */
export function commonVariables(pagesUrl: string): Builder<VariableModel>[] {
  return [
    new DatasourceVariableBuilder('datasource').label('Data source').type(PLUGIN),
    SIDE(),
    list('target', 'Target', panelSql(targetsSeen)),
    list('task', 'Task', panelSql(tasksSeen)),
    typed('weighbridge_url', 'Weighbridge', pagesUrl, 'Where links to the own pages lead'),
  ]
}

/** What regret is measured in. */
export const ANSWER_VALUE = (): Builder<VariableModel> => typed('value_per_answer_usd', 'Value of an answer (USD)', '0.05', 'value_per_answer_usd of the tasks; 0.05 unless configured')

/** How calls are chosen on the traces dashboard. */
export function searchVariables(): Builder<VariableModel>[] {
  return [
    choices('only', 'Calls', [
      { text: 'All', value: 'all' },
      { text: 'Failed over', value: 'failovers' },
      { text: 'Failed', value: 'errors' },
    ]),
    list('key', 'Key', panelSql(keysSeen)),
    typed('error', 'Error code', '', 'Of the call or one of its attempts; empty: any'),
    typed('least_usd', 'At least USD', '', 'Empty: any cost'),
    typed('least_ms', 'At least ms', '', 'Empty: any duration'),
    typed('trace_id', 'Trace, response or request id', '', 'The call shown below'),
  ]
}
