// What was considered and left: all of the traffic to each target that could take it, beside the shares that were chosen. In: a
// plan. Out: a line for each, worst last. Words over numbers that are already there.
import type { Plan } from './plan.ts'
import type { LearningRules } from './rules.ts'
import { utilityOf, type Worth } from './utility.ts'
import type { Shares } from './weights.ts'

export function alternativesOf({ movable, pBest }: Plan, after: Shares, worth: Worth, rules: LearningRules): string[] {
  const mass = movable.reduce((sum, { target }) => sum + (after.get(target) ?? 0), 0)
  if (mass <= 0) return []
  const valued = movable.map((posterior) => ({ target: posterior.target, utility: utilityOf(posterior, worth, rules) }))
  const chosen = valued.reduce((sum, { target, utility }) => sum + ((after.get(target) ?? 0) / mass) * utility, 0)
  return valued
    .filter(({ target }) => (after.get(target) ?? 0) < 0.995 * mass)
    .sort((a, b) => b.utility - a.utility || (a.target < b.target ? -1 : 1))
    .map(({ target, utility }) => `All of it to ${target}: utility ${decimal(utility)} per call, ${signed(utility - chosen)} against these weights, P(best) ${(pBest.get(target) ?? 0).toFixed(2)}.`)
}

const decimal = (value: number): string => value.toFixed(3).replace('-', '−')
const signed = (value: number): string => (value >= 0 ? `+${decimal(value)}` : decimal(value))
