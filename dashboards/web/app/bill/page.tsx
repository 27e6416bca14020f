// A month to the cent: what it came to, day by day, and line by line by whatever dimensions are asked for; to be taken along as CSV. The
// amounts are exact decimal text from the database on; only their drawing uses floats.
import type { BillAnswer } from '../../api/bill.ts'
import { type Address, type Go, scopeQuery } from '../address.ts'
import { getJson } from '../client.ts'
import { count } from '../format.ts'
import { useLive, useReport } from '../live.ts'
import { Empty, Figure, Panel, Shown } from '../parts/pieces.tsx'
import { type Around, PageHead } from '../parts/scope-bar.tsx'
import { Days } from './days.tsx'
import { cents, number } from './exact.ts'
import { Lines } from './lines.tsx'
import './bill.css'

const EVERY_S = 60

export function Page({ address, go, names }: Around) {
  const by = byOf(address)
  const params = scopeQuery({ ...address.scope, window: undefined, tasks: [], targets: [] })
  const month = address.own['month'] ?? ''
  if (month !== '') params.set('month', month)
  for (const name of by) params.append('by', name)
  const path = `/api/ui/bill?${params}`
  const live = useLive(path, EVERY_S, (signal) => getJson<BillAnswer>(path, signal), true)
  useReport(live)
  return (
    <>
      <PageHead title="Bill" says="What a month cost, to the cent, and who or what spent it. Months are in UTC." address={address} go={go} names={names} frame={names?.frame} heeds={{ window: false, tasks: false, targets: false }}>
        <Months chosen={month === '' ? (live.data?.month ?? thisMonth()) : month} go={go} />
      </PageHead>
      <Shown live={live} what="The bill">
        {(data) => (
          <>
            <Totals data={data} />
            {data.found === 0 ? (
              <Panel title="Lines">
                <Empty title={`Nothing was spent in ${monthName(data.month)}.`}>Choose another month; a call stands here within seconds of its answer.</Empty>
              </Panel>
            ) : (
              <>
                <Days data={data} />
                <Lines data={data} by={by} go={go} />
              </>
            )}
          </>
        )}
      </Shown>
    </>
  )
}

/** What the lines are by, as the address says; target where it does not. */
function byOf(address: Address): string[] {
  const names = (address.own['by'] ?? '').split(',').filter((name) => name !== '')
  return names.length === 0 ? ['target'] : names
}

function Months({ chosen, go }: { chosen: string; go: Go }) {
  const last = thisMonth()
  const step = (by: number): string => new Date(Date.UTC(Number(chosen.slice(0, 4)), Number(chosen.slice(5, 7)) - 1 + by)).toISOString().slice(0, 7)
  const show = (month: string): void => go({ own: { month: month === last ? '' : month } })
  return (
    <div class="months" role="group" aria-label="Month">
      <button type="button" aria-label={`The month before: ${monthName(step(-1))}`} onClick={() => show(step(-1))}>
        ←
      </button>
      <b>{monthName(chosen)}</b>
      <button type="button" disabled={chosen >= last} aria-label="The month after" onClick={() => show(step(1))}>
        →
      </button>
    </div>
  )
}

function Totals({ data: { total, ongoing, toMs } }: { data: BillAnswer }) {
  const { money, counts } = total
  const unpriced = counts.unpriced_attempts
  return (
    <dl class="figures">
      <Figure name={ongoing ? 'So far' : 'The month'} value={`${unpriced > 0 ? '≥ ' : ''}${cents(money.total)}`}>
        {ongoing ? `until ${new Date(toMs).toISOString().slice(0, 16).replace('T', ' ')} UTC` : 'over, at the costs that count now'}
      </Figure>
      <Figure name="Production" value={cents(money.production)}>
        {count(counts.calls)} calls, {count(counts.attempts)} attempts in all
      </Figure>
      <Figure name="Evals and judges" value={cents(sum(money.eval, money.judge))}>
        {count(counts.eval_calls)} eval and {count(counts.judge_calls)} judge calls
      </Figure>
      <Figure name="Wasted" value={cents(money.wasted)} tone={number(money.wasted) > 0 ? 'bad' : undefined}>
        of production, on failed attempts
      </Figure>
      <Figure name="Unpriced" value={count(unpriced)} tone={unpriced > 0 ? 'warn' : undefined}>
        {unpriced > 0 ? 'attempts of unknown cost, in no amount here' : 'every attempt has a price'}
      </Figure>
      <Figure name="Against providers" value={counts.compared_attempts === 0 ? '–' : cents(money.difference)}>
        {counts.compared_attempts === 0 ? 'no provider reported costs that we price too' : `reported less our prices, over ${count(counts.compared_attempts)} attempts`}
      </Figure>
    </dl>
  )
}

function sum(a: string | null, b: string | null): string | null {
  return a === null && b === null ? null : String(number(a) + number(b))
}

function thisMonth(): string {
  return new Date().toISOString().slice(0, 7)
}

function monthName(month: string): string {
  return new Date(`${month}-01T00:00:00Z`).toLocaleDateString('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' })
}
