// Raw rounds → the figures worth saying, as data and as a Markdown table. Throughput as ratios within a round, latencies as
// differences within a turn: absolute numbers of a machine that is shared say little.
import { median, medianRatio, quantile, spread, table } from './figures.ts'
import { MODES, type Measured } from './measure.ts'

export type ModeFigures = { readonly perSecond: number; readonly spread: number; readonly ofBare: number; readonly p50Ms: number; readonly p99Ms: number; /** Lower quartile of the rounds. */ readonly cpuUs: number | null; readonly failed: number }
export type ContenderFigures = {
  readonly name: string
  readonly modes: Readonly<Record<string, ModeFigures>>
  /** Milliseconds more than a direct call in the same turn. */
  readonly added: Readonly<Record<string, { readonly firstP50Ms: number; readonly firstP95Ms: number; readonly wholeP50Ms: number; readonly wholeP95Ms: number }>>
  readonly addedChunkP50Ms: number
  readonly addedChunkP95Ms: number
  readonly failed: number
}

/** `names` in the order of the measurements; the first is the direct call, `bare` the index of the bare proxy. */
export function figures(names: readonly string[], bare: number, measured: Measured): ContenderFigures[] {
  const { paced } = measured
  return names.map((name, index) => {
    const modes: Record<string, ModeFigures> = {}
    for (const mode of MODES) {
      const rounds = measured.throughput[mode.name]?.[index] ?? []
      const rates = rounds.map(({ perSecond }) => perSecond)
      const cpu = rounds.flatMap(({ cpuUs }) => (cpuUs === undefined ? [] : [cpuUs]))
      modes[mode.name] = {
        perSecond: median(rates),
        spread: spread(rates),
        ofBare: medianRatio(rates, (measured.throughput[mode.name]?.[bare] ?? []).map(({ perSecond }) => perSecond)),
        p50Ms: median(rounds.map(({ p50Ms }) => p50Ms)),
        p99Ms: median(rounds.map(({ p99Ms }) => p99Ms)),
        // What else the machine does only ever adds to it.
        cpuUs: cpu.length === 0 ? null : quantile(cpu, 0.25),
        failed: rounds.reduce((sum, { failed }) => sum + failed, 0),
      }
    }
    const added: Record<string, ContenderFigures['added'][string]> = {}
    for (const [mode, { firstMs, wholeMs }] of Object.entries(measured.turns)) {
      const first = differences(firstMs[index], firstMs[0])
      const whole = differences(wholeMs[index], wholeMs[0])
      added[mode] = { firstP50Ms: median(first), firstP95Ms: quantile(first, 0.95), wholeP50Ms: median(whole), wholeP95Ms: quantile(whole, 0.95) }
    }
    return {
      name,
      modes,
      added,
      addedChunkP50Ms: quantile(paced.chunkMs[index] ?? [], 0.5) - quantile(paced.chunkMs[0] ?? [], 0.5),
      addedChunkP95Ms: quantile(paced.chunkMs[index] ?? [], 0.95) - quantile(paced.chunkMs[0] ?? [], 0.95),
      failed: Object.values(modes).reduce((sum, mode) => sum + mode.failed, 0) + (paced.failed[index] ?? 0),
    }
  })
}

function differences(values: readonly number[] = [], base: readonly number[] = []): number[] {
  return values.flatMap((value, turn) => (base[turn] === undefined ? [] : [value - base[turn]]))
}

const ms = (value: number): string => value.toFixed(2)

/** Throughput and latency of all contenders. */
export function throughputTable(all: readonly ContenderFigures[]): string {
  const rows = all.flatMap((one) =>
    MODES.map(({ name }) => {
      const mode = one.modes[name]
      const cells = mode === undefined ? [] : [Math.round(mode.perSecond).toString(), `±${(mode.spread * 100).toFixed(0)}%`, mode.ofBare.toFixed(2), ms(mode.p50Ms), ms(mode.p99Ms), mode.cpuUs === null ? '–' : mode.cpuUs.toFixed(0), String(mode.failed)]
      return [one.name, name, ...cells]
    }),
  )
  return table(['contender', 'mode', 'calls/s', 'spread', '× bare', 'p50 ms', 'p99 ms', 'own CPU µs/call', 'failed'], rows)
}

export function latencyTable(all: readonly ContenderFigures[]): string {
  const rows = all.slice(1).map((one) => {
    const { plain, stream } = one.added
    return [one.name, ms(plain?.wholeP50Ms ?? Number.NaN), ms(plain?.wholeP95Ms ?? Number.NaN), ms(stream?.firstP50Ms ?? Number.NaN), ms(stream?.firstP95Ms ?? Number.NaN), ms(stream?.wholeP50Ms ?? Number.NaN), ms(one.addedChunkP50Ms), ms(one.addedChunkP95Ms)]
  })
  return table(['added to a direct call, ms', 'plain p50', 'plain p95', 'first token p50', 'p95', 'stream end p50', 'per chunk p50', 'p95'], rows)
}
