// Spend over time, stacked by name, and the ledger that belongs to it: every name with its own course on a common scale, its sum, its
// share. Pointing at a bucket, or moving along with the arrow keys, reads that bucket in the ledger. Overview and Spend use it.
import { useMemo, useState } from 'preact/hooks'
import type { Frame } from '../../api/scope.ts'
import { compact, count, moment, percent, usd, usdPlain } from '../format.ts'
import { Swatch } from '../targets.tsx'
import { Bars } from './marks.tsx'
import { Sparkline } from './sparkline.tsx'
import { bucketsOf, bucketWords, type Cursor, TimePlot } from './time-plot.tsx'

export type SpendRow = { readonly at: number; readonly name: string; readonly spend_usd: number; readonly attempts: number; readonly unpriced: number }
type Sums = { readonly spend: number; readonly attempts: number; readonly unpriced: number }
const NOTHING: Sums = { spend: 0, attempts: 0, unpriced: 0 }

export type SpendSeries = { readonly buckets: readonly number[]; readonly names: readonly string[]; readonly by: ReadonlyMap<string, readonly Sums[]>; readonly totals: readonly number[] }

/** Rows as one course per name over all buckets of the window; the dearest name first. */
export function spendSeries(frame: Frame, rows: readonly SpendRow[]): SpendSeries {
  const buckets = bucketsOf(frame.fromMs, frame.toMs, frame.bucketS)
  const place = new Map(buckets.map((at, i) => [at, i]))
  const by = new Map<string, Sums[]>()
  for (const row of rows) {
    const i = place.get(row.at)
    if (i === undefined) continue
    const course = by.get(row.name) ?? buckets.map(() => NOTHING)
    course[i] = { spend: row.spend_usd, attempts: row.attempts, unpriced: row.unpriced }
    by.set(row.name, course)
  }
  const names = [...by.keys()].toSorted((a, b) => sumOf(by.get(b)).spend - sumOf(by.get(a)).spend || (a < b ? -1 : 1))
  return { buckets, names, by, totals: buckets.map((_, i) => [...by.values()].reduce((sum, course) => sum + (course[i]?.spend ?? 0), 0)) }
}

function sumOf(course: readonly Sums[] | undefined): Sums {
  return (course ?? []).reduce((sum, at) => ({ spend: sum.spend + at.spend, attempts: sum.attempts + at.attempts, unpriced: sum.unpriced + at.unpriced }), NOTHING)
}

export function useSpendCursor(): Cursor {
  const [index, move] = useState<number>()
  return { index, move }
}

type ChartProps = { readonly frame: Frame; readonly series: SpendSeries; readonly colour: (name: string) => string; readonly cursor: Cursor; readonly height: number; readonly zoom?: ((fromMs: number, toMs: number) => void) | undefined }

export function SpendChart({ frame, series, colour, cursor, height, zoom }: ChartProps) {
  const stacks = useMemo(() => series.buckets.map((at, i) => ({ at, parts: series.names.map((name) => ({ name, value: series.by.get(name)?.[i]?.spend ?? 0 })) })), [series])
  return (
    <TimePlot
      label={`US dollars per ${bucketWords(frame.bucketS)}, ${usd(series.totals.reduce((a, b) => a + b, 0))} in all`}
      fromMs={frame.fromMs}
      toMs={frame.toMs}
      buckets={series.buckets}
      high={Math.max(0, ...series.totals)}
      format={usdPlain}
      height={height}
      cursor={cursor}
      zoom={zoom}
    >
      {(inside) => <Bars inside={inside} stacks={stacks} bucketMs={frame.bucketS * 1_000} colour={colour} />}
    </TimePlot>
  )
}

type LedgerProps = { readonly frame: Frame; readonly series: SpendSeries; readonly colour: (name: string) => string; readonly cursor: Cursor; readonly what: string; readonly none: string; readonly perAttempt?: boolean }

/** One row per name; with a bucket picked, the figures of that bucket. */
export function SpendLedger({ frame, series, colour, cursor, what, none, perAttempt = false }: LedgerProps) {
  const at = cursor.index === undefined ? undefined : series.buckets[cursor.index]
  const high = Math.max(0, ...[...series.by.values()].flatMap((course) => course.map(({ spend }) => spend)))
  const read = (name: string): Sums => (cursor.index === undefined ? sumOf(series.by.get(name)) : (series.by.get(name)?.[cursor.index] ?? NOTHING))
  const whole = series.names.reduce((sum, name) => sum + read(name).spend, 0)
  const attempts = series.names.reduce((sum, name) => sum + read(name).attempts, 0)
  return (
    <table class="ledger">
      <caption aria-live="polite">{at === undefined ? 'The whole window' : `${moment(at, frame.toMs)}, ${bucketWords(frame.bucketS)}`}</caption>
      <thead>
        <tr>
          <th scope="col">{what}</th>
          <th scope="col" class="course">
            Course
          </th>
          <th scope="col" class="n">
            Spend
          </th>
          <th scope="col" class="n">
            Share
          </th>
          <th scope="col" class="n">
            Attempts
          </th>
          {perAttempt && (
            <th scope="col" class="n">
              Each
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {series.names.map((name) => {
          const sums = read(name)
          const unknown = sums.attempts > 0 && sums.unpriced === sums.attempts
          const priced = sums.attempts - sums.unpriced
          return (
            <tr key={name}>
              <th scope="row">
                <Swatch name={name === '' ? none : name} colour={colour(name)} />
              </th>
              <td class="course">
                <Sparkline values={series.by.get(name)?.map(({ spend }) => spend) ?? []} high={high} colour={colour(name)} picked={cursor.index} width={perAttempt ? 40 : 96} />
              </td>
              <td class="n">{unknown ? <em class="warn">unpriced</em> : usd(sums.spend)}</td>
              <td class="n">{unknown || whole === 0 ? '–' : percent(sums.spend / whole)}</td>
              <td class="n">{sums.attempts < 100_000 ? count(sums.attempts) : compact(sums.attempts)}</td>
              {perAttempt && <td class="n">{priced <= 0 ? '–' : usd(sums.spend / priced)}</td>}
            </tr>
          )
        })}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">All</th>
          <td class="course" />
          <td class="n">{usd(whole)}</td>
          <td class="n" />
          <td class="n">{attempts < 100_000 ? count(attempts) : compact(attempts)}</td>
          {perAttempt && <td class="n" />}
        </tr>
      </tfoot>
    </table>
  )
}
