// Spend over time, stacked by target, with a ledger of the targets beside it. Pointing at a bucket, or moving along with the
// arrow keys, reads that bucket in the ledger.
import { useMemo, useState } from 'preact/hooks'
import { RANGES, type Overview } from '../../api.ts'
import { compact, count, day, moment, percent, ticks, usd, usdPlain } from '../format.ts'
import { Empty, Panel } from '../parts/pieces.tsx'
import { TargetName, useColour } from '../targets.tsx'
import { useWidth } from './use-width.ts'

const HEIGHT = 232
const LEFT = 52
const BOTTOM = 22
const TOP = 8

type Bucket = { readonly at: number; readonly by: ReadonlyMap<string, { spend: number; attempts: number; unpriced: number }>; readonly total: number }

export function Spend({ data }: { data: Overview }) {
  const [box, width] = useWidth(800)
  const [picked, setPicked] = useState<number>()
  const colour = useColour()
  const buckets = useMemo(() => toBuckets(data), [data])
  const names = useMemo(() => data.targets.filter((name) => data.spend.some((p) => p.target === name)), [data])
  const max = Math.max(0, ...buckets.map((b) => b.total))
  const scale = ticks(max, 4)
  const top = scale.at(-1) ?? 1
  const plotWidth = width - LEFT - 4
  const step = plotWidth / Math.max(1, buckets.length)
  const y = (value: number): number => TOP + (HEIGHT - TOP - BOTTOM) * (1 - (top === 0 ? 0 : value / top))
  const bucket = picked === undefined ? undefined : buckets[picked]

  const move = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (event.key === 'Escape') setPicked(undefined)
    if (by === 0) return
    event.preventDefault()
    setPicked((old) => Math.min(buckets.length - 1, Math.max(0, (old ?? (by > 0 ? -1 : buckets.length)) + by)))
  }

  return (
    <Panel title="Spend over time" note={`${bucketWords(data.bucketS)} per bar, US dollars, failed attempts included`}>
      {data.spend.length === 0 ? (
        <Empty title="Nothing was spent in this window.">Bars appear with the first call.</Empty>
      ) : (
        <>
          <div class="chart" ref={box} tabIndex={0} role="group" aria-label="Spend over time; arrow keys read the bars" onKeyDown={move} onMouseLeave={() => setPicked(undefined)}>
            <svg width={width} height={HEIGHT} role="img" aria-label={`${usd(data.totals.spend_usd)} over the last ${RANGES[data.range].label}`}>
              {scale.map((value) => (
                <g key={value}>
                  <line class={value === 0 ? 'axis' : 'grid'} x1={LEFT} x2={width - 4} y1={y(value)} y2={y(value)} />
                  <text class="tick" x={LEFT - 8} y={y(value) + 4} text-anchor="end">
                    {usdPlain(value)}
                  </text>
                </g>
              ))}
              {timeTicks(data.fromMs, data.toMs, plotWidth).map((at) => {
                const x = LEFT + ((at - data.fromMs) / (data.toMs - data.fromMs)) * plotWidth
                return (
                  <g key={at}>
                    <line class="axis" x1={x} x2={x} y1={y(0)} y2={y(0) + 4} />
                    <text class="tick" x={Math.min(x, width - 4)} y={HEIGHT - 4} text-anchor={x > width - 24 ? 'end' : 'middle'}>
                      {timeLabel(at, data.toMs - data.fromMs)}
                    </text>
                  </g>
                )
              })}
              {buckets.map((b, i) => {
                let under = 0
                return (
                  <g key={b.at} class={picked === undefined || picked === i ? 'stack' : 'stack dim'} onMouseEnter={() => setPicked(i)}>
                    <rect class="hit" x={LEFT + i * step} y={TOP} width={step} height={HEIGHT - TOP - BOTTOM} />
                    {names.map((name) => {
                      const spend = b.by.get(name)?.spend ?? 0
                      if (spend === 0) return null
                      const from = under
                      under += spend
                      return <rect key={name} x={LEFT + i * step + Math.min(1, step * 0.1)} width={Math.max(1, step - Math.min(2, step * 0.2))} y={y(under)} height={Math.max(0.5, y(from) - y(under))} fill={colour(name)} />
                    })}
                  </g>
                )
              })}
            </svg>
          </div>
          <table class="ledger">
            <caption aria-live="polite">{bucket === undefined ? `Last ${RANGES[data.range].label}` : `From ${moment(bucket.at, data.toMs)}, ${bucketWords(data.bucketS)}`}</caption>
            <thead>
              <tr>
                <th scope="col">Target</th>
                <th scope="col" class="n">Spend</th>
                <th scope="col" class="n">Share</th>
                <th scope="col" class="n">Attempts</th>
              </tr>
            </thead>
            <tbody>
              {names.map((name) => {
                const all = bucket === undefined ? sumOf(data, name) : (bucket.by.get(name) ?? { spend: 0, attempts: 0, unpriced: 0 })
                const whole = bucket === undefined ? data.totals.spend_usd : bucket.total
                const unknown = all.attempts > 0 && all.unpriced === all.attempts
                return (
                  <tr key={name}>
                    <th scope="row">
                      <TargetName name={name} />
                    </th>
                    <td class="n">{unknown ? 'unpriced' : usd(all.spend)}</td>
                    <td class="n">{unknown || whole === 0 ? '–' : percent(all.spend / whole)}</td>
                    <td class="n">{all.attempts < 100_000 ? count(all.attempts) : compact(all.attempts)}</td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </>
      )}
    </Panel>
  )
}

function toBuckets(data: Overview): Bucket[] {
  const width = data.bucketS * 1_000
  const first = Math.floor(data.fromMs / width) * width
  const out: Bucket[] = []
  const points = Map.groupBy(data.spend, (p) => p.at)
  for (let at = first; at < data.toMs; at += width) {
    const here = points.get(at) ?? []
    out.push({ at, by: new Map(here.map((p) => [p.target, { spend: p.spend_usd, attempts: p.attempts, unpriced: p.unpriced }])), total: here.reduce((sum, p) => sum + p.spend_usd, 0) })
  }
  return out
}

function sumOf(data: Overview, name: string): { spend: number; attempts: number; unpriced: number } {
  return data.spend.filter((p) => p.target === name).reduce((sum, p) => ({ spend: sum.spend + p.spend_usd, attempts: sum.attempts + p.attempts, unpriced: sum.unpriced + p.unpriced }), { spend: 0, attempts: 0, unpriced: 0 })
}

function bucketWords(seconds: number): string {
  if (seconds < 60) return `${seconds} s`
  return seconds < 3_600 ? `${seconds / 60} min` : `${seconds / 3_600} h`
}

const STEPS_S = [60, 120, 300, 600, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200, 86_400, 172_800, 432_000]

// Ticks stand on round local times, as many as fit without touching.
function timeTicks(from: number, to: number, width: number): number[] {
  const wanted = Math.max(2, Math.floor(width / 90))
  const step = (STEPS_S.find((s) => (to - from) / 1_000 / s <= wanted) ?? 604_800) * 1_000
  const shift = new Date(from).getTimezoneOffset() * 60_000
  const out: number[] = []
  for (let at = Math.ceil((from - shift) / step) * step + shift; at <= to; at += step) out.push(at)
  return out
}

function timeLabel(at: number, span: number): string {
  return span > 2 * 86_400_000 ? day(at) : moment(at, at).slice(0, 5)
}
