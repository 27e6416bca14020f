// `weighbridge routes show|history|diff|explain|drift`: what is in force, how it came about, and why. They ask the running router's
// admin routes, which own the state.
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import { EXIT, type Arguments, type Command, type Options, type Terminal } from '../command.ts'
import { routerClient, type RouterClient } from '../compose/router-client.ts'
import { paint, percent, printable, table } from '../output.ts'
import { recommendationSchema } from '../../evals/learn/recommendation.ts'

export const URL_OPTION = { url: { type: 'string', meaning: 'Address of the router (default: the one running here)', value: 'URL' } } as const satisfies Options

const shares = z.record(z.string(), z.number())
const canary = z.looseObject({ version: z.number(), share: z.number(), since: z.string().optional(), weights: shares })
const shown = z.looseObject({
  current: z.looseObject({ version: z.number(), rule: z.string(), author: z.string(), created_at: z.string() }).nullable(),
  learning: z.looseObject({ at: z.number(), fault: z.string().nullable(), tasks: z.record(z.string(), z.string()) }).nullable().default(null),
  tasks: z.array(
    z.looseObject({
      task: z.string(), source: z.enum(['table', 'config']), note: z.string().nullable(), weights: shares, configured: shares, excluded: z.record(z.string(), z.string()), simulated: z.boolean(),
      canary: canary.nullable().default(null), frozen: z.looseObject({ until: z.string(), reason: z.string(), author: z.string() }).nullable().default(null),
    }),
  ),
})
const versions = z.looseObject({
  versions: z.array(z.looseObject({ version: z.number(), parent: z.number(), published_at: z.string(), action: z.string(), rule: z.string(), author: z.string(), simulated: z.boolean(), tasks: z.record(z.string(), shares), canaries: z.record(z.string(), canary).default({}) })),
})

export const show: Command = {
  name: 'routes show',
  summary: 'Show the weights in force per task, where each comes from, canaries under way and what is frozen.',
  options: URL_OPTION,
  run: async (terminal, args) => {
    const answer = await routerClient(terminal, args).get('/admin/routes', shown)
    if (args.flag('json')) return printJson(terminal, answer)
    terminal.out(answer.current === null ? 'No table published: configured weights.\n\n' : `Version ${answer.current.version} of ${answer.current.created_at} by ${answer.current.author}: ${answer.current.rule}\n\n`)
    const trials = answer.tasks.some((task) => task.canary !== null)
    const rows = answer.tasks.flatMap((task) => {
      const targets = [...new Set([...Object.keys(task.weights), ...Object.keys(task.configured)])]
      return targets.map((target, i) => {
        const [weight, configured, excluded] = [task.weights[target] ?? 0, task.configured[target] ?? 0, task.excluded[target]]
        const tried = trials ? [task.canary === null ? '' : percent(task.canary.weights[target] ?? 0)] : []
        const cells = [i === 0 ? task.task + (task.simulated ? ' (simulated)' : '') : '', target, percent(weight), weightBar(weight), ...tried, percent(configured), excluded ?? (i === 0 ? (task.note ?? task.source) : '')]
        return { cells: cells.map(printable), moved: Math.abs(weight - configured) > 0.0005, isOut: excluded !== undefined }
      })
    })
    terminal.out(
      table(['task', 'target', 'in force', '', ...(trials ? ['canary'] : []), 'configured', 'from'], rows.map(({ cells }) => cells), (cell, row, column) => {
        const of = rows[row]
        if (column === 0) return paint(terminal, 'bold', cell)
        if (column === 3) return paint(terminal, 'cyan', cell)
        if (of?.isOut === true && (column === 1 || column === of.cells.length - 1)) return paint(terminal, 'red', cell)
        return of?.moved === true && column === 2 ? paint(terminal, 'yellow', cell) : cell
      }),
    )
    for (const { task, canary: trial, frozen } of answer.tasks) {
      if (trial !== null) terminal.out(`${paint(terminal, 'cyan', '~')} ${task}: ${percent(trial.share)} of its traffic tries the canary's weights as version ${trial.version} since ${trial.since}\n`)
      if (frozen !== null) terminal.out(`${paint(terminal, 'cyan', '*')} ${task} is frozen until ${frozen.until} by ${frozen.author}${frozen.reason === '' ? '' : `: ${frozen.reason}`}\n`)
    }
    const { learning } = answer
    if (learning !== null) {
      terminal.out(`\nThe learner looked last at ${new Date(learning.at).toISOString()}${learning.fault === null ? '' : ` and could not: ${learning.fault}`}\n`)
      for (const [task, what] of Object.entries(learning.tasks)) terminal.out(`  ${task}: ${what}\n`)
    }
    return EXIT.ok
  },
}

