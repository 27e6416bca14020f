// Comma-separated values both ways (RFC 4180). In: a whole text of bounded size. Out: records of cells. A broken quote is an
// error; rows shorter or longer than the head are not, their cells go by position.

/** Most cells one file may have: above it something else than a usage export was given. */
export const MOST_CELLS = 20_000_000

/** Why a text is no CSV. */
export type CsvFault = { readonly line: number; readonly fault: string }

/** Records of cells, empty lines left out. A byte order mark and any line end are taken; so are quotes inside quotes. */
export function parseCsv(text: string): string[][] | CsvFault {
  const records: string[][] = []
  let record: string[] = []
  let at = text.startsWith('\u{feff}') ? 1 : 0
  let line = 1
  let cells = 0
  const end = (): void => {
    if (record.length > 1 || record[0] !== '') records.push(record)
    record = []
  }
  while (at < text.length) {
    if ((cells += 1) > MOST_CELLS) return { line, fault: 'more cells than any usage export has' }
    if (text[at] === '"') {
      let cell = ''
      for (at += 1; ; ) {
        const close = text.indexOf('"', at)
        if (close === -1) return { line, fault: 'a quoted cell does not end' }
        const part = text.slice(at, close)
        for (const character of part) if (character === '\n') line += 1
        cell += part
        at = close + 1
        if (text[at] !== '"') break
        cell += '"'
        at += 1
      }
      record.push(cell)
      if (at < text.length && text[at] !== ',' && text[at] !== '\n' && text[at] !== '\r') return { line, fault: 'text after a quoted cell' }
    } else {
      let stop = at
      while (stop < text.length && text[stop] !== ',' && text[stop] !== '\n' && text[stop] !== '\r') stop += 1
      record.push(text.slice(at, stop))
      at = stop
    }
    if (text[at] === ',') {
      at += 1
      // A comma at the end of the text still opens a last, empty cell.
      if (at === text.length) record.push('')
      continue
    }
    if (text[at] === '\r' && text[at + 1] === '\n') at += 1
    at += 1
    line += 1
    end()
  }
  if (record.length > 0) end()
  return records
}

/** One record as a line. Text that a spreadsheet would run as a formula gets a leading apostrophe: keys and tags come from clients. */
export function csvLine(cells: readonly (string | number)[]): string {
  return `${cells.map((cell) => (typeof cell === 'number' ? String(cell) : quoted(/^[=+\-@\t\r]/.test(cell) && !/^-?\d+(\.\d+)?$/.test(cell) ? `'${cell}` : cell))).join(',')}\r\n`
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
