// One seed's traffic: which prompts are probes and which are calls, in what order, and on which night each falls. In: a table
// and a seed. Out: the plan of one replay. Probes never come up as calls, so that nothing is learned from what is scored.
import { seededRandom, type Random } from '../../../core/seams.ts'
import type { OutcomePrompt, OutcomeTable } from './outcomes.ts'

/** One call of the traffic. */
export type Call = {
  readonly prompt: OutcomePrompt
  /** From 0. */
  readonly night: number
  /** Share of the traffic that is gone when it comes, 0..1. */
  readonly moment: number
}

export type Stream = {
  readonly calls: readonly Call[]
  /** Task → its probe prompts, in a random order. */
  readonly probes: ReadonlyMap<string, readonly OutcomePrompt[]>
  readonly nights: number
}

export type StreamOptions = {
  readonly seed: number
  /** Probes per task at most; a third of a task's prompts at most. */
  readonly probesPerTask: number
  /** Into how many equal parts the traffic is divided; the learner runs between them. */
  readonly nights: number
}

/** How much of a task's prompts may be probes: the rest must remain traffic. */
const MOST_PROBES = 1 / 3

export function streamOf(table: OutcomeTable, { seed, probesPerTask, nights }: StreamOptions): Stream {
  const random = seededRandom(`stream|${seed}`)
  const shuffledPrompts = shuffled(table.prompts, random)
  const probes = new Map<string, OutcomePrompt[]>(table.tasks.map((task) => [task, []]))
  const sizes = new Map<string, number>()
  for (const { task } of table.prompts) sizes.set(task, (sizes.get(task) ?? 0) + 1)
  const traffic = shuffledPrompts.filter((prompt) => {
    const taken = probes.get(prompt.task)
    if (taken === undefined || taken.length >= Math.min(probesPerTask, Math.floor((sizes.get(prompt.task) ?? 0) * MOST_PROBES))) return true
    taken.push(prompt)
    return false
  })
  const calls = traffic.map((prompt, at) => ({ prompt, night: Math.floor((at * nights) / traffic.length), moment: at / traffic.length }))
  return { calls, probes, nights }
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const order = [...items]
  for (let last = order.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random.next() * (last + 1))
    const [a, b] = [order[last], order[other]]
    if (a !== undefined && b !== undefined) [order[last], order[other]] = [b, a]
  }
  return order
}