/** A share as a bar of ten characters. */
function weightBar(share: number): string {
  return '█'.repeat(Math.round(Math.min(1, Math.max(0, share)) * 10)).padEnd(10, '·')
}

export const history: Command = {
  name: 'routes history',
  summary: 'List published versions, newest first.',
  options: { ...URL_OPTION, limit: { type: 'string', meaning: 'So many at most (default 100)', value: 'N' } },
  run: async (terminal, args) => {
    const answer = await historyOf(routerClient(terminal, args), args.number('limit', { min: 1, max: 1_000, integer: true }))
    if (args.flag('json')) return printJson(terminal, answer)
    const rows = answer.versions.map((v) => [String(v.version), String(v.parent), v.published_at, v.action, v.author, v.simulated ? 'simulated' : 'real', v.rule])
    terminal.out(rows.length === 0 ? 'Nothing published yet: configured weights.\n' : table(['version', 'parent', 'published', 'action', 'by', 'evidence', 'why'], rows))
    return EXIT.ok
  },
}

function historyOf(client: RouterClient, limit: number | undefined) {
  return client.get(`/admin/routes/history${limit === undefined ? '' : `?limit=${limit}`}`, versions)
}

export const diff: Command = {
  name: 'routes diff',
  summary: 'Compare the weights of two versions, of the configuration, or of the pending recommendation.',
  usage: '[FROM] [TO]',
  help: 'FROM and TO are a version, `config` or `pending`. Without TO: what FROM became; without either: the version before the one in force, and that one.',
  options: URL_OPTION,
  run: async (terminal, args) => {
    const client = routerClient(terminal, args)
    const { versions: all } = await historyOf(client, 1_000)
    const inForce = all[0]?.version ?? 0
    const [from = String(Math.max(0, (all[0]?.parent ?? 0))), to = String(inForce)] = args.positionals
    if (args.positionals.length > 2) throw new WeighbridgeError('usage', 'Give at most two versions')
    const [before, after] = [await weightsOf(client, from, all), await weightsOf(client, to, all)]
    const tasks = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
    const changes = tasks.flatMap((task) => {
      const targets = [...new Set([...Object.keys(before[task] ?? {}), ...Object.keys(after[task] ?? {})])].sort()
      return targets.flatMap((target) => {
        const [was, is] = [before[task]?.[target] ?? 0, after[task]?.[target] ?? 0]
        return Math.abs(is - was) < 5e-5 ? [] : [{ task, target, before: was, after: is }]
      })
    })
    if (args.flag('json')) return printJson(terminal, { from, to, changes })
    if (changes.length === 0) terminal.out(`${from} and ${to} have the same weights.\n`)
    else terminal.out(table(['task', 'target', from, to, 'change'], changes.map(({ task, target, before: was, after: is }) => [task, target, percent(was), percent(is), `${is > was ? '+' : '−'}${percent(Math.abs(is - was))}`])))
    return EXIT.ok
  },
}

type Weights = Readonly<Record<string, Readonly<Record<string, number>>>>

