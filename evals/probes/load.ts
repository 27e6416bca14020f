// Reads a suite from its folder (`suite.yaml` + `probes.jsonl`) and checks every row, so that a run never meets a probe
// it cannot ask or grade. A fault names its file and line.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { join, resolve } from 'node:path'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import { contentHash } from '../../core/hash.ts'
import { schemaFaults } from '../../core/schema-faults.ts'
import { commonFields } from './common-fields.ts'
import { askedQuestion, fileNameSchema, GRADER_TYPES, taskProbeSchema, type TaskGraderSpec } from './task-probe.ts'

const nonsense = z.strictObject({ ...commonFields, kind: z.literal('nonsense'), technique: z.string().min(1), explanation: z.string().min(1) })
const control = z.strictObject({ ...commonFields, kind: z.literal('control'), pair: z.string().optional(), technique: z.string().optional(), explanation: z.string().optional() })
const answerable = z.strictObject({
  ...commonFields,
  kind: z.literal('factual'),
  unanswerable: z.literal(false).optional(),
  answer: z.string().min(1),
  answer_type: z.enum(['number', 'date', 'text', 'name']).default('text'),
  aliases: z.array(z.string().min(1)).optional(),
  tolerance: z.number().min(0).max(1).optional(),
  unit: z.string().optional(),
})
const unanswerable = z.strictObject({ ...commonFields, kind: z.literal('factual'), unanswerable: z.literal(true), technique: z.string().min(1), explanation: z.string().min(1) })

/** One eval question with what a grader needs to judge an answer to it. */
export type Probe = z.infer<typeof nonsense | typeof control | typeof unanswerable | typeof answerable | typeof taskProbeSchema>
/** Refuses a row whose kind is none of ours, in words that name them. */
const unknownKind: z.ZodType<Probe> = z.looseObject({ kind: z.enum(['nonsense', 'control', 'factual', 'task']) }).transform((_row, context) => {
  context.addIssue('kind must be nonsense, control, factual or task')
  return z.NEVER
})

const suiteFileSchema = z.strictObject({
  name: z.string().min(1),
  version: z.number().int().positive(),
  title: z.string().optional(),
  description: z.string().optional(),
  licence: z.string().optional(),
  source: z.string().optional(),
  kinds: z.array(z.enum(['nonsense', 'control', 'factual', 'task'])).min(1),
  graders: z.array(z.enum(GRADER_TYPES)).min(1).optional(),
  instructions: z.string().optional(),
  files: z.record(z.string().min(1), z.string().min(1)).optional(),
  private: z.boolean().optional(),
})

/** A set of probes under one name. */
export type ProbeSuite = {
  readonly name: string
  readonly version: number
  readonly title: string
  /** System prompt of every probe; `undefined`: none. */
  readonly instructions: string | undefined
  /** Terms and origin of its questions, as `suite.yaml` says; `undefined`: not said. */
  readonly licence: string | undefined
  readonly source: string | undefined
  /** Graders of its task probes; empty where all probes are of the three older kinds. */
  readonly graders: readonly TaskGraderSpec['type'][]
  /** Meant to be kept out of every repository. */
  readonly private: boolean
  /** Made from templates: its probes share their frames by design. */
  readonly generated: boolean
  readonly probes: readonly Probe[]
  /** Content hash over instructions and probes: results of different hashes are not the same sample. */
  readonly hash: string
}

/** Names of the suites that ship with the product, usable as `builtin:NAME`. */
export const BUILT_IN_SUITES = ['nonsense', 'factual', 'code', 'extraction'] as const

/** The folder a suite's configured path means; relative paths count from the config file's folder. */
export function suiteFolder(path: string, configDir: string): string {
  return path.startsWith('builtin:') ? fileURLToPath(new URL(`./${path.slice('builtin:'.length)}/`, import.meta.url)) : resolve(configDir, path)
}

/** Loads a suite. Throws `suite_invalid` with file and line when anything in it is wrong or missing. */
export async function loadSuite(folder: string): Promise<ProbeSuite> {
  const suitePath = join(folder, 'suite.yaml')
  const probesPath = join(folder, 'probes.jsonl')
  const head = suiteFileSchema.safeParse(parseYamlFile(await readText(suitePath), suitePath))
  if (!head.success) throw invalid(suitePath, head.error)
  const shared = await readShared(folder, head.data.files ?? {}, suitePath)
  const probes = parseProbes(await readText(probesPath), probesPath).map((probe) => asAsked(probe, shared))
  for (const probe of probes) {
    if (!head.data.kinds.includes(probe.kind)) throw new WeighbridgeError('suite_invalid', `${probesPath}: probe ${probe.id} is of kind ${probe.kind}, which suite.yaml does not list`)
    if (probe.kind === 'task' && head.data.graders?.includes(probe.grader.type) === false) throw new WeighbridgeError('suite_invalid', `${probesPath}: probe ${probe.id} has the grader ${probe.grader.type}, which suite.yaml does not list`)
  }
  return makeSuite(head.data, probes)
}

