// What calls cost whose answers were lost with a killed run: their spans know, once they have arrived.
import type { Terminal, Arguments } from '../command.ts'
import { openReader } from '../compose/reader.ts'
import { costOfTraces } from '../../store/queries/trace-costs.ts'

/** Looks the traces up; an empty answer when the database cannot be asked. */
export function lostCosts(terminal: Terminal, args: Arguments): (traceIds: readonly string[]) => Promise<ReadonlyMap<string, number>> {
  return async (traceIds) => {
    const { clickhouse, close } = openReader(terminal, args)
    try {
      const rows = await clickhouse.query(costOfTraces, { trace_ids: [...traceIds] })
      return new Map(rows.flatMap((row) => (row.cost_usd === null ? [] : [[row.trace_id, row.cost_usd] as const])))
    } catch {
      return new Map()
    } finally {
      await close()
    }
  }
}
