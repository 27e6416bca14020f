// The admin routes of budgets: GET /admin/budgets (what is counted), DELETE /admin/budgets/BUDGET/SUBJECT (let it begin anew) and POST
// /admin/budgets/lease (for routers that follow this one). The router's guard has checked host, key and scope before.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { WeighbridgeError } from '../../core/errors.ts'
import { leaseRequest, type BudgetResetAnswer, type BudgetsDocument } from '../../core/leases.ts'
import type { Mount } from '../../core/mount.ts'
import { sendJson } from '../http/answer.ts'
import { readJsonBody } from '../http/body.ts'
import type { Limits } from '../limits/limits.ts'
import { budgetsReport, resetBudget } from '../limits/report.ts'
import { decoded, mountAt, NO_STORE, parsed, type AdminParts } from './mounts.ts'

/** A request for a thousand cells is about 400 KB. */
const MAX_LEASE_BYTES = 2 * 1024 * 1024
const ROWS_DEFAULT = 200
const MOST_ROWS = 5_000

export function budgetMounts(parts: AdminParts): Mount[] {
  return [
    mountAt('/admin/budgets', 'read', {
      GET: (_request, response, url, rest) => {
        if (rest !== '') throw new WeighbridgeError('route_not_found', `There is nothing at ${url.pathname.slice(0, 128)}.`)
        sendJson(response, 200, budgets(parts, url), NO_STORE)
      },
      DELETE: (_request, response, _url, rest) => sendJson(response, 200, reset(parts, rest), NO_STORE),
    }),
    mountAt('/admin/budgets/lease', 'admin', { POST: (request, response) => lease(parts, request, response) }),
  ]
}

function limitsOf(parts: AdminParts): Limits {
  const limits = parts.router()?.limits
  if (limits === undefined) throw new WeighbridgeError('overloaded', 'The router is still starting.', { retryAfterMs: 1_000 })
  return limits
}

function budgets(parts: AdminParts, { searchParams }: URL): BudgetsDocument {
  return budgetsReport({ limits: limitsOf(parts), config: parts.config(), keys: parts.keys, nowMs: parts.clock.nowMs() }, parts.following()?.url, {
    budget: searchParams.get('budget') ?? undefined,
    subject: searchParams.get('subject') ?? undefined,
    over: searchParams.get('over') === 'true',
    most: rowsAsked(searchParams.get('most')),
  })
}

function rowsAsked(text: string | null): number {
  const most = text === null ? ROWS_DEFAULT : Number(text)
  if (!Number.isInteger(most) || most < 1 || most > MOST_ROWS) throw new WeighbridgeError('bad_request', `most takes a whole number from 1 to ${MOST_ROWS}.`)
  return most
}

function reset(parts: AdminParts, rest: string): BudgetResetAnswer {
  const limits = limitsOf(parts)
  const slash = rest.indexOf('/')
  const [budget, subject] = slash === -1 ? [decoded(rest), ''] : [decoded(rest.slice(0, slash)), decoded(rest.slice(slash + 1))]
  const isAgent = budget === 'trace' || budget === 'session'
  // The runaway guard knows traces and sessions alike, each router its own.
  const forgotten = isAgent ? limits.guard.forget((agent) => agent === subject || agent.endsWith(`/${subject}`)) : 0
  const primary = parts.following()?.url ?? null
  const windows = primary === null ? resetBudget(limits, budget, subject, parts.clock.nowMs()) : []
  if (primary === null && windows.length === 0 && forgotten === 0) throw new WeighbridgeError('budget_unknown', `Nothing is counted for "${budget.slice(0, 128)}"${subject === '' ? '' : ` of "${subject.slice(0, 200)}"`}.`)
  return { reset: windows.map((window) => ({ budget, subject, window })), forgotten, primary }
}

async function lease(parts: AdminParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { lending } = limitsOf(parts)
  if (lending === undefined) throw new WeighbridgeError('bad_request', 'This router follows a primary and has no budgets to share.', { remedy: 'Follow the primary itself.' })
  sendJson(response, 200, lending.lend(parsed(leaseRequest, await readJsonBody(request, response, MAX_LEASE_BYTES))), NO_STORE)
}
