// From a file of someone else's format to a suite of ours: read, check every row, and write `suite.yaml` and `probes.jsonl` only when
// all is well or a person said to leave the bad rows out. The written suite is loaded again before it counts.
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { stringify } from 'yaml'
import { WeighbridgeError } from '../../../core/errors.ts'
import { loadSuite, readProbe, type Probe, type ProbeSuite } from '../load.ts'
import { bullshitbench } from './bullshitbench.ts'
import type { Importer, RowFault } from './draft.ts'
import { jsonl } from './jsonl.ts'
import { promptfoo } from './promptfoo.ts'
import { omniscience, simpleqa, truthfulqa } from './question-sets.ts'

/** Importers by the name a command takes. */
export const IMPORTERS = { bullshitbench, simpleqa, omniscience, truthfulqa, promptfoo, jsonl } as const satisfies Record<string, Importer>
export type ImportFormat = keyof typeof IMPORTERS

export type ImportRequest = {
  readonly format: ImportFormat
  readonly text: string
  /** Of the file that was read; for the record. */
  readonly fileName: string
  readonly outDir: string
  readonly name: string | undefined
  readonly licence: string | undefined
  readonly source: string | undefined
  /** Leave faulty rows out instead of refusing the file. */
  readonly skipBad: boolean
  /** Write into a folder that holds files already. */
  readonly force: boolean
}

export type ImportResult = { readonly suite: ProbeSuite; readonly faults: readonly RowFault[]; readonly leftOut: readonly string[] }

const MOST_NAMED = 20

/** Imports. Throws `probes_unreadable` with every faulty row in its details, or `usage` when the folder is taken. */
export async function importSuite(request: ImportRequest): Promise<ImportResult> {
  const importer: Importer = IMPORTERS[request.format]
  const draft = importer.read(request.text)
  const { probes, faults } = check(draft.rows)
  const all = [...draft.faults, ...faults]
  if (probes.length === 0 || (all.length > 0 && !request.skipBad)) throw refusal(all, draft.rows.length + draft.faults.length)
  await refuseTaken(request.outDir, request.force)
  const licence = request.licence ?? importer.licence
  const source = request.source ?? importer.source
  const head = {
    name: request.name ?? basename(request.outDir),
    version: 1,
    title: importer.title,
    description: `Imported from ${request.fileName} (${request.format}); ${probes.length} probes${all.length > 0 ? `, ${all.length} faulty rows left out` : ''}.`,
    licence: licence ?? 'not stated',
    source: source ?? request.fileName,
    kinds: [...new Set(probes.map((probe) => probe.kind))].sort(),
    ...(probes.some((probe) => probe.kind === 'task') ? { graders: [...new Set(probes.flatMap((probe) => (probe.kind === 'task' ? [probe.grader.type] : [])))].sort() } : {}),
    ...(draft.instructions === undefined ? {} : { instructions: draft.instructions }),
  }
  await mkdir(request.outDir, { recursive: true })
  await writeFile(join(request.outDir, 'probes.jsonl'), probes.map((probe) => `${JSON.stringify(probe)}\n`).join(''))
  await writeFile(join(request.outDir, 'suite.yaml'), stringify(head, { lineWidth: 120 }))
  return { suite: await loadSuite(request.outDir), faults: all, leftOut: draft.leftOut }
}

function check(rows: readonly { where: string; row: unknown }[]): { probes: Probe[]; faults: RowFault[] } {
  const probes: Probe[] = []
  const faults: RowFault[] = []
  const seen = new Map<string, string>()
  for (const { where, row } of rows) {
    const read = readProbe(row)
    if ('faults' in read) {
      faults.push(...read.faults.map((message) => ({ where, message })))
      continue
    }
    const first = seen.get(read.probe.id)
    if (first !== undefined) faults.push({ where, message: `the id ${read.probe.id} stands at ${first} already` })
    else {
      seen.set(read.probe.id, where)
      probes.push(read.probe)
    }
  }
  return { probes, faults }
}

function refusal(faults: readonly RowFault[], rows: number): WeighbridgeError {
  const shown = faults.slice(0, MOST_NAMED).map(({ where, message }) => `${where}: ${message}`)
  const more = faults.length > MOST_NAMED ? `\n  … and ${faults.length - MOST_NAMED} more` : ''
  return new WeighbridgeError('probes_unreadable', faults.length === 0 ? 'The file holds no rows' : `${faults.length} faults in ${rows} rows:\n  ${shown.join('\n  ')}${more}`, { details: { faults } })
}

async function refuseTaken(outDir: string, force: boolean): Promise<void> {
  const taken = await readdir(outDir).catch(() => [])
  if (taken.length > 0 && !force) throw new WeighbridgeError('usage', `${outDir} holds files already`, { remedy: 'Choose another --out, or pass --force to write over the suite there.' })
}
