// The lines of the bill: by one to three dimensions, dearest first, with their total; and the file to take along.
import { MOST_LINES, type BillAnswer, type ShownLine } from '../../api/bill.ts'
import type { Go } from '../address.ts'
import { compact, count, percent } from '../format.ts'
import { Panel, Scroll } from '../parts/pieces.tsx'
import { TargetName, useColour } from '../targets.tsx'
import { cents, csvLine, number } from './exact.ts'

const DIMENSIONS = ['target', 'task', 'provider', 'model', 'key', 'user', 'session', 'effort', 'purpose', 'surface', 'day'] as const
const MOST_PARTS = 3

export function Lines({ data, by, go }: { data: BillAnswer; by: readonly string[]; go: Go }) {
  const colour = useColour()
  const whole = number(data.total.money.total)
  const most = Math.max(0, ...data.lines.map((line) => number(line.money.total)))
  const choices = [...DIMENSIONS, ...data.tags.map((tag) => `tag.${tag}`)]
  const choose = (names: readonly string[]): void => go({ own: { by: names.length === 1 && names[0] === 'target' ? '' : names.join(',') } })
  return (
    <Panel
      title="Lines"
      note={data.found > MOST_LINES ? `the dearest ${count(MOST_LINES)} of ${count(data.found)}; the total is over all` : `${count(data.found)}, dearest first; the total is over all`}
      more={
        <button type="button" onClick={() => save(`bill-${data.month}-${data.simulated ? 'simulated' : 'real'}.csv`, csv(data))}>
          Save as CSV
        </button>
      }
    >
      <div class="chips bill-by" role="group" aria-label="By what, up to three">
        {choices.map((name) => {
          const isChosen = by.includes(name)
          return (
            <button key={name} type="button" aria-pressed={isChosen} disabled={!isChosen && by.length >= MOST_PARTS} onClick={() => choose(isChosen ? (by.length === 1 ? by : by.filter((other) => other !== name)) : [...by, name])}>
              {name}
            </button>
          )
        })}
      </div>
      <Scroll label="Lines of the bill">
        <table class="bill">
          <thead>
            <tr>
              {data.by.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
              <th scope="col" class="course">
                <span class="hidden">Drawn</span>
              </th>
              <th scope="col" class="n">Total</th>
              <th scope="col" class="n">Share</th>
              <th scope="col" class="n">Evals</th>
              <th scope="col" class="n">Wasted</th>
              <th scope="col" class="n">Calls</th>
              <th scope="col" class="n">Attempts</th>
              <th scope="col" class="n">Tokens in</th>
              <th scope="col" class="n">Cached</th>
              <th scope="col" class="n">Tokens out</th>
              <th scope="col" class="n">Unpriced</th>
            </tr>
          </thead>
          <tbody>
            {data.lines.map((line) => (
              <tr key={line.key.join('\u0000')}>
                {line.key.map((part, i) => (i === 0 ? <th key={i} scope="row">{shownKey(data.by[i], part)}</th> : <td key={i}>{shownKey(data.by[i], part)}</td>))}
                <td class="course">
                  <span class="drawn-bar">
                    <i style={{ width: `${most === 0 ? 0 : (number(line.money.total) / most) * 100}%`, ...(data.by[0] === 'target' ? { background: colour(line.key[0] ?? '') } : {}) }} />
                  </span>
                </td>
                <Amounts line={line} whole={whole} />
              </tr>
            ))}
          </tbody>
          <tfoot>
            <tr>
              <th scope="row" colSpan={data.by.length}>
                All
              </th>
              <td class="course" />
              <Amounts line={data.total} whole={undefined} />
            </tr>
          </tfoot>
        </table>
      </Scroll>
      <p class="note">
        Attempts are billed when they started, at the costs that count now. Against a provider’s own export: <code>weighbridge bill --reconcile FILE</code>.
      </p>
    </Panel>
  )
}

function Amounts({ line: { money, counts }, whole }: { line: ShownLine; whole: number | undefined }) {
  const some = (exact: string | null): string => (number(exact) === 0 ? '' : cents(exact))
  const evals = number(money.eval) + number(money.judge)
  return (
    <>
      <td class="n">{money.total === null ? <em class="warn">unpriced</em> : <b title={`exactly $${money.total}`}>{cents(money.total)}</b>}</td>
      <td class="n">{whole === undefined || whole === 0 || money.total === null ? '' : percent(number(money.total) / whole)}</td>
      <td class="n">{evals === 0 ? '' : cents(String(evals))}</td>
      <td class="n">{some(money.wasted)}</td>
      <td class="n">{count(counts.calls)}</td>
      <td class="n">{count(counts.attempts)}</td>
      <td class="n">{compact(counts.input)}</td>
      <td class="n">{counts.cache_read === 0 ? '' : compact(counts.cache_read)}</td>
      <td class="n">{compact(counts.output)}</td>
      <td class="n">{counts.unpriced_attempts === 0 ? '' : <span class="warn">{count(counts.unpriced_attempts)}</span>}</td>
    </>
  )
}

function shownKey(dimension: string | undefined, part: string) {
  if (part === '') return <span class="muted">none</span>
  return dimension === 'target' ? <TargetName name={part} /> : part
}

/** Every column, exact. */
function csv({ by, lines, total }: BillAnswer): string {
  const [money, counts] = [Object.keys(total.money), Object.keys(total.counts)]
  const row = (line: ShownLine, key: readonly string[]): string => csvLine([...key, ...Object.values(line.money).map((value) => value ?? ''), ...Object.values(line.counts).map(String)])
  return `${[csvLine([...by, ...money.map((name) => `${name}_usd`), ...counts]), ...lines.map((line) => row(line, line.key)), row(total, ['total', ...by.slice(1).map(() => '')])].join('\r\n')}\r\n`
}

function save(name: string, text: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
