// What a night came to: the run, its gates, and whether the weights should move. Comes in: what each part found. Goes out: one
// record that a workflow reads. Pure.
import type { RouteTable } from '../../core/route-table.ts'
import type { GateOutcome } from '../gates/gates.ts'
import type { Recommendation } from '../learn/recommendation.ts'
import type { Repeated } from '../replay/repeats.ts'

export const NIGHTLY_MODES = ['standalone', 'attached', 'running'] as const
export type NightlyMode = (typeof NIGHTLY_MODES)[number]

/** `proposed`: there is a next table; `nothing`: the evidence moves nothing; `simulated`: invented answers never move anything. */
export type Reweighting = {
  readonly status: 'proposed' | 'nothing' | 'inconclusive' | 'simulated'
  readonly reason: string
  /** The version in force that it builds on; 0: configured weights. */
  readonly parent: number
  /** The version it would make; undefined unless proposed. */
  readonly version: number | undefined
}

export type NightlyOutcome = {
  readonly run: string
  readonly mode: NightlyMode
  readonly simulated: boolean
  readonly gates: GateOutcome
  readonly reweighting: Reweighting
  readonly charged_usd: number
  readonly trials: number
  readonly scored: number
  /** Targets that alarms and marks named, and how many of the doubled probes they were asked; null: what has drifted could not be read. */
  readonly asked_again: readonly AskedAgain[] | null
}

export type AskedAgain = { readonly target: string; readonly because: string; readonly asked: number; readonly of: number; /** Why some were left out; null: none was. */ readonly left_out: string | null }

/** Repeats of a run as an outcome has them. */
export const askedAgain = (repeated: readonly Repeated[]): AskedAgain[] => repeated.map(({ target, because, asked, of, left }) => ({ target, because, asked, of, left_out: left ?? null }))

/** The same in a line for a terminal. */
export const askedAgainLine = ({ target, because, asked, of, left_out: left }: AskedAgain): string => `${target} was asked ${asked} of ${of} probes again (${because})${left === null ? '' : `; the rest was left out: ${left}`}`

export type Facts = {
  readonly simulated: boolean
  readonly capped: boolean
  /** Results that did not reach the database in time. */
  readonly undelivered: boolean
  /** Whether there is evidence of earlier nights. */
  readonly hasHistory: boolean
  readonly recommendation: Recommendation | undefined
  /** The table that applying it would publish; undefined when it moves nothing, or when somebody else publishes. */
  readonly next: RouteTable | undefined
  readonly parent: number
}

/** Whether the night moves weights, and why not where it does not. */
export function reweighting(facts: Facts): Reweighting {
  const { parent } = facts
  const none = (status: Reweighting['status'], reason: string): Reweighting => ({ status, reason, parent, version: undefined })
  if (facts.simulated) return none('simulated', 'every target is simulated: invented answers move nothing')
  if (facts.capped) return none('inconclusive', 'the budget was reached before every question was asked')
  if (facts.undelivered) return none('inconclusive', 'not all results reached the database')
  if (!facts.hasHistory) return none('inconclusive', 'there is no evidence of earlier nights: one night is reported and held to the gates, it does not move weights')
  if (facts.recommendation === undefined) return none('inconclusive', 'no recommendation could be made')
  const moves = facts.recommendation.tasks.filter((task) => task.verdict === 'move')
  if (moves.length === 0) return none('nothing', ['the evidence moves no task', ...facts.recommendation.tasks.map(({ task, headline }) => `${task}: ${headline}`)].join(' · '))
  if (facts.next === undefined) return none('proposed', `recommendation ${facts.recommendation.id} waits: ${moves.map((task) => task.task).join(', ')}`)
  return { status: 'proposed', reason: moves.map((task) => task.headline).join(' · '), parent, version: facts.next.version }
}

/** The night's verdict as a process ends: a failed gate, an inconclusive run, or all well. Reweighting alone never fails a night. */
export const nightlyExit = (gates: GateOutcome, capped: boolean): 'ok' | 'gateFailed' | 'inconclusive' => (gates === 'failed' ? 'gateFailed' : gates === 'inconclusive' || capped ? 'inconclusive' : 'ok')
