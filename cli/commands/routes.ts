// `weighbridge routes …` and `learn`: asks the running router's admin routes, which own the state and hold the lease.
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import { EXIT, type Arguments, type Command, type Options, type Terminal } from '../command.ts'
import { routerClient } from '../compose/router-client.ts'
import { paint, percent, printable, table } from '../output.ts'
import { recommendationSchema } from '../../evals/learn/recommendation.ts'
import { renderMarkdown, renderText } from '../../evals/learn/render.ts'

const URL_OPTION = { url: { type: 'string', meaning: 'Address of the router (default: the one running here)', value: 'URL' } } as const satisfies Options

const shares = z.record(z.string(), z.number())
const shown = z.looseObject({
  current: z.looseObject({ version: z.number(), rule: z.string(), author: z.string(), created_at: z.string() }).nullable(),
  tasks: z.array(
    z.looseObject({ task: z.string(), source: z.enum(['table', 'config']), note: z.string().nullable(), weights: shares, configured: shares, excluded: z.record(z.string(), z.string()), simulated: z.boolean() }),
  ),
})
const versions = z.looseObject({
  versions: z.array(z.looseObject({ version: z.number(), parent: z.number(), published_at: z.string(), action: z.string(), rule: z.string(), author: z.string(), simulated: z.boolean(), tasks: z.record(z.string(), shares) })),
})
const published = z.looseObject({ version: z.number() })

export const show: Command = {
  name: 'routes show',
  summary: 'Show the weights in force per task, and where each comes from.',
  options: URL_OPTION,
  run: async (terminal, args) => {
    const answer = await routerClient(terminal, args).get('/admin/routes', shown)
    if (args.flag('json')) return printJson(terminal, answer)
    terminal.out(answer.current === null ? 'No table published: configured weights.\n\n' : `Version ${answer.current.version} of ${answer.current.created_at} by ${answer.current.author}: ${answer.current.rule}\n\n`)
    const rows = answer.tasks.flatMap((task) => {
      const targets = [...new Set([...Object.keys(task.weights), ...Object.keys(task.configured)])]
      return targets.map((target, i) => {
        const [weight, configured, excluded] = [task.weights[target] ?? 0, task.configured[target] ?? 0, task.excluded[target]]
        const cells = [i === 0 ? task.task + (task.simulated ? ' (simulated)' : '') : '', target, percent(weight), weightBar(weight), percent(configured), excluded ?? (i === 0 ? (task.note ?? task.source) : '')]
        return { cells: cells.map(printable), moved: Math.abs(weight - configured) > 0.0005, isOut: excluded !== undefined }
      })
    })
    terminal.out(
      table(['task', 'target', 'in force', '', 'configured', 'from'], rows.map(({ cells }) => cells), (cell, row, column) => {
        const of = rows[row]
        if (column === 0) return paint(terminal, 'bold', cell)
        if (column === 3) return paint(terminal, 'cyan', cell)
        if (of?.isOut === true && (column === 1 || column === 5)) return paint(terminal, 'red', cell)
        return of?.moved === true && column === 2 ? paint(terminal, 'yellow', cell) : cell
      }),
    )
    return EXIT.ok
  },
}

/** A share as a bar of ten characters. */
function weightBar(share: number): string {
  return '█'.repeat(Math.round(Math.min(1, Math.max(0, share)) * 10)).padEnd(10, '·')
}

export const recommend: Command = {
  name: 'routes recommend',
  summary: 'Weigh the evidence and say what the weights should be. Changes nothing.',
  options: { ...URL_OPTION, task: { type: 'string', multiple: true, meaning: 'Only these tasks', value: 'TASK' }, simulated: { type: 'boolean', meaning: 'The simulated side, where real tasks exist as well' }, markdown: { type: 'string', meaning: 'Write it as Markdown to this file as well', value: 'FILE' } },
  run: async (terminal, args) => recommendNow(terminal, args),
}

export const learn: Command = {
  name: 'learn',
  summary: 'Weigh the evidence once and store the recommendation (for cron and CI).',
  options: { ...URL_OPTION, once: { type: 'boolean', meaning: 'Once, then end (the only form so far)' }, task: { type: 'string', multiple: true, meaning: 'Only these tasks', value: 'TASK' } },
  run: async (terminal, args) => recommendNow(terminal, args),
}

