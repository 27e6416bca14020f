// `weighbridge whatif --outage` on stored traffic: where every task would go without a provider, at which cost, and which calls nobody
// would be left for.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseConfig } from '../../core/config.ts'
import { sealRouteTable } from '../../core/route-table.ts'
import { createClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { runCommand, type CommandResult } from '../support/run-command.ts'

const missing = clickhouseMissing()
if (missing !== undefined) console.warn(`what an outage would do is not tested: ${missing}`)

// `small` takes no long input, and `alone` has nobody but the provider `main`.
const CONFIG = `providers:
  main: { base_url: "http://127.0.0.1:9/v1" }
  other: { base_url: "http://127.0.0.1:9/v1" }
  spare: { base_url: "http://127.0.0.1:9/v1" }
targets:
  big: { provider: main, model: big, price: { input: 2, output: 10 } }
  small: { provider: other, model: small, price: { input: 1, output: 4 }, context_window: 8000 }
  dear: { provider: other, model: dear, price: { input: 4, output: 20 } }
  last: { provider: spare, model: last, price: { input: 8, output: 40 } }
chains:
  default: [{ target: big }, { target: small }, { target: dear }, { target: last }]
  solo: [{ target: big }]
  short: [{ target: big }, { target: small }]
tasks:
  general: { chain: default, route: { big: 1, dear: 0 } }
  alone: { chain: solo, route: { big: 1 } }
  lengthy: { chain: short, route: { big: 1 } }
  elsewhere: { chain: default, route: { small: 1 } }
`
const DAY = 86_400_000

type Row = { readonly task: string; readonly calls: number; readonly lost: number; readonly before: Record<string, number>; readonly after: Record<string, number>; readonly failover: string[]; readonly per_1k_before_usd: number | null; readonly per_1k_after_usd: number | null; readonly quality_before: number | null; readonly quality_after: number | null; readonly refused: number }

describe.skipIf(missing !== undefined)('whatif --outage', () => {
  let database: TestDatabase
  let cwd: string
  let env: Record<string, string>

  beforeAll(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'wb-outage-'))
    await writeFile(join(cwd, 'weighbridge.yaml'), CONFIG)
    database = await createTestDatabase()
    env = { CLICKHOUSE_URL: database.reader.url, CLICKHOUSE_DATABASE: database.database, CLICKHOUSE_USER: database.reader.user, CLICKHOUSE_PASSWORD: database.reader.password }
    const now = Date.now()
    const ingested_at = new Date(now).toISOString()
    let id = 0
    const answers = (count: number, task: string, target: string, input: number, output: number, over: object = {}): object[] =>
      Array.from({ length: count }, () => ({
        trace_id: `t${(id += 1)}`, span_id: `s${id}`, parent_span_id: `c${id}`, started_at: `${now - DAY}000000`, duration_ns: 1_000_000_000, status: 'Ok', role: 'attempt', task, provider: target === 'big' ? 'main' : 'other', target, model: target, effort: '',
        error_code: '', reason: 'weighted', purpose: 'production', is_simulated: false, cost_usd: '0.001', input_tokens: input, output_tokens: output, cache_read_tokens: 0, ingested_at, ...over,
      }))
    const general = parseConfig(CONFIG, {}, { find: () => undefined }).tasks.get('general')
    // A published table, not the configured weights, is what routes now.
    const quality = (value: number) => ({ value, low: value - 0.1, high: value + 0.1, n: 100 })
    const table = sealRouteTable({
      schema: 1, version: 3, parent: 0, created_at: new Date(now - 40 * DAY).toISOString(), author: 'cli', rule: 'gain', simulated: false,
      tasks: {
        general: {
          weights: { big: 0.5, dear: 0.5 }, excluded: {}, config_hash: general?.configHash ?? '', exploration: 0, rule: 'gain',
          evidence: Object.fromEntries([['big', 0.8], ['dear', 0.9]].map(([name, value]) => [name, { evidence_key: `x/${name}`, quality: quality(Number(value)), evals: 100, calls: 8 }])),
        },
      },
    })
    const writer = createClickHouse(database.writer)
    const rows = [
      ...answers(8, 'general', 'big', 1_000, 200),
      ...answers(8, 'general', 'dear', 1_000, 400),
      ...answers(6, 'lengthy', 'big', 1_000, 200),
      ...answers(2, 'lengthy', 'big', 30_000, 200),
      // No traffic of one's own of these days.
      ...answers(50, 'lengthy', 'big', 30_000, 200, { purpose: 'eval' }),
      ...answers(50, 'lengthy', 'big', 30_000, 200, { is_simulated: true }),
      ...answers(50, 'lengthy', 'big', 30_000, 200, { started_at: `${now - 31 * DAY}000000` }),
    ]
    try {
      await writer.insert('spans', rows.map((row) => JSON.stringify(row)).join('\n'), { token: 'spans' })
      await writer.insert('route_tables', JSON.stringify({ version: 3, parent: 0, hash: table.hash, published_at: table.created_at, action: 'apply', rule: 'gain', author: 'cli', is_simulated: false, table_json: JSON.stringify(table), ingested_at }), { token: 'tables' })
    } finally {
      await writer.close()
    }
  })
  afterAll(async () => {
    await database?.drop()
    if (cwd !== undefined) await rm(cwd, { recursive: true, force: true })
  })

  const ask = (...words: string[]): Promise<CommandResult> => runCommand(['whatif', ...words], { cwd, env })
  const rowsOf = ({ out }: CommandResult): Map<string, Row> => new Map((JSON.parse(out) as { tasks: Row[] }).tasks.map((row) => [row.task, row]))

  it('goes by the weights in force and the chains, prices the traffic there is, and ends with 1 where calls would be refused', async () => {
    const result = await ask('--outage', 'main', '--json')
    expect(result, result.err).toMatchObject({ code: 1, err: '' })
    const rows = rowsOf(result)
    // Half of it went to `big`. 1,000 tokens in, 200 out at $2 and $10 per million, and 400 out at $4 and $20.
    expect(rows.get('general')).toMatchObject({ calls: 16, lost: 0.5, before: { big: 0.5, dear: 0.5 }, after: { dear: 1 }, failover: ['small', 'dear', 'last'], refused: 0 })
    expect(rows.get('general')?.per_1k_before_usd).toBeCloseTo((4 + 12) / 2, 9)
    expect(rows.get('general')?.per_1k_after_usd).toBeCloseTo(12, 9)
    expect(rows.get('general')?.quality_before).toBeCloseTo(0.85, 9)
    expect(rows.get('general')?.quality_after).toBeCloseTo(0.9, 9)
    // Nobody else is in its chain; nobody knows what nothing costs or how good it is.
    expect(rows.get('alone')).toMatchObject({ calls: 0, lost: 1, after: {}, failover: [], refused: 1, per_1k_after_usd: null, quality_after: null })
    // A quarter of its calls is too long for the one that is left.
    expect(rows.get('lengthy')).toMatchObject({ calls: 8, lost: 1, before: { big: 1 }, after: { small: 0.75 }, refused: 0.25 })
    expect(rows.get('elsewhere')).toMatchObject({ lost: 0, before: { small: 1 }, after: { small: 1 }, refused: 0 })
  })

  it('says the same in words', async () => {
    const { code, out } = await ask('--outage', 'main')
    expect(code).toBe(1)
    expect(out).toMatch(/^Without main:\n\ntask +loses +calls/)
    expect(out).toMatch(/\ngeneral +50\.0% +16 +\$8\.00 → \$12\.00 +0\.85 → 0\.90 +dear 100\.0% +small, dear, last/)
    expect(out).toMatch(/\nalone +100\.0% +0 +\S+ → unknown +– +nobody/)
    expect(out).toContain('! 100.0% of the calls of alone would be refused: no target is left for them')
    expect(out).toContain('! 25.0% of the calls of lengthy would be refused')
    expect(out).not.toContain('calls of general would be refused')
  })

  it('ends with 0 where every call still finds a target, and the chain is all that is shorter', async () => {
    const result = await ask('--outage', 'spare', '--json')
    expect(result, result.err).toMatchObject({ code: 0 })
    const rows = rowsOf(result)
    expect([...rows.values()].map(({ lost, refused }) => [lost, refused])).toEqual(Array.from({ length: 4 }, () => [0, 0]))
    expect(rows.get('general')).toMatchObject({ after: { big: 0.5, dear: 0.5 }, failover: ['big', 'small', 'dear'] })
  })

  it('looks only as far back as it is told', async () => {
    expect(rowsOf(await ask('--outage', 'main', '--since', '60d', '--json')).get('lengthy')).toMatchObject({ calls: 58, refused: expect.closeTo(52 / 58, 9) })
  })

  it('names the providers there are when asked about another', async () => {
    expect(await ask('--outage', 'nobody')).toMatchObject({ code: 2, err: expect.stringMatching(/There is no provider "nobody"[\s\S]*main, other, spare/) })
  })
})
