// GET /readyz: whether the configuration lets the router answer calls, and what it answers them by. It depends on the
// configuration only: a collector, database or provider that is down does not make a router unready. Pure.
import type { Config } from '../../core/config.ts'
import { effectiveRoute } from '../../core/route-table.ts'
import type { CoolingTarget } from '../execute/health.ts'
import type { LogStats } from '../../store/log/log.ts'
import type { RoutesState } from '../routes-source.ts'

export type Readiness = {
  readonly ready: boolean
  /** Why the configuration file as it stands is not in force; null when it is. */
  readonly config_fault: string | null
  readonly config_hash: string
  readonly route_version: number
  readonly route_table: { readonly source: string; readonly from_copy: boolean; readonly fault: string | null }
  readonly tasks: Readonly<Record<string, { readonly source: 'table' | 'config'; readonly note: string | null; readonly weights: Readonly<Record<string, number>> }>>
  readonly warnings: readonly string[]
  readonly cooling: readonly CoolingTarget[]
  readonly spool: { readonly bytes: number; readonly records: number; readonly oldest_ms: number | null; readonly dropped: number }
}

export function readiness(config: Config, configFault: string | undefined, routes: RoutesState, cooling: Readiness['cooling'], spool: LogStats): Readiness {
  return {
    ready: config.targets.size > 0,
    config_fault: configFault ?? null,
    config_hash: config.hash,
    route_version: routes.table?.version ?? 0,
    route_table: { source: routes.source, from_copy: routes.fromCopy, fault: routes.fault ?? null },
    tasks: Object.fromEntries(
      [...config.tasks.values()].map((task) => {
        const route = effectiveRoute(config, task, routes.table)
        return [task.name, { source: route.source, note: route.note ?? null, weights: Object.fromEntries(route.weights) }]
      }),
    ),
    warnings: config.warnings,
    cooling,
    spool: { bytes: spool.bytes, records: spool.records, oldest_ms: spool.oldestMs ?? null, dropped: spool.dropped },
  }
}
