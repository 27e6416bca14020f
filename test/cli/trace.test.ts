// `weighbridge trace` over stored spans: what a person is shown of each exchange and of the choice before it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { runCommand } from '../support/run-command.ts'

const id = (n: number): string => n.toString(16).padStart(32, '0')
const candidates = [{ target: 'kimi', weight: 1 }, { target: 'gpt', weight: 0 }]

describe.skipIf(clickhouseMissing() !== undefined)('weighbridge trace', () => {
  let database: TestDatabase
  let writer: ClickHouse
  let env: Record<string, string>
  let cwd: string

  const shown = async (n: number): Promise<string> => {
    const result = await runCommand(['trace', id(n)], { env, cwd })
    expect(result).toMatchObject({ code: 0, err: '' })
    return result.out
  }

  beforeAll(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'wb-trace-'))
    await writeFile(join(cwd, 'weighbridge.yaml'), 'providers: {}\n')
    database = await createTestDatabase()
    writer = createClickHouse(database.writer)
    env = { CLICKHOUSE_URL: database.reader.url, CLICKHOUSE_DATABASE: database.database, CLICKHOUSE_USER: database.reader.user, CLICKHOUSE_PASSWORD: database.reader.password }
    const at = new Date(Date.now() - 60_000).toISOString()
    const shared = { task: 'general', task_source: 'default', purpose: 'production', started_at: at, ingested_at: at, is_simulated: false, duration_ns: '1000000' }
    const call = (n: number, decision: Record<string, unknown>, more: Record<string, unknown> = {}): unknown => ({ ...shared, role: 'call', trace_id: id(n), span_id: `${n}0`.padStart(16, '0'), status: 'Ok', decision: JSON.stringify(decision), ...more })
    const attempt = (n: number, attributes: Record<string, string>, more: Record<string, unknown> = {}): unknown => ({ ...shared, role: 'attempt', trace_id: id(n), span_id: `${n}1`.padStart(16, '0'), attempt: 1, target: 'kimi', status: 'Ok', attributes, ...more })
    const rows = [
      call(1, { drawn: 'kimi', reason: 'pinned', weights_source: 'pinned', candidates, exclusions: [{ target: 'claude', reason: 'untranslatable', detail: 'n' }] }, { reason: 'pinned' }),
      attempt(1, { 'weighbridge.wire': 'anthropic-messages', 'weighbridge.provider.key': '2', 'weighbridge.dropped': '["seed","user"]', 'weighbridge.schema': 'violated', 'weighbridge.provider.request_id': 'req_\u001b[31m9' }, { http_status: 200, finish_reason: 'stop' }),
      call(2, { drawn: 'kimi', reason: 'weighted', weights_source: 'config', candidates }, { propensity: 1, reason: 'weighted' }),
      attempt(2, {}),
      call(3, { drawn: 'gpt', reason: 'failover', weights_source: 'pinned', candidates: candidates.slice(1) }, { reason: 'failover' }),
      call(4, { drawn: 'gpt', reason: 'failover', weights_source: 'config', candidates }, { reason: 'failover' }),
      call(5, { drawn: null, reason: null, weights_source: 'config', candidates }, { status: 'Error' }),
    ]
    await writer.insert('spans', rows.map((row) => JSON.stringify(row)).join('\n'), { token: 'trace' })
  })
  afterAll(async () => {
    await writer?.close()
    await database?.drop()
    if (cwd !== undefined) await rm(cwd, { recursive: true, force: true })
  })

  it('shows of an attempt its wire, key, status, schema verdict, dropped members and the id to ask the provider about', async () => {
    const out = await shown(1)
    expect(out).toMatch(/#1 kimi .*\n +wire anthropic-messages · key 2 · HTTP 200 · finished stop · schema violated · dropped seed, user · provider request req_\[31m9\n/)
    // Control characters of a provider never reach a terminal.
    // oxlint-disable-next-line no-control-regex
    expect(out).not.toMatch(/\u001b/)
    expect(await shown(2)).not.toMatch(/wire|dropped|schema|provider request|HTTP/)
  })

  it('says pinned of a pinned call, and drawn only of what was drawn', async () => {
    expect(await shown(1)).toMatch(/\npinned to kimi, behind it gpt\nleft out claude: untranslatable \(n\)\n/)
    expect(await shown(2)).toMatch(/\ndrawn kimi with probability 1 from kimi 100%, gpt 0%\n/)
    expect(await shown(3)).toMatch(/\npinned, but the target named was passed over: went to gpt\n/)
    expect(await shown(4)).toMatch(/\nnot drawn: went to gpt along the chain, behind it kimi\n/)
    expect(await shown(5)).toMatch(/\nno target was asked; candidates kimi, gpt\n/)
    for (const n of [1, 3, 4, 5]) expect(await shown(n)).not.toMatch(/drawn .* with probability/)
  })
})
