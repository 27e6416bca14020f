// All lints over loaded suites. Comes in: suites to check, and suites they are only compared with. Goes out: findings, errors
// first. Pure.
import { schemaFaultOf } from '../../grade/task/json-schema.ts'
import type { ProbeSuite } from '../load.ts'
import { findImbalance, findMissingFields } from './balance.ts'
import type { Finding } from './finding.ts'
import { findLeaks } from './leaks.ts'
import { findUnlike } from './look-alikes.ts'
import { findNearDuplicates } from './near-duplicates.ts'

/** Lints. Suites are compared with each other; `others` are not linted themselves. */
export function lintSuites(suites: readonly ProbeSuite[], others: readonly ProbeSuite[] = []): Finding[] {
  const each = suites.flatMap(({ name, probes }) => [...findLeaks(name, probes), ...findUnlike(name, probes), ...findImbalance(name, probes), ...findMissingFields(name, probes)])
  const findings = [...each, ...suites.flatMap(findBadExpectations), ...findNearDuplicates(suites, others)]
  return findings.sort((a, b) => Number(a.level === 'warning') - Number(b.level === 'warning'))
}

/** Expected values that their own schema refuses: no answer to such a probe could be right. */
function findBadExpectations({ name, probes }: ProbeSuite): Finding[] {
  return probes.flatMap((probe) => {
    if (probe.kind !== 'task' || probe.grader.type !== 'json_schema') return []
    let fault: string | undefined
    try {
      fault = schemaFaultOf(probe.grader)
    } catch (thrown) {
      fault = `the schema cannot be evaluated: ${thrown instanceof Error ? thrown.message : 'unknown'}`
    }
    return fault === undefined ? [] : [{ rule: 'expected_value', level: 'error', suite: name, probes: [probe.id], message: `${probe.id}: the expected value does not meet its own schema: ${fault}` }]
  })
}
