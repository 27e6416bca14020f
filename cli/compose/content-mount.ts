// GET /admin/content/TRACE: captured text of a trace, for admin keys alone, read through an account of its own.
import type { Mount } from '../../core/mount.ts'
import { WeighbridgeError } from '../../core/errors.ts'
import type { ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { traceContent } from '../../store/queries/content.ts'

const PREFIX = '/admin/content'

export function contentMount(clickhouse: Pick<ClickHouse, 'query'>): Mount {
  return {
    prefix: PREFIX,
    readScope: 'admin',
    writeScope: 'admin',
    async handle(request, response, url) {
      if (request.method !== 'GET' && request.method !== 'HEAD') throw new WeighbridgeError('method_not_allowed', `${request.method ?? ''} is not answered here.`)
      const traceId = url.pathname.slice(PREFIX.length + 1)
      if (!/^[0-9a-f]{32}$/.test(traceId)) throw new WeighbridgeError('bad_request', 'Ask for /admin/content/TRACE with a trace id of 32 lower-case hex digits.')
      const bytes = Buffer.from(JSON.stringify({ trace_id: traceId, content: await clickhouse.query(traceContent, { trace_id: traceId }) }))
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length, 'cache-control': 'no-store' })
      response.end(request.method === 'HEAD' ? undefined : bytes)
    },
  }
}
