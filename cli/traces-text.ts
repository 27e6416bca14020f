// Calls that a search found, as a table for a terminal, and how many there are by facet. Pure.
import type { Facets, FoundCall, FoundPage } from '../store/search/search-calls.ts'
import type { Terminal } from './command.ts'
import { duration, paint, printable, table, usd } from './output.ts'

type Paintable = Pick<Terminal, 'isTty'>
type Asked = { readonly query: string; readonly from: string; readonly to: string; readonly since: string | undefined; readonly until: string | undefined }

const HEAD = ['started', 'task', 'path', 'outcome', 'cost', 'tokens in', 'out', 'first', 'took', 'since then', 'trace'] as const
const OUTCOME = HEAD.indexOf('outcome')
const TRACE = HEAD.indexOf('trace')

/** One page. */
export function foundText(page: FoundPage, asked: Asked, terminal: Paintable): string {
  const side = page.simulated ? paint(terminal, 'yellow', 'SIMULATED ') : ''
  const what = `${asked.query === '' ? 'calls' : asked.query}, ${asked.from.slice(0, 16).replace('T', ' ')} to ${asked.to.slice(0, 16).replace('T', ' ')} UTC`
  if (page.calls.length === 0) return `${side}No call found: ${printable(what)}.\n${page.simulated ? '' : 'Simulated calls are found with simulated:yes. '}A longer time: --since 7d.\n`
  const rows = page.calls.map((call) => [call.started_ns === '' ? '' : new Date(call.started_at).toISOString().slice(5, 19).replace('T', ' '), call.task, pathOf(call), outcomeOf(call), usd(call.cost_usd), count(call.input_tokens), count(call.output_tokens), duration(call.ttft_ms), duration(call.duration_ms), afterwards(call), call.trace_id])
  const text = table(HEAD, rows.map((row) => row.map(printable)), (cell, row, column) => {
    const call = page.calls[row]
    if (call === undefined) return cell
    if (column === OUTCOME) return paint(terminal, call.status === 'Error' ? 'red' : call.failed_over ? 'yellow' : 'green', cell)
    return column === TRACE ? paint(terminal, 'dim', cell) : cell
  })
  const range = `${asked.since === undefined ? '' : ` --since ${asked.since}`}${asked.until === undefined ? '' : ` --until ${asked.until}`}`
  const more = page.next === undefined ? '' : `More: weighbridge traces${asked.query === '' ? '' : ` '${asked.query.replaceAll("'", String.raw`'\''`)}'`}${range} --after ${page.next}\n`
  return `${side === '' ? '' : `${side}\n`}${text}${printable(more.trimEnd())}${more === '' ? '' : '\n'}`
}

/** Each target once, in order; attempts at the same one as a factor. */
function pathOf(call: FoundCall): string {
  const steps: { target: string; times: number }[] = []
  for (const target of call.path_targets) {
    const last = steps.at(-1)
    if (last?.target === target) last.times += 1
    else steps.push({ target, times: 1 })
  }
  return steps.length === 0 ? call.target || '–' : steps.map(({ target, times }) => (times === 1 ? target : `${target} ×${times}`)).join(' → ')
}

function outcomeOf(call: FoundCall): string {
  if (call.error_code !== '') return call.error_code
  if (call.status === 'Error') return 'error'
  const failed = [...new Set(call.path_errors.filter((code) => code !== ''))]
  return failed.length === 0 ? 'ok' : `ok after ${failed.join(', ')}`
}

/** What was said of it afterwards; empty when nothing was. */
function afterwards(call: FoundCall): string {
  return [...(call.retried ? ['retried'] : []), ...(call.edited ? ['edited'] : []), ...(call.accepted === true ? ['accepted'] : []), ...(call.rating === null ? [] : [`rated ${call.rating}`])].join(', ')
}

function count(value: number | null): string {
  return value === null ? '–' : String(value)
}

/** The facets of a search. */
export function facetsText({ simulated, total, facets }: Facets, terminal: Paintable): string {
  const head = `${simulated ? paint(terminal, 'yellow', 'SIMULATED ') : ''}${total} call${total === 1 ? '' : 's'}\n`
  const shown = facets.filter(({ values }) => values.length > 0 && !(values.length === 1 && values[0]?.value === ''))
  return [head, ...shown.map(({ field, values }) => `${paint(terminal, 'bold', field)}\n${values.map(({ value, calls }) => `  ${printable(value === '' ? '""' : value).padEnd(32)} ${String(calls).padStart(9)}`).join('\n')}\n`)].join('\n')
}
