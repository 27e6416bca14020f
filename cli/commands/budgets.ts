// `weighbridge budgets`: what is counted, who is over; `budgets reset` lets a subject begin anew. Both ask the running router, since it
// alone knows what is under way.
import { budgetResetAnswer, budgetsDocument, type BudgetResetAnswer } from '../../core/leases.ts'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import { budgetsText } from '../budgets-text.ts'
import { EXIT, type Arguments, type Command, type Options, type Terminal } from '../command.ts'
import { OPERATOR_PATIENCE_MS } from '../compose/drain-door.ts'
import { routerClientAt, type RouterClient } from '../compose/router-client.ts'
import { routerUrl } from '../compose/running.ts'
import { locate } from '../compose/settings.ts'

const URL_OPTION = { url: { type: 'string', meaning: 'Address of the router (default: the one running here)', value: 'URL' } } as const satisfies Options

export const show: Command = {
  name: 'budgets',
  summary: 'Show what each budget has spent, what is set aside, and who is over.',
  help: 'Budgets are all, key, user, session, trace, task, evals and tag:NAME. Needs a key with scope read (WEIGHBRIDGE_KEY) where keys are in force.',
  options: {
    budget: { type: 'string', meaning: 'Only this one, e.g. key or tag:team', value: 'NAME' },
    subject: { type: 'string', meaning: 'Only this key, user, trace, task or tag value', value: 'ID' },
    over: { type: 'boolean', meaning: 'Only those whose limit is reached' },
    ...URL_OPTION,
  },
  run: async (terminal, args) => {
    const query = new URLSearchParams()
    for (const name of ['budget', 'subject'] as const) {
      const value = args.text(name)
      if (value !== undefined) query.set(name, value)
    }
    if (args.flag('over')) query.set('over', 'true')
    const document = await clientOf(terminal, args).get(`/admin/budgets?${query.toString()}`, budgetsDocument)
    terminal.out(args.flag('json') ? `${JSON.stringify(document)}\n` : budgetsText(document))
    return EXIT.ok
  },
}

export const reset: Command = {
  name: 'budgets reset',
  summary: 'Let a budget begin anew for one subject, in its running windows.',
  usage: 'BUDGET [SUBJECT]',
  help: 'E.g. `budgets reset trace 4bf92f3577b34da6a3ce929d0e0e4736`, `budgets reset key key_1a2b3c`, `budgets reset all`. A trace or session that was stopped as\na runaway goes on as well. Calls under way count in the new sum. Needs a key with scope admin where keys are in force.',
  options: URL_OPTION,
  run: async (terminal, args) => {
    const [budget, subject = '', ...more] = args.positionals
    if (budget === undefined || more.length > 0) throw new WeighbridgeError('usage', 'Name a budget and, but for all and evals, a subject')
    const here = clientOf(terminal, args)
    const path = `/admin/budgets/${encodeURIComponent(budget)}${subject === '' ? '' : `/${encodeURIComponent(subject)}`}`
    const answer = await here.delete(path, budgetResetAnswer)
    const answers = answer.primary === null ? [answer] : [answer, await atPrimary(routerClientAt(answer.primary, terminal.env['WEIGHBRIDGE_KEY'], OPERATOR_PATIENCE_MS), path, answer.forgotten > 0)]
    const windows = answers.flatMap((one) => one.reset.map((row) => row.window))
    const forgotten = answers.reduce((sum, one) => sum + one.forgotten, 0)
    if (args.flag('json')) terminal.out(`${JSON.stringify({ reset: answers.flatMap((one) => one.reset), forgotten })}\n`)
    else terminal.out(`${budget}${subject === '' ? '' : ` ${subject}`} begins anew${windows.length === 0 ? '' : ` (${windows.join(', ')})`}${forgotten > 0 ? '; what it repeated is forgotten' : ''}.\n`)
    return EXIT.ok
  },
}

/** The primary may know nothing of what this router alone had stopped. */
async function atPrimary(client: RouterClient, path: string, mayBeUnknown: boolean): Promise<BudgetResetAnswer> {
  try {
    return await client.delete(path, budgetResetAnswer)
  } catch (thrown) {
    if (mayBeUnknown && asWeighbridgeError(thrown).code === 'budget_unknown') return { reset: [], forgotten: 0, primary: null }
    throw thrown
  }
}

function clientOf(terminal: Terminal, args: Arguments): RouterClient {
  return routerClientAt(routerUrl(locate(terminal, args).dataDir, args.text('url') ?? terminal.env['WEIGHBRIDGE_URL']), terminal.env['WEIGHBRIDGE_KEY'], OPERATOR_PATIENCE_MS)
}
