// Turns a stored query into the text of a Grafana panel: parameters become the ClickHouse plugin's macros and the
// dashboard's variables, so that a panel and a page can never mean different things.
import type { Query } from '../../store/queries/define.ts'

/** Values for parameters that neither the time range nor a dashboard variable gives. */
export type Fixed = Readonly<Record<string, string | number | boolean | readonly string[]>>

const WINDOW = /([A-Za-z_.]+) >= \{from:DateTime64\(3\)\} AND \1 < \{to:DateTime64\(3\)\}/g
const PARAMETER = /\{([a-z_0-9]+):([A-Za-z0-9()]+)\}/g

const VARIABLES: Readonly<Record<string, string>> = {
  // The variable's values are the words true and false.
  simulated: '${simulated}',
  targets: '[${target:singlequote}]',
  tasks: '[${task:singlequote}]',
  keys: '[${key:singlequote}]',
  bucket_s: '$__interval_s',
  from: '$__fromTime_ms',
  to: '$__toTime_ms',
  only: "'${only}'",
  error: typed('error'),
  least_usd: `toFloat64OrZero(${typed('least_usd')})`,
  least_ms: `toFloat64OrZero(${typed('least_ms')})`,
  value_per_answer_usd: `greatest(0.000001, toFloat64OrZero(${typed('value_per_answer_usd')}))`,
  id: `trim(${typed('trace_id')})`,
}

/** A text that a person types. Grafana's quoting formats leave a backslash as it is, by which a text could end its own quotes. */
function typed(variable: string): string {
  return `decodeURLComponent('\${${variable}:percentencode}')`
}

/** The panel's SQL. Throws a plain Error for a parameter that nothing fills: the dashboard must not build with a hole. */
export function panelSql(query: Pick<Query, 'name' | 'sql'>, fixed: Fixed = {}): string {
  return query.sql.replaceAll(WINDOW, '$__timeFilter_ms($1)').replaceAll(PARAMETER, (_, name: string) => {
    const given = fixed[name]
    if (given !== undefined) return literal(given)
    const variable = VARIABLES[name]
    if (variable === undefined) throw new Error(`query ${query.name} has a parameter ${name} that no dashboard variable fills`)
    return variable
  })
}

/** Columns picked or renamed from a stored query. */
export function pick(columns: string, query: Pick<Query, 'name' | 'sql'>, fixed: Fixed = {}, tail = ''): string {
  return `SELECT ${columns}\nFROM (\n${panelSql(query, fixed)}\n)${tail === '' ? '' : `\n${tail}`}`
}

function literal(value: Fixed[string]): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  return `[${value.map((item) => literal(item)).join(', ')}]`
}

const CELLS = 40

/** An interval as text on a 0–100% rule of 41 characters, for a table cell: `·····━━━●━━━·····`; empty when the rate is NULL. */
export function intervalDrawing(rate: string, low: string, high: string): string {
  const cell = (value: string): string => `round(ifNull(${value}, 0) * ${CELLS})`
  return `if(isNull(${rate}), '', arrayStringConcat(arrayMap(i -> multiIf(i = ${cell(rate)}, '●', i >= ${cell(low)} AND i <= ${cell(high)}, '━', '·'), range(${CELLS + 1}))))`
}
