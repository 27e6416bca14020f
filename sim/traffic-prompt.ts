// How a traffic row becomes a prompt and how the sim finds the row in it again: a document of the wanted size may stand
// before the question. Pure; the same row always gives the same text, so that prompt caches have something to find.
import type { TrafficRow } from './bank.ts'
import { tokensOf } from './behaviour/tokens.ts'

const OPEN = '<document>\n'
const CLOSE = '\n</document>\n\n'

const PARAGRAPHS = [
  'The working group met twice in the period under review. Minutes were circulated within three days and two corrections were made.',
  'Deliveries from the northern depot arrived on time in all but four cases; in each of these the carrier had given notice.',
  'Access to the archive is granted on written request. Copies may be made on the premises, originals do not leave the building.',
  'The committee took note of the figures and asked for a breakdown by site, to be presented at the next meeting.',
  'Equipment older than eight years is listed in the annex together with the year of purchase and the date of its last inspection.',
  'Staff who change departments keep their entitlements. The receiving department carries the cost from the first full month.',
  'A second reading showed that the draft repeats the wording of the earlier agreement, apart from the clause on notice.',
  'Comments were received from eleven members. Nine of them agree with the proposal, two ask for a longer transition.',
] as const

/** The user message of a row: its prompt, after a document of about `pad_tokens` tokens when it asks for one. */
export function textOf(row: TrafficRow): string {
  if (row.pad_tokens === undefined) return row.prompt
  const lines: string[] = []
  for (let tokens = 0, i = 0; tokens < row.pad_tokens; i += 1) {
    const line = `${row.id} §${i + 1}. ${PARAGRAPHS[(i * 5 + Math.floor(i / PARAGRAPHS.length)) % PARAGRAPHS.length] ?? PARAGRAPHS[0]}`
    lines.push(line)
    tokens += tokensOf(`${line}\n`)
  }
  return `${OPEN}${lines.join('\n')}${CLOSE}${row.prompt}`
}

/** The prompt of a user message: what follows its document, or all of it when it has none. */
export function promptOf(text: string): string {
  const end = text.startsWith(OPEN) ? text.lastIndexOf(CLOSE) : -1
  return end === -1 ? text : text.slice(end + CLOSE.length)
}
