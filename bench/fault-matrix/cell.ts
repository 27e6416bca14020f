// Tries one cell as a client would and says what came of it: the bytes are read strictly (judge.ts) and held against the words
// each target is known to say, so that a cut or a splice cannot pass for an answer.
import { request } from 'undici'
import { bodyOf, SURFACES } from './asking.ts'
import { judgeStream, judgeWhole, type Judgement } from './judge.ts'
import type { Cell } from './rows.ts'
import { DEADLINES, type MatrixWorld, type Words } from './world.ts'

/**
 * What the client got. `next`: the whole answer of the next link; `own`: that of the failing target itself; `declined`: an
 * answer that says it was refused or filtered; `empty`: a whole answer that has no content, as the provider gave it; `given`: a
 * whole answer whose content is as bad as the provider made it; `unsaid`: all the words and a proper end, but no reason for it;
 * `error`: an honest error in the surface's form, before (`status`) or inside the stream. The others are hard failures.
 */
export type Verdict = 'next' | 'own' | 'declined' | 'empty' | 'given' | 'unsaid' | 'error' | 'truncated' | 'spliced' | 'altered' | 'malformed' | 'broken' | 'hang'
export const HARD: ReadonlySet<Verdict> = new Set<Verdict>(['truncated', 'spliced', 'altered', 'malformed', 'broken', 'hang'])

export type Outcome = {
  readonly cell: Cell
  readonly verdict: Verdict
  /** HTTP status; `undefined`: no answer at all. */
  readonly status: number | undefined
  /** Whether the error was told inside a stream that had begun. */
  readonly inStream: boolean
  /** Attempts that the router says it made. */
  readonly attempts: number | undefined
  readonly traceId: string | undefined
  readonly ms: number
  /** For a person: what was wrong. */
  readonly detail: string
}

/** Beyond this the router has missed its own deadlines: one attempt may run to its last, the next may take its first, and the machine may be slow. */
export const HANG_MS = DEADLINES.total + DEADLINES.connect + DEADLINES.first + 1_500

/** Faults whose answers may be whole and still not the words: what was asked of the model it did not do. */
const CONTENT_FAULTS = new Set(['schema_violation', 'schema_not_json', 'tool_arguments_broken'])
/** What the three bytes of `invalid_utf8` look like to a reader. */
const DAMAGE = /\uFFFD\(\uFFFD/

/** Runs a cell. Never throws for what the router does. */
export async function runCell(world: MatrixWorld, cell: Cell): Promise<Outcome> {
  const wire = SURFACES[cell.surface]
  const { path, body } = bodyOf(wire, `task:m-${cell.id}`, cell.stream, cell.row.kind)
  const patience = AbortSignal.timeout(HANG_MS)
  const startMs = performance.now()
  const chunks: Buffer[] = []
  let status: number | undefined
  let headers: Record<string, string | string[] | undefined> = {}
  let end: 'clean' | 'broken' | 'hang' = 'clean'
  try {
    const answer = await request(`${world.running.router.url}${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal: patience })
    status = answer.statusCode
    headers = answer.headers
    for await (const chunk of answer.body as AsyncIterable<Buffer>) chunks.push(chunk)
  } catch {
    end = patience.aborted ? 'hang' : 'broken'
  }
  const text = Buffer.concat(chunks).toString('utf8')
  const ms = performance.now() - startMs
  const streamed = cell.stream && status === 200
  const judged = streamed ? judgeStream(wire, text) : judgeWhole(wire, text)
  const { verdict, detail } = verdictOf({ cell, status, end, judged, streamed, faulty: world.faulty, healthy: world.healthy })
  return { cell, verdict, status, inStream: streamed && judged.error !== undefined, attempts: numberOf(headers['x-weighbridge-attempts']), traceId: textOf(headers['x-weighbridge-trace-id']), ms, detail }
}

/** What a verdict rests on. */
export type Evidence = { readonly cell: Pick<Cell, 'row'>; readonly status: number | undefined; readonly end: 'clean' | 'broken' | 'hang'; readonly judged: Judgement; readonly streamed: boolean; readonly faulty: Words; readonly healthy: Words }

/** Judges a cell. The order matters: a splice is the worst, however it ended. */
export function verdictOf({ cell, status, end, judged, streamed, faulty, healthy }: Evidence): { verdict: Verdict; detail: string } {
  const { kind, name } = cell.row
  const said = kind === 'tool' && judged.calls.length > 0 ? judged.calls.join(' ') : judged.text
  const show = `${said.length} characters, finish ${judged.finish ?? 'none'}, error ${judged.error ?? 'none'}${judged.malformed === undefined ? '' : `, ${judged.malformed}`}`
  if (mixes(said)) return { verdict: 'spliced', detail: show }
  if (end === 'hang') return { verdict: 'hang', detail: show }
  if (status === undefined) return { verdict: 'broken', detail: 'no answer' }
  if (status !== 200) return judged.error === undefined ? { verdict: 'malformed', detail: `status ${status} without an error` } : { verdict: 'error', detail: judged.error }
  // An error told inside a stream is honest however much came before it.
  if (judged.error !== undefined && judged.malformed === undefined) return { verdict: 'error', detail: judged.error }
  if (end === 'broken') return { verdict: 'broken', detail: show }
  const damaged = name === 'invalid_utf8' && [faulty[kind], healthy[kind]].includes(said.replace(DAMAGE, ''))
  if (judged.malformed !== undefined && !damaged) return { verdict: 'malformed', detail: show }
  const words = said === healthy[kind] ? 'next' : said === faulty[kind] ? 'own' : undefined
  if (!judged.complete && !damaged) {
    // All the words, and a proper end that nobody explained: nothing is missing, though nobody says so.
    if (judged.ended && words !== undefined && !UNFINISHED.test(judged.status ?? '')) return { verdict: 'unsaid', detail: show }
    return { verdict: streamed ? 'truncated' : 'malformed', detail: show }
  }
  if (words !== undefined) return { verdict: words, detail: show }
  if (judged.refusal !== '' || DECLINED.has(judged.finish ?? '')) return { verdict: 'declined', detail: show }
  if (said === '' && name === 'empty_answer') return { verdict: 'empty', detail: show }
  if (damaged || CONTENT_FAULTS.has(name)) return { verdict: 'given', detail: show }
  const part = faulty[kind].startsWith(said) || healthy[kind].startsWith(said)
  return { verdict: part ? 'truncated' : 'altered', detail: show }
}

/** Finish reasons by which a surface says that the answer was cut or withheld on purpose. */
const DECLINED = new Set(['content_filter', 'refusal', 'incomplete'])

/** A status that claims the answer is still being made. */
const UNFINISHED = /^(queued|in_progress)$/

/** Words of both targets in one answer. */
function mixes(text: string): boolean {
  return text.includes('alpha-') && text.includes('beta-')
}

function textOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

function numberOf(value: string | string[] | undefined): number | undefined {
  const number = Number(textOf(value))
  return Number.isInteger(number) && number > 0 ? number : undefined
}
