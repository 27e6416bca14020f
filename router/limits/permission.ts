// What a key may use at all: tasks and targets, checked on a plan. Pure; it tells a caller about its own key and nothing else.
import type { Target } from '../../core/config.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import { isAllowedTarget } from '../../core/key-policy.ts'
import type { Exclusion } from '../decide/admit.ts'
import type { Plan, PlanInputs } from '../decide/plan.ts'
import type { Policy } from './policy.ts'

export type Barred = NonNullable<PlanInputs['barred']>

/** What keeps a key from a target; `undefined`: nothing. */
export function targetRefusal(policy: Policy, target: Target): Omit<Exclusion, 'target'> | undefined {
  const barring = policy.targets.find((patterns) => !isAllowedTarget(patterns, target))
  return barring === undefined ? undefined : { reason: 'not_allowed', detail: `key ${policy.key?.id ?? ''} may use ${barring.join(', ')}` }
}

/** The tasks that a key may call; `undefined`: all. */
export function allowedTasks(policy: Policy): readonly string[] | undefined {
  const [first, ...others] = policy.tasks
  return first?.filter((task) => others.every((list) => list.includes(task)))
}

/** Throws `not_allowed_task` or, for a target that was asked for by name and where none is left, `not_allowed_target`. */
export function checkAllowed(policy: Policy, plan: Plan): void {
  const key = policy.key?.id ?? ''
  const tasks = allowedTasks(policy)
  if (tasks !== undefined && !tasks.includes(plan.task.name)) {
    throw new WeighbridgeError('not_allowed_task', `Key ${key} may not call task ${plan.task.name}; it may call ${tasks.join(', ') || 'none'}.`, { details: { task: plan.task.name, allowed: tasks } })
  }
  if (policy.targets.length === 0) return
  const named = plan.passedOver?.reason === 'not_allowed' ? plan.passedOver.target : undefined
  const noneLeft = plan.candidates.length === 0 && plan.unable.length > 0 && plan.unable.every((exclusion) => exclusion.reason === 'not_allowed')
  if (named === undefined && !noneLeft) return
  const what = named === undefined ? `any target of task ${plan.task.name}` : `target ${named}`
  const allowed = policy.targets.map((patterns) => patterns.join(', ')).join('; and of those only ')
  throw new WeighbridgeError('not_allowed_target', `Key ${key} may not use ${what}; it may use ${allowed}.`, { details: { ...(named === undefined ? {} : { target: named }), allowed: policy.targets } })
}

/** A plan of what a key may use, for requests that no budget counts. Throws what `make` throws, `not_allowed_task` and `not_allowed_target`. */
export function permitted(policy: Policy, make: (barred: Barred | undefined) => Plan): Plan {
  const plan = make(policy.targets.length === 0 ? undefined : (target) => targetRefusal(policy, target))
  checkAllowed(policy, plan)
  return plan
}
