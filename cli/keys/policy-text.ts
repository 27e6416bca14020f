// What a key may do, as text for people. Pure.
import type { KeyPolicy } from '../../core/key-policy.ts'
import { moment } from '../times.ts'

/** One line for each part of a policy; none for a key that may do all that its scopes say. */
export function policyLines(policy: KeyPolicy | undefined): string[] {
  if (policy === undefined) return []
  const list = (pairs: Readonly<Record<string, unknown>>): string => Object.entries(pairs).map(([name, value]) => `${name}=${String(value)}`).join(', ')
  return [
    ...(policy.owner === undefined ? [] : [`owner    ${policy.owner}`]),
    ...(policy.tasks === undefined ? [] : [`tasks    ${policy.tasks.join(', ')}`]),
    ...(policy.targets === undefined ? [] : [`targets  ${policy.targets.join(', ')}`]),
    ...(policy.aliases === undefined ? [] : [`aliases  ${list(policy.aliases)}`]),
    ...(policy.tags === undefined ? [] : [`tags     ${list(policy.tags)}`]),
    ...(policy.limits === undefined ? [] : [`limits   ${list(policy.limits)}`]),
    ...(policy.expires_at === undefined ? [] : [`expires  ${moment(policy.expires_at)}`]),
  ]
}

/** The same in a cell of a table. */
export function policySummary(policy: KeyPolicy | undefined): string {
  if (policy === undefined) return ''
  const parts = [
    policy.tasks === undefined ? '' : `tasks ${policy.tasks.join(',')}`,
    policy.targets === undefined ? '' : `targets ${policy.targets.join(',')}`,
    policy.aliases === undefined ? '' : `${Object.keys(policy.aliases).length} alias(es)`,
    ...Object.entries(policy.limits ?? {}).map(([name, value]) => `${name} ${value}`),
    ...Object.entries(policy.tags ?? {}).map(([name, value]) => `${name}=${value}`),
  ]
  return parts.filter((part) => part !== '').join('; ')
}
