// Asks stored queries on behalf of one request and notes how long each took, for the header Server-Timing: what a page waits for can be
// read in any browser. In: a connection of the reading account. Out: rows.
import type { z } from 'zod'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import type { Query } from '../../store/queries/define.ts'

/** Runs one query. */
export type Ask = <P extends z.ZodObject, R extends z.ZodObject>(query: Query<P, R>, params: z.input<P>) => Promise<z.output<R>[]>

/** What one request asked, in order of the answers. */
export class Asking {
  readonly #times: { readonly name: string; readonly ms: number }[] = []
  readonly ask: Ask

  constructor(clickhouse: Pick<ClickHouse, 'query'>, monotonicMs: () => number) {
    this.ask = async (query, params) => {
      const started = monotonicMs()
      try {
        return await clickhouse.query(query, params)
      } finally {
        this.#times.push({ name: query.name, ms: monotonicMs() - started })
      }
    }
  }

  /** Names and milliseconds, as the header writes them; names are snake_case, so nothing needs quoting. */
  serverTiming(): string {
    return this.#times.map(({ name, ms }) => `${name};dur=${ms.toFixed(1)}`).join(', ')
  }
}
