// Published versions as the store keeps them, for pages whose router has no learner to ask.
import { routeTableSchema } from '../../../core/route-table.ts'
import { routeVersions } from '../../../store/queries/routes.ts'
import type { HistoryAnswer } from '../api/routes.ts'
import { sideOf } from '../frame.ts'
import type { Context } from '../server.ts'

const DAY_MS = 86_400_000
const YEAR_DAYS = 400

/** GET /api/ui/versions?simulated= */
export async function versionsAnswer({ ask, clock, params, simulatedDefault }: Context): Promise<HistoryAnswer> {
  const now = clock.nowMs()
  const simulated = sideOf(params) ?? simulatedDefault()
  const rows = await ask(routeVersions, { simulated, from: new Date(now - YEAR_DAYS * DAY_MS), to: new Date(now + DAY_MS) })
  return {
    versions: rows.map(({ table_json, published_at, ...row }) => ({ ...row, published_at: new Date(published_at).toISOString(), simulated, tasks: weightsIn(table_json) })),
  }
}

/** Weights by task; a table that cannot be read any more has none. */
function weightsIn(json: string): Readonly<Record<string, Readonly<Record<string, number>>>> {
  const table = routeTableSchema.safeParse(parsed(json))
  return table.success ? Object.fromEntries(Object.entries(table.data.tasks).map(([task, route]) => [task, route.weights])) : {}
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
