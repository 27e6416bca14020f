// Labels people gave against tasks the rules gave → how often the rules are right, where they abstain, and which errors they
// make in which direction. Pure; it never sees a text.

/** `given`: `undefined` when the rules abstained; the call is then routed as `general`. */
export type JudgedRow = { readonly task: string; readonly given: string | undefined; readonly confidence: number; readonly source: string }

/** A share with its 95% interval (Wilson, JASA 22, 1927); `value` is `undefined` for nothing out of nothing. */
export type Share = { readonly value: number | undefined; readonly low: number; readonly high: number; readonly count: number; readonly of: number }

export type TaskFigures = {
  readonly task: string
  /** Rows with this label. */
  readonly labelled: number
  /** Of the rows given this task, those so labelled. For `general`: of those routed as general. */
  readonly precision: Share
  /** Of the rows so labelled, those given (for `general`: routed as) this task. */
  readonly recall: Share
  /** Of the rows so labelled, those on which the rules abstained. */
  readonly abstained: Share
}

export type Confused = { readonly task: string; readonly given: string; readonly count: number }

export type ConfusionReport = {
  readonly rows: number
  /** Right as routed: an abstention counts as `general`. */
  readonly accuracy: Share
  /** Right among the rows that were given a task. */
  readonly precision: Share
  readonly abstained: Share
  readonly tasks: readonly TaskFigures[]
  readonly sources: readonly { readonly source: string; readonly accuracy: Share; readonly precision: Share; readonly abstained: Share }[]
  /** Most frequent first; `given` is `general` for abstentions. */
  readonly worst: readonly Confused[]
  /**
   * Errors by direction: a hard call given an easier task goes to a model too weak for it, the other way round costs money only.
   * `undefined` when no difficulty was given.
   */
  readonly direction: { readonly toEasier: Share; readonly toHarder: Share } | undefined
  /** Every label (rows) against every task given (columns), abstentions as `general`. */
  readonly matrix: ReadonlyMap<string, ReadonlyMap<string, number>>
}

const GENERAL = 'general'
const MOST_WORST = 10
const Z = 1.959964

/** `difficulty`: any number that is higher for tasks that need stronger models, such as the mean price of the task's route. */
export function confusion(rows: readonly JudgedRow[], difficulty?: ReadonlyMap<string, number>): ConfusionReport {
  const matrix = new Map<string, Map<string, number>>()
  for (const row of rows) {
    const line = matrix.get(row.task) ?? new Map<string, number>()
    line.set(routed(row), (line.get(routed(row)) ?? 0) + 1)
    matrix.set(row.task, line)
  }
  const names = [...new Set(rows.flatMap((row) => [row.task, routed(row)]))].sort()
  const worst = [...matrix].flatMap(([task, line]) => [...line].filter(([given]) => given !== task).map(([given, count]) => ({ task, given, count })))
  return {
    rows: rows.length,
    ...overall(rows),
    tasks: names.map((task) => figures(task, rows)),
    sources: [...new Set(rows.map((row) => row.source))].sort().map((source) => ({ source, ...overall(rows.filter((row) => row.source === source)) })),
    worst: worst.sort((a, b) => b.count - a.count || (`${a.task} ${a.given}` < `${b.task} ${b.given}` ? -1 : 1)).slice(0, MOST_WORST),
    direction: difficulty === undefined ? undefined : direction(rows, difficulty),
    matrix,
  }
}

function routed(row: JudgedRow): string {
  return row.given ?? GENERAL
}

function overall(rows: readonly JudgedRow[]): { accuracy: Share; precision: Share; abstained: Share } {
  const decided = rows.filter((row) => row.given !== undefined)
  return {
    accuracy: share(rows.filter((row) => routed(row) === row.task).length, rows.length),
    precision: share(decided.filter((row) => row.given === row.task).length, decided.length),
    abstained: share(rows.length - decided.length, rows.length),
  }
}

function figures(task: string, rows: readonly JudgedRow[]): TaskFigures {
  const labelled = rows.filter((row) => row.task === task)
  const given = rows.filter((row) => routed(row) === task)
  const right = given.filter((row) => row.task === task).length
  return { task, labelled: labelled.length, precision: share(right, given.length), recall: share(right, labelled.length), abstained: share(labelled.filter((row) => row.given === undefined).length, labelled.length) }
}

function direction(rows: readonly JudgedRow[], difficulty: ReadonlyMap<string, number>): { toEasier: Share; toHarder: Share } {
  const steps = rows.map((row) => {
    const from = difficulty.get(row.task)
    const to = difficulty.get(routed(row))
    return from === undefined || to === undefined ? 0 : to - from
  })
  return { toEasier: share(steps.filter((step) => step < 0).length, rows.length), toHarder: share(steps.filter((step) => step > 0).length, rows.length) }
}

function share(count: number, of: number): Share {
  if (of === 0) return { value: undefined, low: 0, high: 1, count, of }
  const value = count / of
  const middle = (value + (Z * Z) / (2 * of)) / (1 + (Z * Z) / of)
  const half = (Z / (1 + (Z * Z) / of)) * Math.sqrt((value * (1 - value)) / of + (Z * Z) / (4 * of * of))
  return { value, low: Math.max(0, middle - half), high: Math.min(1, middle + half), count, of }
}
