// A table of outcomes: what every model made of every prompt, and what it cost. In: records of cells, the head first. Out: the
// table by prompt, or every fault with its line. Nothing here knows how the table is replayed.
import { WeighbridgeError } from '../../../core/errors.ts'

/** What one model made of one prompt. */
export type Outcome = {
  /** 0..1. */
  readonly score: number
  readonly costUsd: number
}

/** One prompt; `outcomes` by index into the table's models, with a gap where a model was never asked. */
export type OutcomePrompt = { readonly id: string; readonly task: string; readonly outcomes: readonly (Outcome | undefined)[] }

export type OutcomeTable = {
  /** Sorted. */
  readonly tasks: readonly string[]
  /** Sorted. */
  readonly models: readonly string[]
  /** In the order of the file. */
  readonly prompts: readonly OutcomePrompt[]
}

/** Columns that a table must have; others are left alone. */
export const OUTCOME_COLUMNS = ['prompt_id', 'task', 'model', 'score', 'cost_usd'] as const
type Column = (typeof OUTCOME_COLUMNS)[number]

/** How many faults a message names before it counts the rest. */
const NAMED_FAULTS = 8

/**
 * Reads a table. Throws `outcomes_invalid` naming each faulty row: a missing column, a score outside 0..1, a cost below 0 or
 * not a number, a prompt that a model answers twice; and when no task has two models to choose between.
 */
export function parseOutcomes(records: readonly (readonly string[])[]): OutcomeTable {
  const [head, ...rows] = records
  const places = new Map((head ?? []).map((name, at) => [name.trim().toLowerCase(), at]))
  const missing = OUTCOME_COLUMNS.filter((column) => !places.has(column))
  if (missing.length > 0) throw invalid([`the head lacks ${missing.join(', ')}`])
  const cell = (row: readonly string[], column: Column): string => row[places.get(column) ?? -1]?.trim() ?? ''
  const faults: string[] = []
  const read = rows.flatMap((row, at) => {
    const line = `row ${at + 2}`
    const [prompt, task, model] = [cell(row, 'prompt_id'), cell(row, 'task'), cell(row, 'model')]
    const [score, costUsd] = [decimal(cell(row, 'score')), decimal(cell(row, 'cost_usd'))]
    const wrong = [
      ...(prompt === '' || task === '' || model === '' ? ['needs prompt_id, task and model'] : []),
      ...(score === undefined || score < 0 || score > 1 ? [`score "${cell(row, 'score')}" is not from 0 to 1`] : []),
      ...(costUsd === undefined || costUsd < 0 ? [`cost_usd "${cell(row, 'cost_usd')}" is not 0 or more`] : []),
    ]
    if (wrong.length > 0 || score === undefined || costUsd === undefined) {
      faults.push(`${line}: ${wrong.join(', ')}`)
      return []
    }
    return [{ line, prompt, task, model, outcome: { score, costUsd } }]
  })
  const models = [...new Set(read.map(({ model }) => model))].sort()
  const index = new Map(models.map((model, at) => [model, at]))
  const prompts = new Map<string, { id: string; task: string; outcomes: (Outcome | undefined)[] }>()
  for (const { line, prompt, task, model, outcome } of read) {
    const key = JSON.stringify([task, prompt])
    const entry = prompts.get(key) ?? { id: prompt, task, outcomes: models.map(() => undefined) }
    const at = index.get(model) ?? -1
    if (entry.outcomes[at] !== undefined) faults.push(`${line}: ${model} answers ${prompt} twice`)
    entry.outcomes[at] = outcome
    prompts.set(key, entry)
  }
  const tasks = [...new Set(read.map(({ task }) => task))].sort()
  if (faults.length === 0 && !tasks.some((task) => new Set(read.filter((row) => row.task === task).map((row) => row.model)).size > 1)) faults.push('no task has two models to choose between')
  if (faults.length > 0) throw invalid(faults)
  return { tasks, models, prompts: [...prompts.values()] }
}

/** A plain decimal; text such as "1e3", "0x1" or "" counts as none unless it is one. */
function decimal(text: string): number | undefined {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) && Number.isFinite(Number(text)) ? Number(text) : undefined
}

function invalid(faults: readonly string[]): WeighbridgeError {
  const named = faults.slice(0, NAMED_FAULTS).join('; ')
  return new WeighbridgeError('outcomes_invalid', `The outcomes have ${faults.length} fault(s): ${named}${faults.length > NAMED_FAULTS ? '; …' : ''}`, { details: { faults: faults.length } })
}
