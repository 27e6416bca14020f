// From candidates to a review file, and from a reviewed file to a suite. A person decides what becomes a probe and what makes an
// answer right; nothing harvested is asked of anybody before that. Pure.
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import { contentHash } from '../../core/hash.ts'
import { jsonOf } from '../../core/json.ts'
import type { harvestCandidates } from '../../store/queries/harvest.ts'
import { taskGraderSchema, taskProbeSchema, type TaskProbe } from '../probes/task-probe.ts'
import { readAnswer, readPrompt } from './read-content.ts'
import type { Redactor } from './redact.ts'

export type Candidate = z.output<(typeof harvestCandidates)['row']>

/** What a draft's grader says until a person has written one. */
export const UNWRITTEN = 'WRITE HERE what makes an answer right'

const draft = z.strictObject({
  /** true: becomes a probe. */
  keep: z.boolean(),
  id: z.string(),
  why: z.array(z.string()),
  domain: z.string(),
  question: z.string(),
  system: z.string().optional(),
  grader: taskGraderSchema,
  difficulty: z.enum(['easy', 'medium', 'hard']).optional(),
  /** As it was given then, for the reviewer alone. */
  answer_given: z.string(),
  redacted: z.record(z.string(), z.number()),
  notes: z.array(z.string()),
  trace_id: z.string(),
})
export type Draft = z.infer<typeof draft>

export type Harvest = { readonly drafts: readonly Draft[]; /** Why candidates were left out, with how many. */ readonly left: Readonly<Record<string, number>> }

/** Makes drafts: redacted, one per question, with a grader still to be written. */
export function draftsOf(candidates: readonly Candidate[], redact: Redactor): Harvest {
  const left: Record<string, number> = {}
  const leave = (why: string): void => void (left[why] = (left[why] ?? 0) + 1)
  const seen = new Set<string>()
  const drafts: Draft[] = []
  for (const candidate of candidates) {
    if (candidate.prompt === '') {
      leave('no text of it was kept')
      continue
    }
    const asked = readPrompt(candidate.prompt)
    if (typeof asked === 'string') {
      leave(asked)
      continue
    }
    const question = redact(asked.question)
    const system = asked.system === undefined ? undefined : redact(asked.system)
    const answer = redact(readAnswer(candidate.answer))
    // The same question asked again is one probe: a retry repeats it by definition.
    const alike = contentHash(question.text.toLowerCase().replace(/\s+/g, ' ').trim())
    if (seen.has(alike)) {
      leave('the same question stands above')
      continue
    }
    seen.add(alike)
    drafts.push({
      keep: false,
      id: `h-${alike.slice(0, 10)}`,
      why: reasons(candidate),
      domain: candidate.task === '' ? 'general' : candidate.task,
      question: question.text,
      ...(system === undefined ? {} : { system: system.text }),
      grader: { type: 'rubric', criteria: [UNWRITTEN] },
      answer_given: answer.text,
      redacted: added(question.found, system?.found ?? {}, answer.found),
      notes: [...(asked.turns > 1 ? [`a conversation of ${asked.turns} turns, as one question`] : []), ...(candidate.truncated ? ['the captured text was cut: check that the question is whole'] : []), `answered by ${candidate.target}`],
      trace_id: candidate.trace_id,
    })
  }
  return { drafts, left }
}

function reasons(candidate: Candidate): string[] {
  return [candidate.disputed ? 'disputed' : '', candidate.edited ? 'edited' : '', candidate.retried ? 'retried' : '', candidate.expensive ? 'expensive' : ''].filter((reason) => reason !== '')
}

function added(...counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {}
  for (const count of counts) for (const [kind, n] of Object.entries(count)) total[kind] = (total[kind] ?? 0) + n
  return total
}

/** The probes of a reviewed file. Throws `suite_invalid` with the line for a row that is not whole, or kept with an unwritten grader. */
export function acceptReview(text: string, path: string): TaskProbe[] {
  const probes: TaskProbe[] = []
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue
    const where = `${path}:${index + 1}`
    const parsed = draft.safeParse(jsonOf(line))
    if (!parsed.success) throw new WeighbridgeError('suite_invalid', `${where}: ${parsed.error.issues[0]?.path.join('.') || 'row'}: ${parsed.error.issues[0]?.message}`, { remedy: 'Change keep, question, system, grader, domain and difficulty; leave the rest as it is.' })
    if (!parsed.data.keep) continue
    if (JSON.stringify(parsed.data.grader).includes(UNWRITTEN)) throw new WeighbridgeError('suite_invalid', `${where}: it is kept, but its grader is still to be written`, { remedy: 'Say what makes an answer right: criteria of a rubric, or exact, contains, regex or number.' })
    const { id, domain, question, system, grader, difficulty, trace_id: trace } = parsed.data
    probes.push(taskProbeSchema.parse({ id, kind: 'task', domain, question, system, grader, difficulty, source: `own traffic, call ${trace.slice(0, 12)}` }))
  }
  if (probes.length === 0) throw new WeighbridgeError('suite_invalid', `${path} keeps no row`, { remedy: 'Set "keep": true on the rows that should become probes.' })
  return probes
}

/** The suite's two files. */
export function suiteFiles(name: string, probes: readonly TaskProbe[]): { readonly suite: string; readonly probes: string } {
  return {
    suite: `name: ${name}\nversion: 1\ntitle: ${name}\ndescription: Questions of our own traffic, harvested and reviewed.\nkinds: [task]\n`,
    probes: probes.map((probe) => `${JSON.stringify(probe)}\n`).join(''),
  }
}
