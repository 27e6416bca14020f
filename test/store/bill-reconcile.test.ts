// `bill --reconcile` end to end: stored attempts, an export file on disk, and what the command says and exits with.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { decimalOf, moneyAt } from '../cli/bill/rates.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { runCommand, type CommandResult } from '../support/run-command.ts'

const DAY_MS = 86_400_000
const start = Math.floor(Date.now() / DAY_MS) * DAY_MS - 12 * DAY_MS
const dayText = (day: number): string => new Date(start + day * DAY_MS).toISOString().slice(0, 10)
const RATES = { input: 2, cacheRead: 0.5, output: 10 }
const FLEX = { input: 1, cacheRead: 0.25, output: 5 }
const CONFIG = `
providers: { openai: { base_url: "https://api.openai.com/v1" } }
targets:
  x: { provider: openai, model: gpt-x, price: { input: 2, cache_read: 0.5, output: 10, service_tiers: { flex: 0.5 } } }
  y: { provider: openai, model: gpt-y, price: { input: 2, cache_read: 0.5, output: 10 } }
chains: { default: [{ target: x }] }
`

type Attempt = { readonly day: number; readonly model: string; readonly input: number; readonly read: number; readonly output: number }
const attempts: readonly Attempt[] = Array.from({ length: 400 }, (_, n) => ({ day: n % 10, model: n % 3 === 0 ? 'gpt-y' : 'gpt-x', input: 5_000 + ((n * 7_919) % 4_001), read: (n * 131) % 2_000, output: 2_000 + ((n * n * 37) % 997) }))

