// The Grafana dashboards as code. In: where our own pages are. Out: classic (v1) dashboard JSON that Grafana 11.6 to 13 imports, for the
// ClickHouse plugin from version 4 on. No SQL of its own beyond picking columns of the stored queries.
import type { Builder } from '@grafana/grafana-foundation-sdk/cog'
import type { LearningKind } from '../../core/attributes.ts'
import { AnnotationQueryBuilder, DashboardBuilder, DashboardCursorSync, DashboardLinkBuilder, DashboardLinkType, RowBuilder, type Dashboard, type VariableModel } from '@grafana/grafana-foundation-sdk/dashboard'
import { learningHistory } from '../../store/queries/learning-events.ts'
import { routeVersions } from '../../store/queries/routes.ts'
import { qualityRows } from './boards/quality.ts'
import { reliabilityRows } from './boards/reliability.ts'
import { routingRows } from './boards/routing.ts'
import { spendRows } from './boards/spend.ts'
import { tracesRows } from './boards/traces.ts'
import { pick } from './macros.ts'
import { DATASOURCE, query, type Row } from './pieces.ts'
import { ANSWER_VALUE, commonVariables, PAGES_URL, searchVariables } from './variables.ts'

/** One dashboard: file name without extension, and its text. */
export type BuiltDashboard = { readonly name: string; readonly json: string }

type Board = { readonly name: string; readonly title: string; readonly about: string; readonly from: string; readonly rows: () => readonly Row[]; readonly variables?: () => readonly Builder<VariableModel>[]; /** Whether what the learner found and did is marked on its charts. */ readonly marksLearning?: boolean }

const BOARDS: readonly Board[] = [
  { name: 'spend', title: 'Spend', about: 'What calls cost, by task, target, provider, key and length of input; what an accepted answer costs; what was wasted, saved and unpriced; where the month is heading.', from: 'now-24h', rows: spendRows },
  { name: 'quality', title: 'Hallucination and quality', about: 'What probes say of each target and what people do with its answers, with intervals; whether it changed.', from: 'now-7d', rows: qualityRows, marksLearning: true },
  { name: 'routing', title: 'Routing', about: 'Weights, decisions, failovers, ceilings and what the choice cost.', from: 'now-24h', rows: routingRows, variables: () => [ANSWER_VALUE()], marksLearning: true },
  { name: 'reliability', title: 'Reliability', about: 'Errors, latency, targets that are out, spools, and how fresh the data are.', from: 'now-6h', rows: reliabilityRows },
  { name: 'traces', title: 'Traces', about: 'Find a call and read it.', from: 'now-6h', rows: tracesRows, variables: searchVariables },
]

/** What Grafana 11.6 writes is 41 and 12.2 on 42; each takes older ones up, and 39 is what the plugin's own dashboards for both are written in. */
const SCHEMA_VERSION = 39

/** All dashboards, ready to write; the same text every time. `pagesUrl`: where links to our own pages lead. */
export function buildDashboards(pagesUrl = PAGES_URL): BuiltDashboard[] {
  return BOARDS.map((board) => ({ name: `weighbridge-${board.name}`, json: `${JSON.stringify({ ...built(board, pagesUrl), schemaVersion: SCHEMA_VERSION }, null, 2)}\n` }))
}

/** The id of a panel, for alert rules that point at it. Throws a plain Error where there is none of that title. */
export function panelId(uid: string, title: string): number {
  const board = BOARDS.find(({ name }) => `weighbridge-${name}` === uid)
  const id = board === undefined ? -1 : board.rows().flatMap((row) => row.panels).findIndex(({ panel }) => panel.build().title === title)
  if (id < 0) throw new Error(`no panel ${title} on ${uid}`)
  return id + 1
}

/** What was found is a reason to look; what was done changed where calls go. Recommendations wait for somebody and mark no moment. */
const LEARNING_MARKS: readonly { readonly name: string; readonly colour: string; readonly kinds: readonly LearningKind[] }[] = [
  { name: 'Drift and holds', colour: '#e65100', kinds: ['drift', 'hold'] },
  { name: 'Canaries, rollbacks and freezes', colour: '#1565c0', kinds: ['canary', 'rollback', 'freeze', 'unfreeze'] },
]

function marks(name: string, colour: string, sql: string): AnnotationQueryBuilder {
  return new AnnotationQueryBuilder().name(name).datasource(DATASOURCE).enable(true).iconColor(colour).target(query(sql, 'table'))
}

function built(board: Board, pagesUrl: string): Dashboard {
  const dashboard = new DashboardBuilder(`Weighbridge: ${board.title}`)
    .uid(`weighbridge-${board.name}`)
    .description(`${board.about} One side of the simulated/real divide at a time.`)
    .tags(['weighbridge', 'llm'])
    .timezone('browser')
    .time({ from: board.from, to: 'now' })
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly()
    .link(new DashboardLinkBuilder('Dashboards').type(DashboardLinkType.Dashboards).tags(['weighbridge']).asDropdown(true).includeVars(true).keepTime(true))
    .link(new DashboardLinkBuilder('Weighbridge').type(DashboardLinkType.Link).url('${weighbridge_url}/').icon('external link').targetBlank(true))
    .annotation(marks('Published route tables', '#8e24aa', pick("published_at AS time, concat('version ', toString(version), ' (', action, ' by ', author, '): ', rule) AS text, action AS tags", routeVersions, {}, 'ORDER BY time')))
  if (board.marksLearning === true) for (const { name, colour, kinds } of LEARNING_MARKS) dashboard.annotation(marks(name, colour, pick("at AS time, message AS text, if(level = '', kind, concat(kind, ',', level)) AS tags", learningHistory, {}, `WHERE kind IN (${kinds.map((kind) => `'${kind}'`).join(', ')})\nORDER BY time`)))
  for (const variable of [...commonVariables(pagesUrl), ...(board.variables?.() ?? [])]) dashboard.withVariable(variable)
  let y = 0
  let id = 0
  for (const row of board.rows()) {
    dashboard.withRow(new RowBuilder(row.title).gridPos({ x: 0, y, w: 24, h: 1 }).id(1_000 + y))
    y += 1
    let x = 0
    for (const { panel, width } of row.panels) {
      if (x + width > 24) {
        x = 0
        y += row.height
      }
      id += 1
      panel.id(id)
      panel.gridPos({ x, y, w: width, h: row.height })
      dashboard.withPanel(panel)
      x += width
    }
    y += row.height
  }
  return dashboard.build()
}
