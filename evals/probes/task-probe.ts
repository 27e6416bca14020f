// Probes of a user's own kind: a question of any sort with the grader that judges its answer. Row schema and grader
// specifications only; the graders themselves are in evals/grade.
import { RE2JS } from 're2js'
import { z } from 'zod'
import { commonFields } from './common-fields.ts'

/** Letters, digits, `.`, `_`, `-` and `/` inside: a file below the check's own folder, never above it. */
export const fileNameSchema = z
  .string()
  .max(128)
  .regex(/^[A-Za-z0-9_][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_][A-Za-z0-9._-]*)*$/, 'must be a plain relative path of letters, digits and . _ -')

const text = z.string().min(1).max(100_000)
const texts = z.array(text).min(1).max(1_000)

const exact = z.strictObject({
  type: z.literal('exact'),
  answer: text,
  aliases: texts.optional(),
  ignore_case: z.boolean().optional(),
})

/** Case and white space do not count. */
const contains = z
  .strictObject({ type: z.literal('contains'), all: texts.optional(), any: texts.optional(), none: texts.optional() })
  .refine(({ all, any, none }) => all !== undefined || any !== undefined || none !== undefined, 'contains needs all, any or none')

/** Without look-around and back-references: patterns run in time linear in the answer. */
const regex = z
  .strictObject({ type: z.literal('regex'), pattern: z.string().min(1).max(10_000), flags: z.string().regex(/^[ims]{0,3}$/, 'may hold i, m and s').optional() })
  .refine(({ pattern, flags }) => compiles(pattern, flags ?? ''), { path: ['pattern'], message: 'is not a regular expression (RE2: no look-around, no back-references, each flag once)' })

const number = z.strictObject({
  type: z.literal('number'),
  answer: z.number(),
  /** Relative: 0.01 is 1%. */
  tolerance: z.number().min(0).max(1).optional(),
  unit: z.string().min(1).max(64).optional(),
})

/** How one place of an expected value is compared. */
export const fieldRuleSchema = z.strictObject({
  /**
   * `text`: case, white space, quotes and dashes aside; `exact`: as written; `number`: numerically, `tolerance` apart;
   * `set`: an array whose order does not count; `ignore`: not compared.
   */
  compare: z.enum(['text', 'exact', 'number', 'set', 'ignore']),
  /** Absolute, for `number`. */
  tolerance: z.number().min(0).optional(),
})

/** A place in a value: member names joined by dots, `[]` for every item of an array (`items[].price`); `$` is the whole value. */
const fieldPath = z.string().min(1).max(512)

const jsonSchema = z.strictObject({
  type: z.literal('json_schema'),
  schema: z.union([z.record(z.string(), z.unknown()), z.boolean()]),
  /** The one right value; without it an answer is right when the schema accepts it. */
  expected: z.json().optional(),
  fields: z.record(fieldPath, fieldRuleSchema).optional(),
})

const rubric = z.strictObject({
  type: z.literal('rubric'),
  criteria: texts,
  /** Share of the criteria that an answer must meet, in (0, 1]; default all. */
  pass_at: z.number().positive().max(1).optional(),
})

const command = z.strictObject({
  type: z.literal('command'),
  /** Program and arguments; `node` is the runtime that runs Weighbridge, anything else is looked up on a fixed path. */
  argv: z.array(z.string().min(1).max(4_096)).min(1).max(64),
  /** Files laid beside the answer, name → text. */
  files: z.record(fileNameSchema, z.string().max(1_000_000)).optional(),
  /** Also write the answer's code here: its longest code block in this file's language, or the whole text without one. */
  answer_file: fileNameSchema.optional(),
  timeout_ms: z.number().int().min(100).max(120_000).optional(),
  memory_mb: z.number().int().min(16).max(8_192).optional(),
})

export const taskGraderSchema = z.discriminatedUnion('type', [exact, contains, regex, number, jsonSchema, rubric, command])
/** What decides whether an answer is right. */
export type TaskGraderSpec = z.infer<typeof taskGraderSchema>
export const GRADER_TYPES = ['exact', 'contains', 'regex', 'number', 'json_schema', 'rubric', 'command'] as const satisfies readonly TaskGraderSpec['type'][]
export type JsonSchemaSpec = Extract<TaskGraderSpec, { type: 'json_schema' }>
export type CommandSpec = Extract<TaskGraderSpec, { type: 'command' }>
export type FieldRule = z.infer<typeof fieldRuleSchema>

/** The row of a task probe. */
export const taskProbeSchema = z.strictObject({
  ...commonFields,
  kind: z.literal('task'),
  technique: z.string().min(1).optional(),
  explanation: z.string().min(1).optional(),
  /** System prompt of this probe; it goes before the suite's instructions. */
  system: z.string().min(1).max(100_000).optional(),
  grader: taskGraderSchema,
})
/** A probe of a user's own kind. */
export type TaskProbe = z.infer<typeof taskProbeSchema>

/** Where a question wants its grader's JSON schema spelled out, so that schema and question cannot drift apart. */
export const SCHEMA_PLACE = '{{schema}}'

/** The question as it is asked: `{{schema}}` becomes the grader's schema where there is one. */
export function askedQuestion(question: string, grader: TaskGraderSpec): string {
  return grader.type === 'json_schema' ? question.replaceAll(SCHEMA_PLACE, () => JSON.stringify(grader.schema)) : question
}

function compiles(pattern: string, flags: string): boolean {
  try {
    RE2JS.compile(pattern, 0)
    return flags.length === new Set(flags).size
  } catch {
    return false
  }
}