describe.skipIf(clickhouseMissing() !== undefined)('weighbridge bill --reconcile', () => {
  let database: TestDatabase
  let writer: ClickHouse
  let cwd: string
  let env: Record<string, string>

  beforeAll(async () => {
    database = await createTestDatabase()
    writer = createClickHouse(database.writer)
    cwd = await mkdtemp(join(tmpdir(), 'wb-reconcile-'))
    await writeFile(join(cwd, 'weighbridge.yaml'), CONFIG)
    env = { CLICKHOUSE_URL: database.reader.url, CLICKHOUSE_DATABASE: database.database, CLICKHOUSE_USER: database.reader.user, CLICKHOUSE_PASSWORD: database.reader.password }
    const rows = attempts.map(({ day, model, input, read, output }, n) => ({
      role: 'attempt', trace_id: n.toString(16).padStart(32, '0'), span_id: n.toString(16).padStart(16, '0'), parent_span_id: 'c', started_at: new Date(start + day * DAY_MS + (n % 24) * 3_600_000).toISOString(), ingested_at: new Date().toISOString(), duration_ns: '1',
      provider: 'openai', target: 'x', model, served_model: `${model}-2026-03-05`, service_tier: 'default', status: 'Ok', purpose: n % 11 === 0 ? 'eval' : 'production', is_simulated: false, attempt: 1,
      input_tokens: input, cache_read_tokens: read, output_tokens: output, cost_usd: decimalOf(moneyAt(RATES, input, read, output)), cost_source: 'priced',
    }))
    const simulated = rows.map((row, n) => ({ ...row, is_simulated: true, span_id: `f${n.toString(16).padStart(15, '0')}` }))
    await writer.insert('spans', [...rows, ...simulated].map((row) => JSON.stringify(row)).join('\n'), { token: 'rows' })
  })
  afterAll(async () => {
    await writer?.close()
    await database?.drop()
    if (cwd !== undefined) await rm(cwd, { recursive: true, force: true })
  })

  type Planted = { readonly rates?: (attempt: Attempt) => typeof RATES; readonly tier?: (attempt: Attempt) => string; readonly has?: (attempt: Attempt) => boolean }

  /** The usage API's answer and the dashboard's cost CSV for the same attempts, with what was planted. */
  async function exportsOf({ rates = () => RATES, tier = () => 'default', has = () => true }: Planted): Promise<string[]> {
    const seen = attempts.filter(has)
    const buckets = Array.from({ length: 10 }, (_, day) => ({
      object: 'bucket', start_time: (start + day * DAY_MS) / 1000, end_time: (start + (day + 1) * DAY_MS) / 1000,
      results: [...Map.groupBy(seen.filter((one) => one.day === day), (one) => `${one.model} ${tier(one)}`).values()].map((group) => ({
        object: 'organization.usage.completions.result', model: `${group[0]?.model}-2026-03-05`, service_tier: group[0] === undefined ? null : tier(group[0]), num_model_requests: group.length, project_id: null,
        input_tokens: group.reduce((sum, one) => sum + one.input, 0), input_cached_tokens: group.reduce((sum, one) => sum + one.read, 0), output_tokens: group.reduce((sum, one) => sum + one.output, 0),
      })),
    }))
    const costs = [...Map.groupBy(seen, (one) => `${one.day} ${one.model}`).values()].flatMap((group) => {
      const [first] = group
      if (first === undefined) return []
      const usd = (of: (one: Attempt) => bigint): string => decimalOf(group.reduce((sum, one) => sum + of(one), 0n))
      const items = [['input', usd((one) => moneyAt(rates(one), one.input - one.read, 0, 0))], ['cached input', usd((one) => moneyAt(rates(one), one.read, one.read, 0))], ['output', usd((one) => moneyAt(rates(one), 0, 0, one.output))]]
      return items.map(([what, amount]) => `${(start + first.day * DAY_MS) / 1000},${(start + (first.day + 1) * DAY_MS) / 1000},${amount},usd,"${first.model}, ${what}"`)
    })
    const [usageFile, costFile] = [join(cwd, 'usage.json'), join(cwd, 'costs.csv')]
    await writeFile(usageFile, JSON.stringify({ object: 'page', data: buckets, has_more: false, next_page: null }))
    await writeFile(costFile, ['start_time,end_time,amount_value,amount_currency,line_item', ...costs, ''].join('\n'))
    return ['--reconcile', 'usage.json', '--reconcile', 'costs.csv']
  }
  const run = (...words: string[]): Promise<CommandResult> => runCommand(['bill', ...words], { cwd, env })
  const found = (result: CommandResult): string[] => {
    const report = JSON.parse(result.out) as { differences: { day: string; model: string; causes: { cause: string; detail: string }[] }[] } // Our own output.
    return report.differences.flatMap(({ day, model, causes }) => causes.map(({ cause, detail }) => `${day} ${model} ${cause}${detail === '' ? '' : `: ${detail}`}`))
  }

  it('finds nothing where the provider counted the same, evals included, simulated calls not', async () => {
    const result = await run(...(await exportsOf({})), '--json')
    expect({ code: result.code, found: found(result) }).toEqual({ code: 0, found: [] })
    expect(JSON.parse(result.out)).toMatchObject({ compared: 20, providers: ['openai'], difference_usd: '0.00', from: dayText(0), until: dayText(9) })
    expect((await run(...(await exportsOf({})))).out).toMatch(/Nothing differs\./)
  })

  it('finds a planted mispricing and says which class, how much and since when', async () => {
    const words = await exportsOf({ rates: ({ model, day }) => (model === 'gpt-y' && day >= 7 ? { ...RATES, output: 12.5 } : RATES) })
    const result = await run(...words, '--json')
    expect(result.code).toBe(1)
    expect(found(result)).toEqual([7, 8, 9].map((day) => `${dayText(day)} gpt-y price: output: $12.5 there, $10 here per million`))
    expect((await run(...words)).out).toMatch(/3 differ: price 3 \(\$\d+\.\d+\)\. 3 open\./)
    expect((await run(...words, '--accept', 'price')).code).toBe(0)
  })

  it('finds a planted day that the provider does not have', async () => {
    const result = await run(...(await exportsOf({ has: ({ model, day }) => model !== 'gpt-x' || day !== 4 })), '--json')
    expect(result.code).toBe(1)
    expect(found(result)).toEqual([expect.stringMatching(new RegExp(`^${dayText(4)} gpt-x not_there: \\d+ request`))])
  })

  it('explains calls that were served at another tier, and lets them pass', async () => {
    const isFlex = ({ model, day, input }: Attempt): boolean => model === 'gpt-x' && day === 2 && input % 2 === 0
    const result = await run(...(await exportsOf({ rates: (one) => (isFlex(one) ? FLEX : RATES), tier: (one) => (isFlex(one) ? 'flex' : 'default') })), '--json')
    expect(found(result)).toEqual([expect.stringMatching(new RegExp(`^${dayText(2)} gpt-x service_tier: .*tokens at flex`))])
    expect(result.code).toBe(0)
    expect(JSON.parse(result.out)).toMatchObject({ open: 0, differences: [{ unexplained_usd: '0.00' }] })
  })

  it('compares only the days asked for', async () => {
    const words = await exportsOf({ has: ({ day }) => day !== 4 })
    expect(await run(...words, '--since', dayText(5), '--until', dayText(8))).toMatchObject({ code: 0, out: expect.stringMatching(/6 model days compared/) })
  })

  it('refuses files and words that fit nothing', async () => {
    await writeFile(join(cwd, 'other.csv'), 'a,b\n1,2\n')
    await writeFile(join(cwd, 'router.csv'), 'generation_id,created_at,cost_total,tokens_prompt,tokens_completion,model_permaslug\ng,2026-01-01,1,1,1,m\n')
    expect(await run('--reconcile', 'other.csv')).toMatchObject({ code: 2, err: expect.stringMatching(/no usage or cost export/) })
    expect(await run('--reconcile', 'absent.csv')).toMatchObject({ code: 2, err: expect.stringMatching(/absent\.csv: ENOENT/) })
    expect(await run('--reconcile', 'router.csv')).toMatchObject({ code: 2, err: expect.stringMatching(/No configured provider is at openrouter\.ai/) })
    expect(await run(...(await exportsOf({})), '--provider', 'azure')).toMatchObject({ code: 2, err: expect.stringMatching(/--provider takes/) })
    expect(await run(...(await exportsOf({})), '--accept', 'unexplained')).toMatchObject({ code: 2, err: expect.stringMatching(/--accept takes/) })
    expect(await run(...(await exportsOf({})), '--by', 'task')).toMatchObject({ code: 2, err: expect.stringMatching(/does not go with --reconcile/) })
  })
})