/** Task → weights of a version; tasks that a version does not hold run on their configured weights. */
async function weightsOf(client: RouterClient, name: string, all: readonly { readonly version: number; readonly tasks: Weights }[]): Promise<Weights> {
  const configured: Weights = Object.fromEntries((await client.get('/admin/routes', shown)).tasks.map((task) => [task.task, task.configured]))
  if (name === 'config' || name === '0') return configured
  if (name === 'pending') {
    const { recommendation } = await client.get('/admin/routes/recommendation', z.looseObject({ recommendation: recommendationSchema.nullable() }))
    if (recommendation === null) throw new WeighbridgeError('nothing_to_apply', 'No recommendation is pending.')
    return { ...configured, ...Object.fromEntries(recommendation.tasks.map((task) => [task.task, task.after])) }
  }
  if (!/^\d{1,9}$/.test(name)) throw new WeighbridgeError('usage', `"${name}" is not a version, config or pending`, { remedy: '`weighbridge routes history` lists the versions.' })
  const found = all.find(({ version }) => version === Number(name))
  if (found === undefined) throw new WeighbridgeError('route_version_unknown', `There is no route table version ${name}.`)
  return { ...configured, ...found.tasks }
}

const explanation = z.looseObject({
  task: z.string(), version: z.number(), rule: z.string(), note: z.string().nullable(), exploration: z.number(), value_per_answer_usd: z.number(),
  published: z.looseObject({ at: z.string(), author: z.string(), action: z.string(), rule: z.string() }).nullable(),
  weights: z.array(z.looseObject({ target: z.string(), text: z.string() })),
})

export const explain: Command = {
  name: 'routes explain',
  summary: 'Say why a task has the weights it has: for each target the terms that made its utility.',
  usage: 'TASK',
  options: { ...URL_OPTION, version: { type: 'string', meaning: 'Of an earlier version (default: the one in force)', value: 'N' } },
  run: async (terminal, args) => {
    const version = args.number('version', { min: 1, max: 1e9, integer: true })
    const query = new URLSearchParams({ task: args.one('task'), ...(version === undefined ? {} : { version: String(version) }) })
    const answer = await routerClient(terminal, args).get(`/admin/routes/explain?${query.toString()}`, explanation)
    if (args.flag('json')) return printJson(terminal, answer)
    const { published } = answer
    terminal.out(published === null ? `${answer.task} has its configured weights.\n` : `${answer.task} in version ${answer.version} of ${published.at} by ${published.author} (${answer.rule}): ${published.rule}\n`)
    if (answer.note !== null) terminal.out(`! ${answer.note}\n`)
    for (const { text } of answer.weights) terminal.out(`  ${text}\n`)
    if (answer.exploration > 0) terminal.out(`  ${percent(answer.exploration)} of the draw is exploration, inside these weights.\n`)
    return EXIT.ok
  },
}

const driftAnswer = z.looseObject({ marks: z.array(z.looseObject({ kind: z.string(), level: z.string(), evidenceKey: z.string(), suite: z.string(), at: z.number(), since: z.number(), text: z.string() })), probes: z.record(z.string(), z.number()) })

export const drift: Command = {
  name: 'routes drift',
  summary: 'Show which targets changed lately: quality, served model, fingerprint, answer length, refusals, first token.',
  options: URL_OPTION,
  run: async (terminal, args) => {
    const answer = await routerClient(terminal, args).get('/admin/routes/drift', driftAnswer)
    if (args.flag('json')) return printJson(terminal, answer)
    if (answer.marks.length === 0) terminal.out('Nothing has drifted in the last days.\n')
    else terminal.out(table(['seen', 'since', 'target', 'what', '', ''], answer.marks.map((mark) => [new Date(mark.at).toISOString(), new Date(mark.since).toISOString(), mark.evidenceKey, mark.kind, mark.level, mark.text])))
    return EXIT.ok
  },
}

export function printJson(terminal: Terminal, value: unknown): typeof EXIT.ok {
  terminal.out(`${JSON.stringify(value)}\n`)
  return EXIT.ok
}

/** The tasks named with --task. */
export function namedTasks(args: Arguments): { tasks?: string[] } {
  const tasks = args.list('task')
  return tasks.length > 0 ? { tasks } : {}
}
