// What a lint finds in a suite: which rule, how bad, which probes, and what to do. Data only.

/** Rules by name; docs/suites.md explains each. */
export const LINT_RULES = ['leak', 'near_duplicate', 'balance', 'look_alike', 'missing_field', 'unanswerable_share', 'expected_value', 'private_exposed'] as const
export type LintRule = (typeof LINT_RULES)[number]

/** `error`: the probe cannot be trusted as it is. `warning`: a person should look. */
export type Finding = {
  readonly rule: LintRule
  readonly level: 'error' | 'warning'
  readonly suite: string
  /** Ids of the probes it is about; empty when it is about the suite as a whole. */
  readonly probes: readonly string[]
  readonly message: string
}
