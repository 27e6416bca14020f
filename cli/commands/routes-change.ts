// `weighbridge learn` and `weighbridge routes recommend|apply|rollback|freeze|unfreeze`: weighing the evidence, and what a person
// decides about it. They ask the running router's admin routes, which own the state and hold the lease.
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import { recommendationSchema } from '../../evals/learn/recommendation.ts'
import { renderHtml } from '../../evals/learn/render-html.ts'
import { renderMarkdown, renderText } from '../../evals/learn/render.ts'
import { EXIT, type Command } from '../command.ts'
import { routerClient } from '../compose/router-client.ts'
import { parseLength } from '../../router/admin/subjects.ts'
import { authorOf } from './drain.ts'
import { namedTasks, printJson, URL_OPTION } from './routes.ts'

const TASK_OPTION = { task: { type: 'string', multiple: true, meaning: 'Only these tasks', value: 'TASK' } } as const
const published = z.looseObject({ version: z.number() })

export const recommend: Command = {
  name: 'routes recommend',
  summary: 'Weigh the evidence and say what the weights should be. Changes nothing.',
  options: {
    ...URL_OPTION,
    ...TASK_OPTION,
    simulated: { type: 'boolean', meaning: 'The simulated side, where real tasks exist as well' },
    markdown: { type: 'string', meaning: 'Write it as Markdown to this file as well', value: 'FILE' },
    html: { type: 'string', meaning: 'Write it as a page that needs nothing else to this file as well', value: 'FILE' },
  },
  run: async (terminal, args) => {
    const answer = await routerClient(terminal, args).post('/admin/routes/recommend', { ...namedTasks(args), ...(args.flag('simulated') ? { simulated: true } : {}) }, z.looseObject({ recommendation: recommendationSchema }))
    const advice = answer.recommendation
    const moves = advice.tasks.some((task) => task.verdict === 'move')
    if (args.flag('json')) terminal.out(`${JSON.stringify(advice)}\n`)
    else terminal.out(`${renderText(advice)}${moves ? '\nApply: weighbridge routes apply\n' : ''}`)
    const [markdown, html] = [args.text('markdown'), args.text('html')]
    if (markdown !== undefined) writeFileSync(resolve(terminal.cwd, markdown), renderMarkdown(advice))
    if (html !== undefined) writeFileSync(resolve(terminal.cwd, html), renderHtml(advice))
    return moves || advice.tasks.some((task) => task.verdict === 'hold') ? EXIT.ok : EXIT.inconclusive
  },
}

const learned = z.looseObject({ version: z.number().nullable(), report: z.looseObject({ tasks: z.record(z.string(), z.string()) }).nullable() })

export const learn: Command = {
  name: 'learn',
  summary: 'Let the learner look once: drift, canaries, returns, and in auto what needs no person (for cron and CI).',
  help: 'The running primary does this by itself every ten minutes. It publishes nothing that needs a person.',
  options: { ...URL_OPTION, once: { type: 'boolean', meaning: 'Once, then end (the only form)' } },
  run: async (terminal, args) => {
    const answer = await routerClient(terminal, args).post('/admin/routes/learn', {}, learned)
    if (args.flag('json')) return printJson(terminal, answer)
    terminal.out(answer.version === null ? 'Nothing was published.\n' : `Version ${answer.version} was published.\n`)
    for (const [task, what] of Object.entries(answer.report?.tasks ?? {})) terminal.out(`  ${task}: ${what}\n`)
    return EXIT.ok
  },
}

