// The state of budgets as gauges, worked out when somebody reads them, from what is in memory. Traces, sessions and users are too many
// to be series.
import type { Config } from '../../core/config.ts'
import type { KeyRing } from '../../core/mount.ts'
import type { Metrics } from '../metrics.ts'
import { dollars } from './amounts.ts'
import type { Limits } from './limits.ts'
import { limitsOfRule } from './policy.ts'

const MANY = /(?:^|\/)(?:trace|session|user)$/

export function limitGauges(limits: Limits, config: Config, keys: KeyRing | undefined, metrics: Metrics, nowMs: number): void {
  const ratios = new Map<string, { labels: { budget: string; window: string }; ratio: number }>()
  let held = 0
  for (const cell of limits.ledger.inMemory()) {
    const { rule, subject, window } = cell.key
    held = Math.max(held, dollars(cell.held.usd))
    if (MANY.test(rule) || cell.endMs <= nowMs) continue
    const name = rule.replace(/^sim\//, '')
    const policy = limits.policy(config, name === 'key' ? keys?.byId?.(subject) : undefined)
    for (const { measure, most, ...limit } of limitsOfRule(policy, name, subject)) {
      if (limit.window !== window || most <= 0) continue
      const ratio = (cell.spentInAll(measure) + cell.held[measure] - cell.forgiven[measure]) / most
      const id = `${rule} ${window}`
      if (ratio > (ratios.get(id)?.ratio ?? -1)) ratios.set(id, { labels: { budget: rule, window }, ratio })
    }
  }
  metrics.set('weighbridge_budget_held_usd', held)
  metrics.replace('weighbridge_budget_used_ratio', [...ratios.values()].map(({ labels, ratio }) => [labels, ratio]))
}
