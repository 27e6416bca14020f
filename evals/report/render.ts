// A report as text: aligned columns for a terminal, Markdown for a pull request or a step summary. Pure.
import { blocksOf, type BlockOptions } from './blocks.ts'
import type { Report } from './report.ts'

/** A step summary larger than this is refused by GitHub (1 MiB); ours stays well below. */
const MOST_MARKDOWN = 900_000

/** The report as Markdown; `mark` stands before everything, e.g. to find the comment again. */
export function renderMarkdown(report: Report, options: BlockOptions, mark = ''): string {
  const lines = [...(mark === '' ? [] : [mark]), `# Eval run ${report.runId}`, '']
  for (const block of blocksOf(report, options)) {
    lines.push(`## ${escaped(block.heading)}`, '')
    if (block.head.length > 0) lines.push(row(block.head), `|${block.head.map(() => '---').join('|')}|`, ...block.rows.map(row), '')
    for (const note of block.notes) lines.push(`- ${escaped(note)}`)
    if (block.notes.length > 0) lines.push('')
  }
  const text = lines.join('\n')
  return text.length <= MOST_MARKDOWN ? text : `${text.slice(0, MOST_MARKDOWN)}\n\n… cut: the report is longer than a summary may be.\n`
}

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => escaped(cell).replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ')).join(' | ')} |`

/** Nothing of a name or an answer is markup. */
const escaped = (text: string): string => text.replaceAll('<', '&lt;').replaceAll('>', '&gt;')

/** The report for a terminal; `table` aligns head and rows. */
export function renderTerminal(report: Report, options: BlockOptions, table: (head: readonly string[], rows: readonly (readonly string[])[]) => string): string {
  const lines = [`Eval run ${report.runId}`, '']
  for (const block of blocksOf(report, options)) lines.push(block.heading, '', ...(block.head.length > 0 ? [table(block.head, block.rows)] : []), ...block.notes.map((note) => `  ${note}`), '')
  // Names and answers come from outside: nothing in them commands the terminal.
  return lines.join('\n').replaceAll(/[^\P{Cc}\n]/gu, '')
}
