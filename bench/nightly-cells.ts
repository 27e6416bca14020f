// Fifty nights on simulated targets: `node bench/nightly-cells.ts [SEEDS] [LABELS] [LIMIT]`. Are the counts those of the true labels, and do rates
// that 40 labels a target and suite correct bracket the rates that the models are made with? Prints shares; ends with 1 outside its bounds.
import { oneNight, type RateCell } from './nightly/one-night.ts'

const [seeds = 50, labels = 40, limit = 160] = process.argv.slice(2).map(Number)
const cells: RateCell[] = []
let wrong = 0
for (let seed = 1; seed <= seeds; seed += 1) {
  const night = await oneNight({ seed, limit, labels })
  const counted = night.known === night.trials && night.given === night.trials && night.exact.right === night.exact.trials && JSON.stringify(night.tallies.simulated) === JSON.stringify(night.tallies.reported)
  if (!counted) wrong += 1
  cells.push(...night.cells)
  process.stdout.write(`seed ${seed}: ${night.trials} trials, ${night.known} with a true label, extraction ${night.exact.right} of ${night.exact.trials} as they truly are, counts ${counted ? 'equal' : 'DIFFER'}; ${night.cells.filter(inside).length} of ${night.cells.length} cells bracket the truth\n`)
}
const share = (some: readonly RateCell[]): string => `${((100 * some.filter(inside).length) / some.length).toFixed(1)}% of ${some.length}`
for (const [rate, group] of Map.groupBy(cells, (cell) => cell.rate)) process.stdout.write(`${rate.padEnd(16)} corrected ${share(group)}, uncorrected ${((100 * group.filter((cell) => holds(cell.raw, cell.truth)).length) / group.length).toFixed(1)}%\n`)
process.stdout.write(`all              corrected ${share(cells)}; nights whose counts differ: ${wrong}\n`)
if (wrong > 0 || cells.filter(inside).length < 0.94 * cells.length) process.exitCode = 1

function inside(cell: RateCell): boolean {
  return holds(cell, cell.truth)
}

function holds({ low, high }: { readonly low: number | undefined; readonly high: number | undefined }, truth: number): boolean {
  return low !== undefined && high !== undefined && low <= truth && truth <= high
}
