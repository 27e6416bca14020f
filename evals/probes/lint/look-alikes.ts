// Whether controls look like the nonsense they stand beside. If length or a few words gave the two apart, a model could score
// without understanding anything. Pure.
import type { Probe } from '../load.ts'
import type { Finding } from './finding.ts'
import { jaccard, wordsOf } from './words.ts'

type Nonsense = Extract<Probe, { kind: 'nonsense' }>
type Control = Extract<Probe, { kind: 'control' }>

/** Words of a control over words of its pair. */
const LENGTH_RATIO = { least: 0.7, most: 1.45 } as const
/** Mean length of all controls over that of all nonsense. */
const MEAN_RATIO = { least: 0.9, most: 1.1 } as const
/** Least share of words a control has in common with its pair. */
const LEAST_COMMON = 0.15
/** From so many pairs on, how well words alone tell the two apart is measured; above this share of pairs it is a warning. */
const LEAST_PAIRS = 40
const MOST_TELLABLE = 0.75

/** Findings about pairs; nonsense without any control is an error, since a pushback rate alone can be had by refusing everything. */
export function findUnlike(suite: string, probes: readonly Probe[]): Finding[] {
  const nonsense = probes.filter((probe): probe is Nonsense => probe.kind === 'nonsense')
  const controls = probes.filter((probe): probe is Control => probe.kind === 'control')
  if (nonsense.length === 0) return []
  const error = (ids: readonly string[], message: string): Finding => ({ rule: 'look_alike', level: 'error', suite, probes: ids, message })
  if (controls.length === 0) return [error([], 'there are no controls: without them a model that challenges everything looks best')]
  const byId = new Map(nonsense.map((probe) => [probe.id, probe]))
  const pairs = controls.flatMap((control) => {
    const pair = byId.get(control.pair ?? '')
    return pair === undefined ? [] : [{ nonsense: pair, control }]
  })
  const unpaired = nonsense.filter((probe) => !pairs.some((pair) => pair.nonsense.id === probe.id))
  const mean = meanLength(controls) / meanLength(nonsense)
  const tellable = pairs.length >= LEAST_PAIRS ? tellableShare(pairs.map(({ nonsense, control }) => [nonsense.question, control.question])) : undefined
  return [
    ...(unpaired.length === 0 ? [] : [{ rule: 'look_alike' as const, level: 'warning' as const, suite, probes: unpaired.map((probe) => probe.id), message: `${unpaired.length} nonsense probes have no control of their own` }]),
    ...pairs.flatMap((pair) => pairFaults(pair).map((message) => error([pair.nonsense.id, pair.control.id], message))),
    ...(mean < MEAN_RATIO.least || mean > MEAN_RATIO.most ? [error([], `controls are ${mean.toFixed(2)} times as long as nonsense on average: length alone tells them apart`)] : []),
    ...(tellable !== undefined && tellable > MOST_TELLABLE ? [{ rule: 'look_alike' as const, level: 'warning' as const, suite, probes: [], message: `words alone put ${(100 * tellable).toFixed(0)}% of unseen pairs in the right order (50% is chance): the vocabulary gives nonsense away` }] : []),
  ]
}

function pairFaults({ nonsense, control }: { nonsense: Nonsense; control: Control }): string[] {
  const ratio = wordsOf(control.question).length / Math.max(1, wordsOf(nonsense.question).length)
  const common = jaccard(new Set(wordsOf(control.question)), new Set(wordsOf(nonsense.question)))
  return [
    ...(ratio < LENGTH_RATIO.least || ratio > LENGTH_RATIO.most ? [`${control.id} is ${ratio.toFixed(2)} times as long as ${nonsense.id}`] : []),
    ...(common < LEAST_COMMON ? [`${control.id} has ${(100 * common).toFixed(0)}% of its words in common with ${nonsense.id}`] : []),
    ...(control.domain === nonsense.domain ? [] : [`${control.id} is of another domain than ${nonsense.id}`]),
  ]
}

function meanLength(probes: readonly Probe[]): number {
  return probes.reduce((sum, probe) => sum + wordsOf(probe.question).length, 0) / Math.max(1, probes.length)
}

/**
 * Share of pairs that a naive Bayes over single words puts in the right order (the nonsense the more nonsensical), each pair
 * judged by counts from all others; ties count half. .5 is chance, 1 means that vocabulary alone decides.
 */
export function tellableShare(pairs: readonly (readonly [nonsense: string, control: string])[]): number {
  const words = pairs.map(([a, b]) => [new Set(wordsOf(a)), new Set(wordsOf(b))] as const)
  const counts = [new Map<string, number>(), new Map<string, number>()] as const
  for (const pair of words) for (const side of [0, 1] as const) for (const word of pair[side]) counts[side].set(word, (counts[side].get(word) ?? 0) + 1)
  const others = pairs.length - 1
  let right = 0
  for (const [a, b] of words) {
    // Only words that stand on one side of the pair can order it; the pair's own counts are taken out again.
    const weigh = (word: string): number => {
      const inA = (counts[0].get(word) ?? 0) - (a.has(word) ? 1 : 0)
      const inB = (counts[1].get(word) ?? 0) - (b.has(word) ? 1 : 0)
      return Math.log((inA + 1) / (others + 2)) - Math.log((inB + 1) / (others + 2))
    }
    const score = (set: ReadonlySet<string>, without: ReadonlySet<string>): number => [...set].filter((word) => !without.has(word)).reduce((sum, word) => sum + weigh(word), 0)
    const difference = score(a, b) - score(b, a)
    right += difference > 0 ? 1 : difference === 0 ? 0.5 : 0
  }
  return pairs.length === 0 ? 0.5 : right / pairs.length
}