/** A suite of probes that are ready to be asked, with its hash. */
export function makeSuite(head: Pick<z.infer<typeof suiteFileSchema>, 'name' | 'version' | 'title' | 'instructions' | 'licence' | 'source' | 'private'> & { readonly generated?: boolean }, probes: readonly Probe[]): ProbeSuite {
  const { name, version, title, instructions, licence, source } = head
  const graders = [...new Set(probes.flatMap((probe) => (probe.kind === 'task' ? [probe.grader.type] : [])))].sort()
  return { name, version, title: title ?? name, instructions, licence, source, graders, private: head.private === true, generated: head.generated === true, probes, hash: contentHash({ instructions, probes }) }
}

/** A task probe with what its row leaves to the suite: the schema in its question, the files its checks share. */
function asAsked(probe: Probe, shared: Readonly<Record<string, string>>): Probe {
  if (probe.kind !== 'task') return probe
  const grader = probe.grader.type === 'command' ? { ...probe.grader, files: { ...shared, ...probe.grader.files } } : probe.grader
  return { ...probe, question: askedQuestion(probe.question, grader), grader }
}

/** The texts of `files:`, name in the check's folder → text. */
async function readShared(folder: string, files: Readonly<Record<string, string>>, suitePath: string): Promise<Record<string, string>> {
  const texts = Object.entries(files).map(async ([name, path]) => {
    for (const one of [name, path]) if (!fileNameSchema.safeParse(one).success) throw new WeighbridgeError('suite_invalid', `${suitePath}: files: "${one}" must be a plain relative path inside the suite`)
    return [name, await readText(join(folder, path))] as const
  })
  return Object.fromEntries(await Promise.all(texts))
}

/** Parses the rows of a probes file. Throws `suite_invalid` naming the line. */
export function parseProbes(text: string, path: string): Probe[] {
  const probes: Probe[] = []
  const seen = new Set<string>()
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const where = `${path}:${index + 1}`
    let row: unknown
    try {
      row = JSON.parse(line)
    } catch (cause) {
      throw new WeighbridgeError('suite_invalid', `${where} is not JSON`, { cause })
    }
    const parsed = schemaFor(row).safeParse(row)
    if (!parsed.success) throw invalid(where, parsed.error)
    if (seen.has(parsed.data.id)) throw new WeighbridgeError('suite_invalid', `${where}: the id ${parsed.data.id} stands twice`)
    seen.add(parsed.data.id)
    probes.push(parsed.data)
  }
  if (probes.length === 0) throw new WeighbridgeError('suite_invalid', `${path} holds no probes`)
  return probes
}

/** One row as a probe, or what is wrong with it, a line per fault. */
export function readProbe(row: unknown): { readonly probe: Probe } | { readonly faults: readonly string[] } {
  const parsed = schemaFor(row).safeParse(row)
  return parsed.success ? { probe: parsed.data } : { faults: schemaFaults(parsed.error) }
}

/** The one schema a row claims to follow, so that its faults are named and not those of the other kinds. */
function schemaFor(row: unknown): z.ZodType<Probe> {
  const claim = z.looseObject({ kind: z.string(), unanswerable: z.boolean() }).partial().safeParse(row)
  const kind = claim.success ? claim.data.kind : undefined
  if (kind === 'nonsense') return nonsense
  if (kind === 'control') return control
  if (kind === 'factual') return claim.data?.unanswerable === true ? unanswerable : answerable
  return kind === 'task' ? taskProbeSchema : unknownKind
}

function parseYamlFile(text: string, path: string): unknown {
  try {
    return parseYaml(text)
  } catch (cause) {
    throw new WeighbridgeError('suite_invalid', `${path} is not valid YAML`, { cause })
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new WeighbridgeError('suite_invalid', `${path} cannot be read`, { cause, remedy: 'A suite is a folder with suite.yaml and probes.jsonl; check the path in config.' })
  }
}

function invalid(where: string, error: z.ZodError): WeighbridgeError {
  return new WeighbridgeError('suite_invalid', `${where}: ${schemaFaults(error)[0] ?? 'is not valid'}`)
}