export const apply: Command = {
  name: 'routes apply',
  summary: 'Publish the pending recommendation, whole or for some tasks, at once or as a canary.',
  options: { ...URL_OPTION, ...TASK_OPTION, id: { type: 'string', meaning: 'The recommendation (default: the pending one)', value: 'ID' }, canary: { type: 'string', meaning: 'Let so many per cent of the traffic try the new weights first', value: 'PERCENT' } },
  run: async (terminal, args) => {
    const { tasks } = namedTasks(args)
    const id = args.text('id')
    const percent = args.number('canary', { min: 0.1, max: 99 })
    const client = routerClient(terminal, args)
    const pending = (await client.get('/admin/routes/recommendation', z.looseObject({ recommendation: recommendationSchema.nullable() }))).recommendation
    // Named, so that what is shown is what is applied, whatever becomes pending meanwhile.
    const named = id ?? pending?.id
    const answer = await client.post('/admin/routes/apply', { ...(named === undefined ? {} : { id: named }), ...(tasks === undefined ? {} : { tasks }), ...(percent === undefined ? {} : { canary: percent / 100 }) }, published)
    if (args.flag('json')) return printJson(terminal, answer)
    if (pending !== null && (id === undefined || id === pending.id)) {
      terminal.out(`Applied ${pending.id}${pending.simulated ? ' (SIMULATED evidence)' : ''}:\n`)
      for (const task of pending.tasks) if (task.verdict === 'move' && (tasks === undefined || tasks.includes(task.task))) terminal.out(`  ${task.headline}\n`)
    }
    terminal.out(`Version ${answer.version} is published; routers take it up within a second. ${percent === undefined ? '' : `${percent}% of the traffic tries it first. `}Undo: weighbridge routes rollback\n`)
    return EXIT.ok
  },
}

export const rollback: Command = {
  name: 'routes rollback',
  summary: 'Publish the content of an earlier version again (0: configured weights); the learner leaves those tasks alone for 72 h.',
  usage: '[VERSION]',
  options: URL_OPTION,
  run: async (terminal, args) => {
    const [to] = args.positionals
    if (to !== undefined && !/^\d{1,9}$/.test(to)) throw new WeighbridgeError('usage', `A version is a whole number, not "${to}"`, { remedy: '`weighbridge routes history` lists the versions; 0 is the configured weights.' })
    const body = to === undefined ? {} : { to: Number(to) }
    const answer = await routerClient(terminal, args).post('/admin/routes/rollback', body, published.extend({ frozen: z.array(z.string()).default([]) }))
    if (args.flag('json')) return printJson(terminal, answer)
    terminal.out(`Rolled back: version ${answer.version} is published.\n`)
    if (answer.frozen.length > 0) terminal.out(`The learner leaves ${answer.frozen.join(', ')} alone for 72 h; \`weighbridge routes unfreeze TASK\` ends that.\n`)
    return EXIT.ok
  },
}

export const freeze: Command = {
  name: 'routes freeze',
  summary: 'Keep the learner from changing a task for a while. A person may still apply and roll back.',
  usage: 'TASK',
  options: { ...URL_OPTION, for: { type: 'string', meaning: 'How long: 12h, 1h30m, 3d (default 72h)', value: 'TIME' }, by: { type: 'string', meaning: 'Who does it (default: the account of this shell)', value: 'NAME' }, reason: { type: 'string', meaning: 'Why', value: 'TEXT' } },
  run: async (terminal, args) => {
    const task = args.one('task')
    const length = args.text('for')
    const forMs = length === undefined ? undefined : parseLength(length)
    if (length !== undefined && forMs === undefined) throw new WeighbridgeError('usage', `--for takes a length of time such as 12h, 1h30m or 3d, not "${length}"`)
    const reason = args.text('reason')
    const body = { task, by: authorOf(terminal, args), ...(forMs === undefined ? {} : { for_ms: forMs }), ...(reason === undefined ? {} : { reason }) }
    const answer = await routerClient(terminal, args).post('/admin/routes/freeze', body, z.looseObject({ freeze: z.looseObject({ until_at: z.number() }) }))
    if (args.flag('json')) return printJson(terminal, answer)
    terminal.out(`The learner leaves ${task} alone until ${new Date(answer.freeze.until_at).toISOString()}. End it: weighbridge routes unfreeze ${task}\n`)
    return EXIT.ok
  },
}

export const unfreeze: Command = {
  name: 'routes unfreeze',
  summary: 'Let the learner change a task again.',
  usage: 'TASK',
  options: URL_OPTION,
  run: async (terminal, args) => {
    const task = args.one('task')
    const answer = await routerClient(terminal, args).post('/admin/routes/unfreeze', { task }, z.looseObject({ task: z.string() }))
    if (args.flag('json')) return printJson(terminal, answer)
    terminal.out(`The learner may change ${task} again.\n`)
    return EXIT.ok
  },
}
