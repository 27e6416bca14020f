// A CSV file with a header as rows by column name, each with its line. Faults of single rows are collected; a file whose columns
// are not those of its format is refused whole.
import { parse } from 'csv-parse/sync'
import { WeighbridgeError } from '../../../core/errors.ts'
import type { RowFault } from './draft.ts'

export type CsvRow = { readonly where: string; readonly cells: Readonly<Record<string, string>> }
export type CsvTable = { readonly rows: readonly CsvRow[]; readonly faults: readonly RowFault[]; readonly leftOut: readonly string[] }

/** Reads it. Throws `probes_unreadable` when it cannot be parsed or lacks one of the `required` columns. */
export function readCsv(text: string, required: readonly string[], optional: readonly string[] = []): CsvTable {
  const records = parseRecords(text)
  const [head, ...body] = records
  const columns = head?.cells.map((cell) => cell.trim()) ?? []
  const missing = required.filter((name) => !columns.includes(name))
  if (missing.length > 0) throw new WeighbridgeError('probes_unreadable', `The file has no column ${missing.join(', ')}; its columns are ${columns.join(', ') || 'none'}`, { remedy: 'Check that the file is of the format named in the command.' })
  const twice = columns.find((name, at) => columns.indexOf(name) !== at)
  if (twice !== undefined) throw new WeighbridgeError('probes_unreadable', `The column ${twice} stands twice`, { remedy: 'Rename one of them.' })
  const known = new Set([...required, ...optional])
  const leftOut = columns.filter((name) => !known.has(name)).map((name) => `column ${name}`)
  const rows: CsvRow[] = []
  const faults: RowFault[] = []
  for (const { line, cells } of body) {
    const where = `line ${line}`
    if (cells.length !== columns.length) faults.push({ where, message: `has ${cells.length} cells, the header ${columns.length}` })
    else rows.push({ where, cells: Object.fromEntries(columns.map((name, at) => [name, cells[at] ?? ''])) })
  }
  return { rows, faults, leftOut }
}

function parseRecords(text: string): { line: number; cells: readonly string[] }[] {
  try {
    // With `info` each record comes with where it ends; the package's types do not say so.
    const records = parse(text, { bom: true, relax_column_count: true, skip_empty_lines: true, info: true }) as unknown as readonly { record: string[]; info: { lines: number } }[]
    return records.map(({ record, info }) => ({ line: info.lines - record.reduce((sum, cell) => sum + cell.split('\n').length - 1, 0), cells: record }))
  } catch (cause) {
    throw new WeighbridgeError('probes_unreadable', `The file is not valid CSV: ${cause instanceof Error ? cause.message : 'unknown'}`, { cause, remedy: 'Correct the quoting at that line.' })
  }
}
