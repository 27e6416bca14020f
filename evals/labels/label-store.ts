// What people said of answers, kept beside the runs: one JSON line per label, fsynced before it counts. The collector gets a copy;
// this file is what reports read, so that labelling works with everything else down.
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import { jsonOf } from '../../core/json.ts'
import type { GivenLabel } from '../report/labels.ts'

const stored = z.object({
  id: z.string(),
  at_ms: z.number(),
  run: z.string(),
  /** `trialKey` of the answer. */
  key: z.string(),
  label: z.string(),
  by: z.string(),
  via: z.enum(['terminal', 'web', 'import']),
  note: z.string().default(''),
})
export type StoredLabel = z.infer<typeof stored>

const FILE = 'labels.jsonl'

/** Keeps a label; resolves once it is on disk. */
export async function storeLabels(evalsDir: string, labels: readonly StoredLabel[]): Promise<void> {
  if (labels.length === 0) return
  await mkdir(evalsDir, { recursive: true })
  const file = await open(join(evalsDir, FILE), 'a')
  try {
    await file.appendFile(labels.map((label) => `${JSON.stringify(label)}\n`).join(''))
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** All labels of a run, oldest first. A torn last line is left out; a line that is no label is `suite_invalid`. */
export async function readLabels(evalsDir: string, run: string): Promise<StoredLabel[]> {
  const path = join(evalsDir, FILE)
  const text = await readFile(path, 'utf8').catch(() => '')
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  return whole
    .split('\n')
    .map((line, index) => ({ line, number: index + 1 }))
    .filter(({ line }) => line !== '')
    .map(({ line, number }) => {
      const parsed = stored.safeParse(jsonOf(line))
      if (!parsed.success) throw new WeighbridgeError('suite_invalid', `${path}:${number} is no label: ${parsed.error.issues[0]?.message}`, { remedy: 'Take the line out of the file.' })
      return parsed.data
    })
    .filter((label) => label.run === run)
}

/** As reports take them. */
export const asGiven = ({ key, label, by, at_ms: atMs }: StoredLabel): GivenLabel => ({ key, label, by, atMs })
