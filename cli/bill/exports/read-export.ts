// Reads a provider's export whatever form it has: decides by its columns or members which it is. In: the file's text, and the
// provider if the user named one. Out: lines in the common form. Throws `usage` with what was found; never quotes a cell.
import { WeighbridgeError } from '../../../core/errors.ts'
import { parseCsv } from '../csv.ts'
import { anthropicCost, anthropicForm, anthropicStart, anthropicUsage } from './anthropic.ts'
import { isObject, momentOf, type ExportLine, type ExportProvider, type ProviderExport } from './form.ts'
import { openaiCost, openaiForm, openaiStart, openaiUsage } from './openai.ts'
import { openrouterDay, openrouterForm, openrouterGeneration, openrouterStart } from './openrouter.ts'

const DAY_MS = 86_400_000

type Members = Readonly<Record<string, unknown>>
type Form = { readonly provider: ExportProvider; readonly kind: string; readonly line: (row: Members, atMs: number) => ExportLine | undefined; readonly start: (row: Members) => number | undefined; readonly amount?: string }

const FORMS: readonly (Form & { readonly fits: (has: (name: string) => boolean) => boolean })[] = [
  { provider: 'anthropic', kind: 'Anthropic usage', line: anthropicUsage, start: anthropicStart, fits: (has) => anthropicForm(has) === 'usage' },
  { provider: 'openrouter', kind: 'OpenRouter generations', line: openrouterGeneration, start: openrouterStart, amount: 'cost_total', fits: (has) => openrouterForm(has) === 'generations' },
  { provider: 'openrouter', kind: 'OpenRouter activity', line: openrouterDay, start: openrouterStart, amount: 'usage', fits: (has) => openrouterForm(has) === 'activity' },
  { provider: 'anthropic', kind: 'Anthropic costs', line: anthropicCost, start: anthropicStart, amount: 'cost_usd', fits: (has) => anthropicForm(has) === 'costs' },
  { provider: 'openai', kind: 'OpenAI usage', line: openaiUsage, start: openaiStart, fits: (has) => openaiForm(has) === 'usage' },
  { provider: 'openai', kind: 'OpenAI costs', line: openaiCost, start: openaiStart, amount: 'amount_value', fits: (has) => openaiForm(has) === 'costs' },
]

/** A row with the time its bucket says, if it came in one. */
type Row = { readonly members: Members; readonly fromMs: number | undefined; readonly toMs: number | undefined }

