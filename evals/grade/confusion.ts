// How well two sets of labels agree. Comes in: pairs (reference, given). Goes out: the matrix, accuracy and Cohen's kappa
// with an interval. It must not know what the labels mean.

import type { Random } from '../../core/seams.ts'
import { clusterBootstrap } from '../stats/bootstrap.ts'

/** One item: what the reference says and what the grader said. */
export type LabelPair = { truth: string; given: string }
/** `counts[truth][given]`; a label that never occurs has no row. */
export type Confusion = { labels: string[]; counts: number[][]; n: number }
/** An agreement statistic with its 95% interval; value and bounds are undefined where they cannot be known. */
export type Agreement = { value: number | undefined; low: number | undefined; high: number | undefined; n: number }

/** Counts each (truth, given) pair; rows and columns follow `labels`, then any label not listed, in order of appearance. */
export function confusion(pairs: readonly LabelPair[], labels: readonly string[] = []): Confusion {
  const all = [...new Set([...labels, ...pairs.flatMap((pair) => [pair.truth, pair.given])])]
  const index = new Map(all.map((label, at) => [label, at]))
  const counts = all.map(() => all.map(() => 0))
  for (const pair of pairs) {
    const row = counts[index.get(pair.truth) ?? -1]
    const column = index.get(pair.given)
    if (row !== undefined && column !== undefined) row[column] = (row[column] ?? 0) + 1
  }
  return { labels: all, counts, n: pairs.length }
}

/** Share of pairs that agree, with a Wilson 95% interval; undefined for no pairs. */
export function accuracy(matrix: Confusion): Agreement {
  const n = matrix.n
  if (n === 0) return { value: undefined, low: undefined, high: undefined, n }
  const hits = matrix.counts.reduce((sum, row, at) => sum + (row[at] ?? 0), 0)
  const z2 = Z95 * Z95
  const centre = (hits + z2 / 2) / (n + z2)
  const half = (Z95 / (n + z2)) * Math.sqrt((hits * (n - hits)) / n + z2 / 4)
  return { value: hits / n, low: Math.max(0, centre - half), high: Math.min(1, centre + half), n }
}

/**
 * Cohen's unweighted kappa with the large-sample 95% interval of Fleiss, Cohen & Everitt (1969), for independent items;
 * undefined when all items have one label on both sides. Items that share a question are not independent: resample
 * questions where that matters.
 */
export function cohenKappa(matrix: Confusion): Agreement {
  const { counts, n } = matrix
  const unknown: Agreement = { value: undefined, low: undefined, high: undefined, n }
  if (n === 0) return unknown
  const rows = counts.map((row) => row.reduce((sum, value) => sum + value, 0) / n)
  const columns = counts.map((_row, at) => counts.reduce((sum, row) => sum + (row[at] ?? 0), 0) / n)
  const observed = counts.reduce((sum, row, at) => sum + (row[at] ?? 0), 0) / n
  const chance = rows.reduce((sum, value, at) => sum + value * (columns[at] ?? 0), 0)
  if (chance >= 1) return unknown
  const kappa = (observed - chance) / (1 - chance)
  let onDiagonal = 0
  let offDiagonal = 0
  counts.forEach((row, i) =>
    row.forEach((count, j) => {
      const share = count / n
      if (i === j) onDiagonal += share * (1 - ((rows[i] ?? 0) + (columns[i] ?? 0)) * (1 - kappa)) ** 2
      else offDiagonal += share * ((columns[i] ?? 0) + (rows[j] ?? 0)) ** 2
    }),
  )
  const variance = (onDiagonal + (1 - kappa) ** 2 * offDiagonal - (kappa - chance * (1 - kappa)) ** 2) / (n * (1 - chance) ** 2)
  const half = Z95 * Math.sqrt(Math.max(0, variance))
  return { value: kappa, low: Math.max(-1, kappa - half), high: Math.min(1, kappa + half), n }
}

/**
 * Cohen's kappa with a 95% interval by resampling whole questions, because answers to one question agree or fail together; the
 * interval is undefined below two questions.
 */
export function clusteredKappa(pairs: readonly (LabelPair & { readonly cluster: string })[], random: Random, draws = 500): Agreement {
  const { value, low, high, n } = clusterBootstrap(pairs, (pair) => pair.cluster, (sample) => cohenKappa(confusion(sample)).value, random, { draws })
  return { value, low, high, n }
}

const Z95 = 1.959963984540054
