// A recommendation as the admin routes answer it, and as text for a terminal.
import { z } from 'zod'
import type { Terminal } from './command.ts'
import { paint, percent } from './output.ts'

const shares = z.record(z.string(), z.number())
const taskAdvice = z.looseObject({ task: z.string(), verdict: z.string(), headline: z.string(), rule: z.string(), reasons: z.array(z.string()), before: shares, after: shares })
/** What the command line needs of a recommendation. */
export const recommendationSchema = z.looseObject({ id: z.string(), parent: z.number(), simulated: z.boolean(), expires_at: z.string(), tasks: z.array(taskAdvice) })

/** The recommendation as text: the headline of every task, its shares before and after, its reasons. */
export function recommendationText(terminal: Terminal, advice: z.infer<typeof recommendationSchema>, reasons: boolean): string {
  const lines: string[] = [`Recommendation ${advice.id} on version ${advice.parent}${advice.simulated ? paint(terminal, 'yellow', '  SIMULATED evidence') : ''}`, '']
  for (const task of advice.tasks) {
    lines.push(paint(terminal, 'bold', task.verdict === 'move' ? task.headline : `${task.task}: ${task.headline}`))
    if (task.verdict === 'move') {
      const targets = [...new Set([...Object.keys(task.after), ...Object.keys(task.before)])]
      lines.push(`  ${targets.map((target) => `${target} ${percent(task.before[target] ?? 0)} → ${percent(task.after[target] ?? 0)}`).join(' · ')}`)
    }
    if (reasons) for (const reason of task.reasons) lines.push(`  – ${reason}`)
    lines.push('')
  }
  if (advice.tasks.some((task) => task.verdict === 'move')) lines.push(`Apply: weighbridge routes apply · valid until ${advice.expires_at}`, '')
  return lines.join('\n')
}
