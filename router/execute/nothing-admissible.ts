// Why no target could be asked, as the one error that says what to do: wait, leave members out, or change the configuration. Pure.
import { WeighbridgeError } from '../../core/errors.ts'
import type { Exclusion } from '../decide/admit.ts'
import type { Plan } from '../decide/plan.ts'
import { textAt, type JsonObject } from '../providers/json.ts'

/** Most members that a message names; the details hold all. */
const MOST_NAMED = 12

/**
 * `retryAfterMs`: until the first target comes back. Answers provider_rate_limited or provider_overloaded where waiting helps,
 * cannot_translate (or unknown_response) where only the wires stand in the way, no_admissible_target otherwise.
 */
export function nothingAdmissible(plan: Plan, exclusions: readonly Exclusion[], retryAfterMs: number | undefined, native: JsonObject | undefined): WeighbridgeError {
  const details = { exclusions: exclusions.map(({ target, reason, detail }) => ({ target, reason, detail })) }
  const listed = exclusions.length === 0 ? 'it has no enabled target' : exclusions.map((exclusion) => `${exclusion.target}: ${exclusion.reason} (${exclusion.detail})`).join('; ')
  const task = plan.task.name
  const passing = exclusions.filter((exclusion) => exclusion.reason === 'rate_limited' || exclusion.reason === 'cooling')
  const account = accountTrouble(exclusions)
  if (account !== undefined) return new WeighbridgeError(account, `No provider of task ${task} takes our credential or our money: ${listed}.`, { details })
  if (passing.length > 0 && retryAfterMs !== undefined) {
    const limited = passing.every((exclusion) => exclusion.reason === 'rate_limited')
    const message = limited ? `Every target of task ${task} waits for its provider's limit: ${listed}.` : `Every target of task ${task} cools down: ${listed}.`
    return new WeighbridgeError(limited ? 'provider_rate_limited' : 'provider_overloaded', message, { details, retryAfterMs })
  }
  if (exclusions.length > 0 && exclusions.every((exclusion) => exclusion.reason === 'untranslatable')) return untranslatable(plan, exclusions, native)
  const remedy = exclusions.length === 0 ? { remedy: `Give task ${task} a target of the kind this API needs, in its route or its chain, or name one in model.` } : {}
  return new WeighbridgeError('no_admissible_target', `No target may serve this call of task ${task}: ${listed}.`, { details, ...remedy })
}

/** With every target out for it, a refused key or an empty account is the news, not the pause that followed. */
function accountTrouble(exclusions: readonly Exclusion[]): 'provider_credential' | 'provider_quota_exhausted' | undefined {
  if (exclusions.length === 0) return undefined
  if (exclusions.every((exclusion) => exclusion.code === 'provider_credential')) return 'provider_credential'
  return exclusions.every((exclusion) => exclusion.code === 'provider_credential' || exclusion.code === 'provider_quota_exhausted') ? 'provider_quota_exhausted' : undefined
}

function untranslatable(plan: Plan, exclusions: readonly Exclusion[], native: JsonObject | undefined): WeighbridgeError {
  const response = textAt(native, 'previous_response_id')
  if (response !== undefined && exclusions.every((exclusion) => exclusion.members?.includes('previous_response_id') === true)) {
    return new WeighbridgeError('unknown_response', `The response that previous_response_id names is not known here, and task ${plan.task.name} has no target that stores responses.`, { details: { param: 'previous_response_id' } })
  }
  const members = [...new Set(exclusions.flatMap((exclusion) => exclusion.members ?? []))]
  const named = members.length > MOST_NAMED ? `${members.slice(0, MOST_NAMED).join(', ')} and ${members.length - MOST_NAMED} more` : members.join(', ')
  const [param] = members
  const why = exclusions.map((exclusion) => `${exclusion.target} (${exclusion.detail})`).join('; ')
  return new WeighbridgeError('cannot_translate', `No target of task ${plan.task.name} speaks this API, and these members cannot be carried to another: ${named || 'unknown'}. ${why}.`, { details: { members, ...(param === undefined ? {} : { param }) } })
}
