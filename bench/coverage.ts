// The long form of the coverage simulations: `node bench/coverage.ts [WORDS]`, only the lines that hold the words. Prints a table of what each
// statistic says and what it holds; ends with 1 when one is outside its bounds. A few minutes on one core; every figure is seeded.
import {
  bootstrapDifferenceCoverage, bootstrapRateCoverage, clusteredCoverage, comparisonFalseAlarms, comparisonPower, differenceCoverage, fixedSetCoverage, gateFalseAlarms, indexCoverage,
  predictionPowered, selfBiasCoverage, sequenceCoverage, WILSON_CELLS, wilsonCoverage,
} from './statistics/simulations.ts'

type Line = { readonly what: string; readonly seen: number; readonly least: number; readonly most: number }
const lines: Line[] = []
const wanted = process.argv[2] ?? ''
const note = (what: string, simulate: () => number, least: number, most = 1): void => {
  if (!what.includes(wanted)) return
  const seen = simulate()
  lines.push({ what, seen, least, most })
  process.stdout.write(`${seen >= least && seen <= most ? 'ok  ' : 'OUT '} ${what.padEnd(84)} ${(100 * seen).toFixed(1)}%  (${(100 * least).toFixed(0)}–${(100 * most).toFixed(0)}%)\n`)
}

for (const n of WILSON_CELLS.n) {
  const cells = (): number[] => WILSON_CELLS.rates.map((rate) => wilsonCoverage(n, rate))
  note(`Wilson, exact, n = ${n}: least of ${WILSON_CELLS.rates.length} rates from .02 to .98`, () => Math.min(...cells()), 0.92)
  note(`Wilson, exact, n = ${n}: mean over the rates`, () => cells().reduce((sum, cell) => sum + cell, 0) / WILSON_CELLS.rates.length, 0.94, 0.96)
}
for (const [questions, epochs, rate, correlation] of [[30, 3, 0.5, 0.5], [30, 3, 0.8, 0.5], [30, 1, 0.8, 0.3], [60, 3, 0.8, 0.5], [100, 2, 0.7, 0.3]] as const)
  note(`cluster bootstrap of a rate: ${questions} questions × ${epochs}, rate ${rate}, correlation ${correlation}`, () => bootstrapRateCoverage({ questions, epochs, rate, correlation }, 3_000, 1_000, `b${questions}${epochs}${rate}`), 0.93, 0.97)
for (const [questions, epochs, rate, other] of [[30, 1, 0.5, 0.5], [30, 3, 0.6, 0.6], [30, 1, 0.6, 0.7], [60, 2, 0.5, 0.65], [100, 1, 0.8, 0.8]] as const)
  note(`paired bootstrap: ${questions} questions × ${epochs}, ${rate} against ${other}`, () => bootstrapDifferenceCoverage({ questions, epochs, rate, correlation: 0.4 }, other, 3_000, 1_000, `d${questions}${epochs}${other}`), 0.93, 0.97)
for (const [questions, epochs, rate, correlation] of [[30, 3, 0.5, 0.5], [30, 3, 0.8, 0.5], [30, 3, 0.9, 0.3], [60, 3, 0.9, 0.5], [100, 4, 0.95, 0.3], [48, 4, 0.6, 0.3]] as const)
  note(`clustered Wilson: ${questions} questions × ${epochs}, rate ${rate}, correlation ${correlation}`, () => clusteredCoverage({ questions, epochs, rate, correlation }, 10_000, `c${questions}${rate}`), 0.93, 0.975)
for (const [questions, epochs, rate] of [[30, 3, 0.6], [100, 2, 0.8], [50, 5, 0.9]] as const)
  note(`this fixed set: ${questions} questions × ${epochs}, rate ${rate}`, () => fixedSetCoverage({ questions, epochs, rate, correlation: 0.5 }, 10_000, `f${questions}${rate}`), 0.94, 0.985)
for (const rate of [0.5, 0.7, 0.9, 0.95, 0.98]) note(`confidence sequence: rate ${rate}, every look from 1 to 3,000`, () => sequenceCoverage(rate, 3_000, 3_000, `s${rate}`), 0.95)
for (const [rate, sensitivity, specificity, judged] of [[0.4, 0.95, 0.8, 40], [0.4, 0.8, 0.9, 80], [0.7, 0.9, 0.7, 40], [0.2, 0.7, 0.9, 80], [0.5, 0.5, 0.5, 40], [0.02, 0.8, 0.9, 20], [0.05, 0.95, 0.85, 40], [0.1, 0.99, 0.99, 20], [0.95, 0.8, 0.9, 40], [0.98, 0.99, 0.99, 80]] as const) {
  const simulated = (): ReturnType<typeof predictionPowered> => predictionPowered({ rate, sensitivity, specificity, judged, unjudged: 10 * judged }, 10_000, `p${rate}${judged}`)
  note(`prediction-powered: rate ${rate}, sensitivity ${sensitivity}, specificity ${specificity}, ${judged} judged`, () => simulated().coverage, 0.93, 0.995)
}
for (const [n, first, second] of [[48, 0.8, 0.05], [48, 0.6, 0.2], [170, 0.83, 0.05], [30, 0.5, 0.5]] as const) note(`Newcombe difference (J): n = ${n} each, ${first} − ${second}`, () => differenceCoverage(n, first, second, 20_000, `j${n}${first}`), 0.93, 0.98)
for (const [n, correct, incorrect] of [[90, 0.5, 0.3], [90, 0.9, 0.05], [400, 0.45, 0.2]] as const) note(`index: n = ${n}, ${correct} correct, ${incorrect} incorrect`, () => indexCoverage(n, correct, incorrect, 20_000, `i${n}${correct}`), 0.94, 0.98)
for (const [n, limit] of [[40, 0.4], [100, 0.1], [100, 0.4], [200, 0.8], [400, 0.05]] as const) note(`gate at 5%: n = ${n}, exactly at its limit ${limit}: alarms`, () => gateFalseAlarms(n, limit, 0.05, 40_000, `g${n}${limit}`), 0.02, 0.065)
note('eight comparisons of equal targets at q = 5%, 60 questions: any alarm', () => comparisonFalseAlarms(8, 60, 0.05, 0.02, 2_000, 'bh'), 0, 0.06)
for (const [n, difference] of [[100, 0.148], [218, 0.1], [871, 0.05]] as const) note(`power: ${difference * 100} points on ${n} questions are found`, () => comparisonPower(n, difference, 4_000, `w${n}`), 0.76, 0.84)
note('self-family bias of .1, 40 labelled rows a side', () => selfBiasCoverage(40, 0.1, 10_000, 'sf'), 0.94, 0.985)

const out = lines.filter((line) => line.seen < line.least || line.seen > line.most)
process.stdout.write(`${lines.length - out.length} of ${lines.length} inside their bounds\n`)
if (out.length > 0) process.exitCode = 1
