// Comma-separated values both ways (RFC 4180). In: a whole text of bounded size. Out: records of cells. A broken quote is an
// error; rows shorter or longer than the head are not, their cells go by position.
import { CsvError, parse } from 'csv-parse/sync'

/** Why a text is no CSV. */
export type CsvFault = { readonly line: number; readonly fault: string }

/** Records of cells, empty lines left out. A byte order mark and any line end are taken; so are quotes inside quotes. */
export function parseCsv(text: string): string[][] | CsvFault {
  try {
    return parse(text, { bom: true, relax_column_count: true, skip_empty_lines: true, record_delimiter: ['\r\n', '\n', '\r'] })
  } catch (thrown) {
    if (!(thrown instanceof CsvError)) throw thrown
    return { line: Number(thrown['lines'] ?? 1), fault: thrown.code === 'CSV_QUOTE_NOT_CLOSED' ? 'a quoted cell does not end' : thrown.message }
  }
}

/** One record as a line. Text that a spreadsheet would run as a formula gets a leading apostrophe: keys and tags come from clients. */
export function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map((cell) => (typeof cell === 'number' ? String(cell) : quoted(/^[=+\-@\t\r]/.test(cell) && !/^-?\d+(\.\d+)?$/.test(cell) ? `'${cell}` : cell))).join(',')}\r\n`
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
