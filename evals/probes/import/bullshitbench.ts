// BullshitBench questions, v1 and v2 (petergpt/bullshit-benchmark: `{techniques: [{technique, questions: […]}]}`), or a plain array
// of its questions, controls among them.
import { z } from 'zod'
import { WeighbridgeError } from '../../../core/errors.ts'
import { schemaFaults } from '../../../core/schema-faults.ts'
import { present, type Draft, type DraftRow, type Importer, type RowFault } from './draft.ts'
import { parseJson } from './parse-json.ts'

const question = z.looseObject({
  id: z.string().min(1),
  question: z.string().min(1),
  nonsensical_element: z.string().min(1),
  domain: z.string().min(1),
  domain_group: z.string().min(1).optional(),
  technique: z.string().min(1).optional(),
  is_control: z.boolean().optional(),
  source: z.string().optional(),
})
const techniques = z.looseObject({ techniques: z.array(z.looseObject({ technique: z.string().min(1), questions: z.array(z.unknown()) })), controls: z.array(z.unknown()).optional() })
const TAKEN = new Set(['id', 'question', 'nonsensical_element', 'domain', 'domain_group', 'technique', 'is_control', 'source'])

export const bullshitbench: Importer = {
  title: 'BullshitBench',
  licence: 'MIT',
  source: 'petergpt/bullshit-benchmark',
  read(text): Draft {
    const file = parseJson(text)
    if (Array.isArray(file)) return draftOf(file.map((one: unknown, at) => ({ where: `[${at}]`, one, technique: undefined, control: false })))
    const parsed = techniques.safeParse(file)
    if (!parsed.success) throw new WeighbridgeError('probes_unreadable', `The file is no BullshitBench question file: ${schemaFaults(parsed.error)[0]}`, { remedy: 'Take questions.json or questions.v2.json of that repository.' })
    return draftOf([
      ...parsed.data.techniques.flatMap(({ technique, questions }, i) => questions.map((one, at) => ({ where: `techniques[${i}].questions[${at}]`, one, technique, control: false }))),
      ...(parsed.data.controls ?? []).map((one, at) => ({ where: `controls[${at}]`, one, technique: undefined, control: true })),
    ])
  },
}

type Found = { readonly where: string; readonly one: unknown; readonly technique: string | undefined; readonly control: boolean }

function draftOf(found: readonly Found[]): Draft {
  const rows: DraftRow[] = []
  const faults: RowFault[] = []
  const left = new Set<string>()
  for (const { where, one, technique, control } of found) {
    const parsed = question.safeParse(one)
    if (!parsed.success) {
      faults.push(...schemaFaults(parsed.error).map((message) => ({ where, message })))
      continue
    }
    const { data } = parsed
    for (const name of Object.keys(data)) if (!TAKEN.has(name)) left.add(`member ${name}`)
    const isControl = control || data.is_control === true
    const shared = { id: data.id, domain: data.domain_group ?? data.domain, question: data.question, explanation: data.nonsensical_element, source: data.source }
    rows.push({ where, row: present(isControl ? { ...shared, kind: 'control' } : { ...shared, kind: 'nonsense', technique: data.technique ?? technique }) })
  }
  return { rows, faults, leftOut: [...left] }
}
