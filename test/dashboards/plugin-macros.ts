// What Grafana and its ClickHouse plugin make of a panel's text before ClickHouse sees it: variables first, in the front end; then the
// plugin's macros, in its backend. After grafana/clickhouse-datasource, pkg/macros/macros.go, and Grafana's variable formats.

export type PanelContext = {
  readonly fromMs: number
  readonly toMs: number
  readonly intervalS: number
  /** Several values for a multi-value variable. */
  readonly variables: Readonly<Record<string, string | readonly string[]>>
}

/** The text as it would be sent. Throws for a variable or macro that nothing fills: Grafana would send it as it stands. */
export function expanded(sql: string, context: PanelContext): string {
  const text = macros(variables(sql, context), context)
  const left = /\$\{[^}]*\}|\$__\w+/.exec(text)
  if (left !== null) throw new Error(`nothing fills ${left[0]}`)
  return text
}

/** `${name}` and `${name:format}`. */
function variables(sql: string, { variables: values }: PanelContext): string {
  return sql.replaceAll(/\$\{(\w+)(?::(\w+))?\}/g, (whole, name: string, format: string | undefined) => {
    const value = values[name]
    if (value === undefined) return whole
    const all = typeof value === 'string' ? [value] : value
    if (format === 'singlequote') return all.map((item) => `'${item.replaceAll("'", String.raw`\'`)}'`).join(',')
    if (format === 'percentencode') return all.map((item) => encodeURIComponent(item).replaceAll(/[!'()*]/g, (char) => `%${(char.codePointAt(0) ?? 0).toString(16).toUpperCase()}`)).join(',')
    if (format === undefined && all.length === 1) return all[0] ?? ''
    throw new Error(`no format ${format ?? ''} for ${name}`)
  })
}

function macros(sql: string, { fromMs, toMs, intervalS }: PanelContext): string {
  const ms = (at: number): string => `fromUnixTimestamp64Milli(${at})`
  const s = (at: number): string => `toDateTime(${Math.floor(at / 1000)})`
  return sql
    .replaceAll(/\$__timeFilter_ms\(([^)]*)\)/g, (_, column: string) => `${column} >= ${ms(fromMs)} AND ${column} <= ${ms(toMs)}`)
    .replaceAll(/\$__timeFilter\(([^)]*)\)/g, (_, column: string) => `${column} >= ${s(fromMs)} AND ${column} <= ${s(toMs)}`)
    .replaceAll(/\$__timeInterval\(([^)]*)\)/g, (_, column: string) => `toStartOfInterval(toDateTime(${column}), INTERVAL ${Math.max(1, intervalS)} second)`)
    .replaceAll(/\$__fromTime_ms\b/g, ms(fromMs))
    .replaceAll(/\$__toTime_ms\b/g, ms(toMs))
    .replaceAll(/\$__fromTime\b/g, s(fromMs))
    .replaceAll(/\$__toTime\b/g, s(toMs))
    .replaceAll(/\$__interval_s\b/g, String(Math.max(1, intervalS)))
}
