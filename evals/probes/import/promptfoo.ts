// A promptfoo configuration with inline prompts and tests (promptfoo.dev, configuration guide, 2026): every test of every prompt becomes
// a task probe. What a probe cannot express (scripts, model-graded similarity, several kinds of assertion in one test) is a fault of
// that test, never half of it.
import { z } from 'zod'
import { parse as parseYaml } from 'yaml'
import { WeighbridgeError } from '../../../core/errors.ts'
import { schemaFaults } from '../../../core/schema-faults.ts'
import { present, type Draft, type DraftRow, type Importer, type RowFault } from './draft.ts'
import { graderOf, LOOKS_AT_CASE } from './promptfoo-asserts.ts'

const assertion = z.looseObject({ type: z.string().min(1), value: z.unknown().optional() })
const test = z.looseObject({ description: z.string().optional(), vars: z.record(z.string(), z.unknown()).optional(), assert: z.array(assertion).optional(), metadata: z.looseObject({ domain: z.string() }).partial().optional() })
const file = z.looseObject({
  description: z.string().optional(),
  prompts: z.union([z.string(), z.array(z.unknown())]),
  tests: z.array(z.unknown()).min(1),
  defaultTest: test.optional(),
})
const promptObject = z.looseObject({ raw: z.string().min(1) })

export const promptfoo: Importer = {
  title: 'Imported from promptfoo',
  licence: undefined,
  source: undefined,
  read(text): Draft {
    const parsed = file.safeParse(parseFile(text))
    if (!parsed.success) throw new WeighbridgeError('probes_unreadable', `The file is no promptfoo configuration: ${schemaFaults(parsed.error)[0]}`, { remedy: 'Prompts and tests have to stand in the file itself.' })
    const { data } = parsed
    const faults: RowFault[] = []
    const prompts = (typeof data.prompts === 'string' ? [data.prompts] : data.prompts).flatMap((one, at) => {
      const raw = typeof one === 'string' ? one : promptObject.safeParse(one).data?.raw
      const fault = raw === undefined ? 'is neither a text nor an object with raw' : /^(?:file|https?):\/\//.test(raw) ? 'lies in another file; put its text here' : undefined
      if (fault !== undefined) faults.push({ where: `prompts[${at}]`, message: fault })
      return raw === undefined || fault !== undefined ? [] : [raw]
    })
    const rows: DraftRow[] = []
    const left = new Set<string>()
    for (const [at, one] of data.tests.entries()) {
      const where = `tests[${at}]`
      const read = test.safeParse(one)
      if (!read.success) {
        faults.push(...schemaFaults(read.error).map((message) => ({ where, message })))
        continue
      }
      const asserts = [...(data.defaultTest?.assert ?? []), ...(read.data.assert ?? [])]
      if (asserts.some(({ type }) => LOOKS_AT_CASE.has(type))) left.add('the case of contains assertions: here it never counts')
      const vars = { ...data.defaultTest?.vars, ...read.data.vars }
      for (const [index, prompt] of prompts.entries()) {
        const made = probeOf(prompt, vars, asserts)
        if (typeof made === 'string') faults.push({ where, message: made })
        else
          rows.push({
            where,
            row: present({ id: `test-${at + 1}${prompts.length > 1 ? `-prompt-${index + 1}` : ''}`, kind: 'task', domain: read.data.metadata?.domain ?? data.defaultTest?.metadata?.domain ?? 'unknown', source: read.data.description, ...made }),
          })
      }
    }
    for (const name of Object.keys(data)) if (!['description', 'prompts', 'tests', 'defaultTest'].includes(name)) left.add(`member ${name}`)
    return { rows, faults, leftOut: [...left] }
  },
}

/** Question and grader of one test, or why there are none. */
function probeOf(prompt: string, vars: Readonly<Record<string, unknown>>, asserts: readonly z.infer<typeof assertion>[]): { question: string; grader: unknown } | string {
  if (/\{%|\{#/.test(prompt)) return 'the prompt has template statements; only {{name}} is filled in'
  let fault: string | undefined
  const filled = (text: string): string =>
    text.replace(/\{\{\s*([^{}]*?)\s*\}\}/g, (_whole, name: string) => {
      const value = Object.hasOwn(vars, name) ? vars[name] : undefined
      if (!/^[A-Za-z_]\w*$/.test(name)) fault ??= `{{${name}}} is more than a name`
      else if (value === undefined) fault ??= `there is no variable ${name}`
      else if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') fault ??= `the variable ${name} is no plain value`
      else if (typeof value === 'string' && value.startsWith('file://')) fault ??= `the variable ${name} lies in another file`
      return String(value)
    })
  const question = filled(prompt)
  const grader = graderOf(asserts.map(({ type, value }) => ({ type, value: typeof value === 'string' ? filled(value) : value })))
  return fault ?? (typeof grader === 'string' ? grader : { question, grader: grader.spec })
}

function parseFile(text: string): unknown {
  try {
    return parseYaml(text)
  } catch (cause) {
    throw new WeighbridgeError('probes_unreadable', `The file is not valid YAML: ${cause instanceof Error ? cause.message.split('\n')[0] : 'unknown'}`, { cause, remedy: 'Correct it at that line.' })
  }
}
