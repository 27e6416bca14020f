// The `json_schema` grader: does the answer hold JSON that its schema accepts, and are the values right? Comes in: the probe's
// specification and the answer's text. Goes out: a grade whose score is the share of right places. Pure.
import { Validator, type Schema } from '@cfworker/json-schema'
import type { JsonSchemaSpec } from '../../probes/task-probe.ts'
import { type Grade, graderId } from '../grade.ts'
import { findJson } from './json-answer.ts'
import { compareFields, type Json } from './json-fields.ts'
import { labelOfScore } from './verdict.ts'

/** Raised whenever a rule of matching changes: scores of different versions are not compared. */
export const JSON_SCHEMA_GRADER = { name: 'json-schema', version: '1' } as const
const MOST_NAMED = 4

/**
 * Grades one answer. Without `expected` it is right when the schema accepts it. With it the score is right places over all
 * places, places nobody asked for included; an answer that breaks its schema never passes: it loses one place at least.
 */
export function gradeJsonSchema(spec: JsonSchemaSpec, text: string): Grade {
  const found = findJson(text)
  if ('fault' in found) return graded(0, found.fault)
  let violation: string | undefined
  try {
    violation = broken(spec.schema, found.value)
  } catch (thrown) {
    // An unresolved $ref or a broken pattern is the suite's fault and must not count against the answer.
    return { status: 'judge_error', confidence: 1, grader: graderId(JSON_SCHEMA_GRADER), reason: `the schema cannot be evaluated: ${thrown instanceof Error ? thrown.message.slice(0, 120) : 'unknown'}` }
  }
  if (spec.expected === undefined) return violation === undefined ? graded(1, 'valid') : graded(0, violation)
  // z.json() holds exactly JSON values; its type is mutable, ours is not.
  const { right, total, wrong } = compareFields(spec.expected as Json, found.value, spec.fields)
  const places = right === total && violation !== undefined ? total + 1 : total
  const score = places === 0 ? 1 : right / places
  const named = wrong.length === 0 ? '' : `; wrong: ${[...new Set(wrong)].slice(0, MOST_NAMED).join(', ')}${wrong.length > MOST_NAMED ? ', …' : ''}`
  return graded(score, `${right} of ${total} places right${named}${violation === undefined ? '' : `; ${violation}`}`)
}

/** What a probe's own right answer gets; anything below 1 is a fault of the suite. Throws what the validator throws. */
export function schemaFaultOf(spec: JsonSchemaSpec): string | undefined {
  if (spec.expected === undefined) return undefined
  return broken(spec.schema, spec.expected)
}

function broken(schema: JsonSchemaSpec['schema'], value: unknown): string | undefined {
  // The row's schema is JSON of the validator's keywords; what it does not know it ignores, as the standard says.
  const { valid, errors } = new Validator(schema as Schema | boolean, '2020-12').validate(value)
  if (valid) return undefined
  const deepest = errors.at(-1)
  return `the schema's "${deepest?.keyword ?? 'false'}" is broken at ${deepest?.instanceLocation ?? '#'}`
}

function graded(score: number, reason: string): Grade {
  return { status: 'scored', label: labelOfScore(score), score, confidence: 1, grader: graderId(JSON_SCHEMA_GRADER), reason }
}
