// Figures over many simulated nights: equal models, a small gap, a collapse, and false alarms of drift. Numbers with what they are of.
import { seededRandom } from '../../core/seams.ts'
import type { LearningRules } from '../../evals/learn/rules.ts'
import { cusumAlarms } from '../../evals/stats/cusum.ts'
import { changesOf, playNights } from './nights.ts'

export type Figure = { readonly what: string; readonly seeds: number; readonly figure: string }

const BASE = { nights: 60, questions: 200, models: 4, spread: 0.4 } as const
const COLLAPSE_AT = 30

export function nightFigures(seeds: number, rules: LearningRules): Figure[] {
  const each = <T>(one: (seed: number) => T): T[] => Array.from({ length: seeds }, (_, seed) => one(seed))
  const changes = each((seed) => changesOf(playNights({ ...BASE, seed, rules, quality: () => 0.75 }).leaders)).sort((a, b) => a - b)
  const found = each((seed) => {
    const { leaders } = playNights({ ...BASE, seed: 10_000 + seed, rules, quality: (model) => (model === 3 ? 0.8 : 0.75) })
    const at = leaders.indexOf(3)
    return at === -1 ? Number.POSITIVE_INFINITY : at + 1
  }).sort((a, b) => a - b)
  const collapses = each((seed) => collapse(20_000 + seed, rules))
  const known = collapses.filter((one) => one !== undefined)
  const waits = known.map(({ nights }) => nights).sort((a, b) => a - b)
  const quantile = (values: readonly number[], q: number): number => values[Math.min(values.length - 1, Math.floor(values.length * q))] ?? Number.NaN
  return [
    { what: 'four equal models, 60 nights of 200 questions: leader changes, mean', seeds, figure: (changes.reduce((sum, count) => sum + count, 0) / seeds).toFixed(2) },
    { what: 'the same, 95th percentile and largest', seeds, figure: `${quantile(changes, 0.95)}, ${changes.at(-1)}` },
    { what: 'one model 5 points better: nights until it leads, median, 90th percentile, largest', seeds, figure: `${quantile(found, 0.5)}, ${quantile(found, 0.9)}, ${found.at(-1)}` },
    { what: 'the leader collapses from .75 to .40 on night 30: nights until another leads, median, largest', seeds: known.length, figure: `${quantile(waits, 0.5)}, ${waits.at(-1)}` },
    { what: 'the same: share of seeds demoted the next night, and its mean share before and after that night', seeds: known.length, figure: `${((100 * waits.filter((wait) => wait === 1).length) / known.length).toFixed(0)}%, ${mean(known.map(({ before }) => before)).toFixed(2)} → ${mean(known.map(({ after }) => after)).toFixed(2)}` },
    ...[20, 50, 100, 200].map((questions) => ({ what: `nights between false alarms of a steady model, ${questions} new questions a night at .75`, seeds, figure: falseAlarms(questions, seeds, rules) })),
  ]
}

function collapse(seed: number, rules: LearningRules): { nights: number; before: number; after: number } | undefined {
  let fallen: number | undefined
  const { leaders, shares } = playNights({
    ...BASE, nights: COLLAPSE_AT + 10, seed, rules,
    quality: (model, night, leader) => {
      if (night === COLLAPSE_AT && fallen === undefined) fallen = leader
      return night >= COLLAPSE_AT && model === fallen ? 0.4 : 0.75
    },
  })
  // Where nobody leads nobody can fall.
  if (fallen === undefined) return undefined
  const at = leaders.slice(COLLAPSE_AT).findIndex((leader) => leader !== fallen)
  return { nights: at === -1 ? Number.POSITIVE_INFINITY : at + 1, before: shares[COLLAPSE_AT - 1]?.[fallen] ?? 0, after: shares[COLLAPSE_AT]?.[fallen] ?? 0 }
}

function falseAlarms(questions: number, seeds: number, rules: LearningRules): string {
  const nights = 2_000
  let alarms = 0
  for (let seed = 0; seed < Math.min(seeds, 50); seed += 1) {
    const random = seededRandom(`steady|${questions}|${seed}`)
    const series = Array.from({ length: nights }, (_, at) => {
      let right = 0
      for (let i = 0; i < questions; i += 1) if (random.next() < 0.75) right += 1
      return { id: String(at), at, mean: right / questions, questions }
    })
    alarms += cusumAlarms(series, rules.drift).length
  }
  return alarms === 0 ? `> ${nights * Math.min(seeds, 50)}` : ((nights * Math.min(seeds, 50)) / alarms).toFixed(0)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)
}