async function recommendNow(terminal: Terminal, args: Arguments): Promise<typeof EXIT.ok | typeof EXIT.inconclusive> {
  const tasks = args.list('task')
  const answer = await routerClient(terminal, args).post('/admin/routes/recommend', { ...(tasks.length > 0 ? { tasks } : {}), ...(args.flag('simulated') ? { simulated: true } : {}) }, z.looseObject({ recommendation: recommendationSchema }))
  const advice = answer.recommendation
  if (args.flag('json')) terminal.out(`${JSON.stringify(advice)}\n`)
  else terminal.out(`${renderText(advice)}${advice.tasks.some((task) => task.verdict === 'move') ? '\nApply: weighbridge routes apply\n' : ''}`)
  const markdown = args.text('markdown')
  if (markdown !== undefined) writeFileSync(resolve(terminal.cwd, markdown), renderMarkdown(advice))
  const moves = advice.tasks.some((task) => task.verdict === 'move')
  return moves || advice.tasks.some((task) => task.verdict === 'hold') ? EXIT.ok : EXIT.inconclusive
}

export const apply: Command = {
  name: 'routes apply',
  summary: 'Publish the pending recommendation, whole or for some tasks.',
  options: { ...URL_OPTION, task: { type: 'string', multiple: true, meaning: 'Only these tasks', value: 'TASK' }, id: { type: 'string', meaning: 'The recommendation (default: the pending one)', value: 'ID' } },
  run: async (terminal, args) => {
    const tasks = args.list('task')
    const id = args.text('id')
    const client = routerClient(terminal, args)
    const pending = (await client.get('/admin/routes/recommendation', z.looseObject({ recommendation: recommendationSchema.nullable() }))).recommendation
    // Named, so that what is shown is what is applied, whatever becomes pending meanwhile.
    const answer = await client.post('/admin/routes/apply', { ...(id ?? pending?.id) === undefined ? {} : { id: id ?? pending?.id }, ...(tasks.length > 0 ? { tasks } : {}) }, published)
    if (args.flag('json')) return printJson(terminal, answer)
    if (pending !== null && (id === undefined || id === pending.id)) {
      terminal.out(`Applied ${pending.id}${pending.simulated ? ' (SIMULATED evidence)' : ''}:\n`)
      for (const task of pending.tasks) if (task.verdict === 'move' && (tasks.length === 0 || tasks.includes(task.task))) terminal.out(`  ${task.headline}\n`)
    }
    terminal.out(`Version ${answer.version} is published; routers take it up within a second. Undo: weighbridge routes rollback\n`)
    return EXIT.ok
  },
}

export const rollback: Command = {
  name: 'routes rollback',
  summary: 'Publish the content of an earlier version again (0: configured weights).',
  usage: '[VERSION]',
  options: URL_OPTION,
  run: async (terminal, args) => {
    const [to] = args.positionals
    if (to !== undefined && !/^\d{1,9}$/.test(to)) throw new WeighbridgeError('usage', `A version is a whole number, not "${to}"`, { remedy: '`weighbridge routes history` lists the versions; 0 is the configured weights.' })
    const body = to === undefined ? {} : { to: Number(to) }
    const answer = await routerClient(terminal, args).post('/admin/routes/rollback', body, published)
    if (args.flag('json')) return printJson(terminal, answer)
    terminal.out(`Rolled back: version ${answer.version} is published.\n`)
    return EXIT.ok
  },
}

export const history: Command = {
  name: 'routes history',
  summary: 'List published versions, newest first.',
  options: URL_OPTION,
  run: async (terminal, args) => {
    const answer = await routerClient(terminal, args).get('/admin/routes/history', versions)
    if (args.flag('json')) return printJson(terminal, answer)
    const rows = answer.versions.map((v) => [String(v.version), String(v.parent), v.published_at, v.action, v.author, v.simulated ? 'simulated' : 'real', v.rule])
    terminal.out(rows.length === 0 ? 'Nothing published yet: configured weights.\n' : table(['version', 'parent', 'published', 'action', 'by', 'evidence', 'why'], rows))
    return EXIT.ok
  },
}

function printJson(terminal: Terminal, value: unknown): typeof EXIT.ok {
  terminal.out(`${JSON.stringify(value)}\n`)
  return EXIT.ok
}