/** Reads one export. `asked`: take it for this provider's, whatever else would fit. */
export function readExport(text: string, asked: ExportProvider | undefined): ProviderExport {
  const isJson = /^[\s\u{feff}]*[[{]/u.test(text)
  const { rows, names, notes } = isJson ? jsonRows(text) : csvRows(text)
  const has = (name: string): boolean => names.has(name)
  const form = FORMS.find((candidate) => (asked === undefined || candidate.provider === asked) && candidate.fits(has))
  if (form === undefined) {
    // An empty bucket names nothing but its time.
    const said = names.size === 0 ? 'no column or member at all' : `the names ${[...names].slice(0, 12).map((name) => name.replaceAll(/\P{ASCII}|[\p{C}]/gu, '?').slice(0, 40)).join(', ')}`
    throw new WeighbridgeError('usage', `This is no ${asked === undefined ? 'usage or cost export that is known' : `export of ${asked}`}: it has ${said}`, { remedy: 'Export usage or costs by day and model from OpenAI, Anthropic or OpenRouter, as CSV or as the API answers; see docs/bill.md.' })
  }
  return { ...linesOf(rows, form, isJson), notes }
}

function linesOf(rows: readonly Row[], form: Form, isJson: boolean): Omit<ProviderExport, 'notes'> {
  const lines: ExportLine[] = []
  const faults = new Map<string, number>()
  let fromMs = Infinity
  let toMs = -Infinity
  for (const row of rows) {
    const at = row.fromMs ?? form.start(row.members)
    if (at === undefined) {
      faults.set('without a readable date', (faults.get('without a readable date') ?? 0) + 1)
      continue
    }
    fromMs = Math.min(fromMs, Math.floor(at / DAY_MS) * DAY_MS)
    toMs = Math.max(toMs, row.toMs ?? Math.floor(at / DAY_MS) * DAY_MS + DAY_MS)
    const line = form.line(row.members, at)
    if (line !== undefined) lines.push(line)
    else if (Object.values(row.members).some((value) => value !== '' && value !== null) && row.fromMs === undefined && hasFigures(row.members)) faults.set('without a readable figure in dollars or tokens', (faults.get('without a readable figure in dollars or tokens') ?? 0) + 1)
  }
  const decimals = isJson || form.amount === undefined ? undefined : longestFraction(rows, form.amount)
  // Six decimals and more are no rounding that a sum of a day would show.
  const halfUnit = decimals === undefined || decimals >= 6 ? 0n : 5n * 10n ** BigInt(11 - decimals)
  return { provider: form.provider, kind: form.kind, lines, fromMs: Number.isFinite(fromMs) ? fromMs : 0, toMs: Number.isFinite(toMs) ? toMs : 0, halfUnit, skipped: [...faults].map(([why, count]) => `${count} line(s) ${why}`) }
}

/** Whether a row holds more than its time: OpenAI's dashboard writes a row of nothing but times for a day without usage. */
function hasFigures(members: Members): boolean {
  return Object.entries(members).some(([name, value]) => !/time|date|_at$/.test(name) && value !== '' && value !== null && value !== undefined)
}

function longestFraction(rows: readonly Row[], column: string): number {
  return rows.reduce((most, row) => Math.max(most, /\.(\d+)/.exec(String(row.members[column] ?? ''))?.[1]?.length ?? 0), 0)
}

type Rows = { readonly rows: readonly Row[]; readonly names: ReadonlySet<string>; readonly notes: readonly string[] }

function csvRows(text: string): Rows {
  const records = parseCsv(text)
  if (!Array.isArray(records)) throw new WeighbridgeError('usage', `The export is no CSV: line ${records.line}: ${records.fault}`)
  const [head = [], ...body] = records
  const names = head.map((name) => name.trim().toLowerCase().replaceAll(/\s+/g, '_'))
  const rows = body.map((cells): Row => ({ members: Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ''])), fromMs: undefined, toMs: undefined }))
  return { rows, names: new Set(names), notes: [] }
}

/** A page, several pages in a list, pages one a line, or rows in a list. */
function jsonRows(text: string): Rows {
  const pages = parsedPages(text)
  const rows = pages.flatMap(rowsOfPage)
  const names = new Set(rows.flatMap((row) => Object.keys(row.members)))
  const last = pages.at(-1)
  const more = isObject(last) && last['has_more'] === true
  return { rows, names, notes: more ? ['The last page says has_more: later days may be missing from this export.'] : [] }
}

function parsedPages(text: string): unknown[] {
  const clean = text.replace(/^\u{feff}/u, '')
  try {
    const value: unknown = JSON.parse(clean)
    return Array.isArray(value) && value.every((entry) => isObject(entry) && Array.isArray(entry['data'])) ? value : [value]
  } catch {
    try {
      return clean.split('\n').filter((line) => line.trim() !== '').map((line): unknown => JSON.parse(line))
    } catch {
      throw new WeighbridgeError('usage', 'The export begins like JSON and is none')
    }
  }
}

function rowsOfPage(page: unknown): Row[] {
  const entries = Array.isArray(page) ? page : isObject(page) && Array.isArray(page['data']) ? page['data'] : [page]
  return entries.flatMap((entry): Row[] => {
    if (!isObject(entry)) return []
    const fromMs = momentOf(entry['start_time']) ?? momentOf(entry['starting_at'])
    const toMs = momentOf(entry['end_time']) ?? momentOf(entry['ending_at'])
    // `result` was the older spelling of OpenAI's buckets.
    const results = entry['results'] ?? entry['result']
    if (!Array.isArray(results)) return [{ members: entry, fromMs, toMs }]
    const times = { fromMs, toMs }
    return results.length === 0 ? [{ members: {}, ...times }] : results.filter(isObject).map((members) => ({ members, ...times }))
  })
}
