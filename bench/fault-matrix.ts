// `node bench/fault-matrix.ts [--check] [--only FAULT] [--json]`: runs every fault against every surface, streamed and not, through a real
// router, and writes what clients got to docs/fault-matrix.md. Ends with 1 when any client was lied to: an answer cut or spliced
// that looked whole, bytes that are not of the surface, a wait beyond the deadlines. --check writes nothing and ends with 1 when
// the page says otherwise; rows that differ are run once more, because a busy machine misses deadlines of its own.
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { HARD } from './fault-matrix/cell.ts'
import { differences, page } from './fault-matrix/page.ts'
import { cellsOf, ROWS, type Row } from './fault-matrix/rows.ts'
import { runCells, type Recorded } from './fault-matrix/run.ts'

const FILE = new URL('../docs/fault-matrix.md', import.meta.url)
const CONCURRENCY = 4

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false }, only: { type: 'string', multiple: true }, json: { type: 'boolean', default: false } } })
const rows = values.only === undefined ? ROWS : ROWS.filter(({ name }) => values.only?.includes(name))
if (rows.length === 0) throw new Error(`no such fault; there are: ${ROWS.map(({ name }) => name).join(', ')}`)

type Records = { readonly own: readonly Recorded[]; readonly crossed: readonly Recorded[] }

async function run(some: readonly Row[]): Promise<Records> {
  const [own, crossed] = [cellsOf(some, false), cellsOf(some, true)]
  let done = 0
  const say = (): void => {
    done += 1
    if (process.stderr.isTTY) process.stderr.write(`\r${done}/${own.length + crossed.length}`)
  }
  return { own: await runCells(own, CONCURRENCY, say), crossed: crossed.length === 0 ? [] : await runCells(crossed, CONCURRENCY, say) }
}

/** The records with those of some rows replaced, in the order of the page. */
function renewed({ own, crossed }: Records, again: Records, some: readonly Row[]): Records {
  const mix = (first: readonly Recorded[], second: readonly Recorded[]): Recorded[] => {
    const all = [...first.filter(({ outcome }) => !some.includes(outcome.cell.row)), ...second]
    return rows.flatMap((row) => all.filter(({ outcome }) => outcome.cell.row === row))
  }
  return { own: mix(own, again.own), crossed: mix(crossed, again.crossed) }
}

const startMs = performance.now()
let records = await run(rows)
let differing: string[] = []
if (values.check && values.only === undefined) {
  const written = readFileSync(FILE, 'utf8')
  const compare = (): string[] => differences(written, page(records.own, records.crossed))
  differing = compare()
  const doubtful = ROWS.filter(({ name }) => differing.some((line) => line.includes(`| \`${name}\` |`)))
  if (doubtful.length > 0) {
    records = renewed(records, await run(doubtful), doubtful)
    differing = compare()
  }
} else if (values.only === undefined) writeFileSync(FILE, page(records.own, records.crossed))

const all = [...records.own, ...records.crossed]
const hard = all.filter(({ outcome }) => HARD.has(outcome.verdict))
const wrongSums = all.filter(({ sums }) => sums === false)
process.stdout.write(`\n${all.length} cells in ${((performance.now() - startMs) / 1000).toFixed(0)} s, ${hard.length} hard failures, ${wrongSums.length} calls whose cost is not that of its attempts\n`)
for (const { outcome, errorCodes } of values.json ? all : hard) {
  const { cell, verdict, status, attempts, ms, detail } = outcome
  process.stdout.write(`${verdict} ${cell.row.name} ${cell.surface}→${cell.wire}${cell.stream ? ' stream' : ''}${cell.alone ? ' alone' : ''}: status ${status ?? '–'}, ${attempts ?? '?'} attempts [${errorCodes.join(', ')}], ${ms.toFixed(0)} ms, ${detail}\n`)
}
if (differing.length > 0) process.stdout.write(`docs/fault-matrix.md is not what was found now; run node bench/fault-matrix.ts\n${differing.map((line) => `${line}\n`).join('')}`)
if (hard.length > 0 || wrongSums.length > 0 || differing.length > 0) process.exitCode = 1
