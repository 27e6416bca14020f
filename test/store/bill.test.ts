// The bill of a generated month against the generator's own books, kept apart in whole picodollars.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createClickHouse, type ClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { parseMoney } from '../../store/bill/money.ts'
import { parseCsv } from '../../cli/bill/csv.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { runCommand, type CommandResult } from '../support/run-command.ts'
import { generateMonth, type Books } from './bill-month.ts'

type Figures = Readonly<Record<string, string | number | null>>
type BillJson = { readonly ongoing: boolean; readonly lines: readonly (Figures & { readonly key: Readonly<Record<string, string>> })[]; readonly total: Figures; readonly notes: readonly string[] }

const month = generateMonth(Date.now(), 4_000)
const pico = (value: string | number | null | undefined): bigint => parseMoney(String(value)) ?? -1n
const all = (of: (books: Books) => bigint): bigint => [...month.books.values()].reduce((sum, books) => sum + of(books), 0n)
const count = (of: (books: Books) => number): number => [...month.books.values()].reduce((sum, books) => sum + of(books), 0)

describe.skipIf(clickhouseMissing() !== undefined)('weighbridge bill', () => {
  let database: TestDatabase
  let writer: ClickHouse
  let cwd: string
  let env: Record<string, string>

  beforeAll(async () => {
    database = await createTestDatabase()
    writer = createClickHouse(database.writer)
    cwd = await mkdtemp(join(tmpdir(), 'wb-bill-'))
    await writeFile(join(cwd, 'weighbridge.yaml'), 'providers: { pa: { base_url: "http://127.0.0.1:9/v1" } }\ntargets: { a: { provider: pa, model: ma } }\nchains: { default: [{ target: a }] }\n')
    env = { CLICKHOUSE_URL: database.reader.url, CLICKHOUSE_DATABASE: database.database, CLICKHOUSE_USER: database.reader.user, CLICKHOUSE_PASSWORD: database.reader.password }
    await writer.insert('spans', month.rows.map((row) => JSON.stringify(row)).join('\n'), { token: 'month' })
  })
  afterAll(async () => {
    await writer?.close()
    await database?.drop()
    if (cwd !== undefined) await rm(cwd, { recursive: true, force: true })
  })

  const run = (...words: string[]): Promise<CommandResult> => runCommand(['bill', ...words], { cwd, env })
  async function billed(...words: string[]): Promise<BillJson> {
    const { code, out, err } = await run('--json', ...words)
    expect({ code, err }).toEqual({ code: 0, err: '' })
    return JSON.parse(out) as BillJson // Our own output, whose members each test looks at.
  }

  it('agrees with the books to the picodollar, line by line and in total', async () => {
    const { lines, total } = await billed('--month', month.month, '--by', 'key,tag.team,task,target')
    expect(month.books.size).toBe(54)
    expect(lines.map((line) => JSON.stringify([line.key['key'], line.key['tag.team'], line.key['task'], line.key['target']])).toSorted()).toEqual([...month.books.keys()].toSorted())
    for (const line of lines) {
      const books = month.books.get(JSON.stringify([line.key['key'], line.key['tag.team'], line.key['task'], line.key['target']]))
      if (books === undefined) throw new Error('a line that the books do not have')
      expect({ ...line, key: undefined }).toMatchObject({ attempts: books.attempts, failed_attempts: books.failed, unpriced_attempts: books.unpriced, input: books.input, output: books.output })
      expect(Number(line['calls']) + Number(line['eval_calls']) + Number(line['judge_calls'])).toBe(books.calls)
      expect(Number(line['unpriced_input']) + Number(line['unpriced_output'])).toBe(books.unpricedTokens)
      for (const name of ['production', 'wasted', 'aborted', 'eval', 'judge', 'estimated', 'backfilled', 'provider', 'priced', 'difference'] as const)
        if (line[`${name}_usd`] !== null) expect([name, pico(line[`${name}_usd`])]).toEqual([name, books[name]])
        else expect([name, books[name], books.unpriced > 0]).toEqual([name, 0n, true])
    }
    for (const name of ['production', 'wasted', 'aborted', 'eval', 'judge', 'estimated', 'backfilled', 'provider', 'priced', 'difference'] as const) expect([name, pico(total[`${name}_usd`])]).toEqual([name, all((books) => books[name])])
    expect(pico(total['total_usd'])).toBe(all((books) => books.production + books.eval + books.judge))
    expect(pico(total['total_usd'])).toBe(all((books) => books.estimated + books.backfilled + books.provider + books.priced))
    // Only a call's last attempt goes unpriced here, so that calls and attempts agree.
    expect(total).toMatchObject({ attempts: count((books) => books.attempts), unpriced_attempts: count((books) => books.unpriced), unpriced_calls: count((books) => books.unpriced) })
    expect(count((books) => books.unpriced)).toBeGreaterThan(50)
    expect(all((books) => books.backfilled)).toBeGreaterThan(0n)
  })

  it('has the same total however it is cut', async () => {
    const whole = (await billed('--month', month.month)).total
    for (const by of ['day', 'user', 'session,task', 'provider,model', 'purpose,surface,effort', 'tag.none', 'tag.team,tag.none,day']) expect([by, (await billed('--month', month.month, '--by', by)).total]).toEqual([by, whole])
    const [first, rest] = [await billed('--since', `${month.month}-01`, '--until', `${month.month}-11`), await billed('--since', `${month.month}-11T00:00:00Z`, '--until', new Date(month.to).toISOString())]
    expect(pico(first.total['total_usd']) + pico(rest.total['total_usd'])).toBe(pico(whole['total_usd']))
  })

  it('writes a CSV whose lines add up exactly to its last one', async () => {
    const records = parseCsv((await run('--month', month.month, '--csv', '--by', 'task,day')).out)
    if (!Array.isArray(records)) throw new Error('no CSV')
    const [head = [], ...lines] = records
    const column = head.indexOf('total_usd')
    const sum = lines.slice(0, -1).reduce((total, line) => total + pico(line[column] ?? ''), 0n)
    expect(lines.at(-1)?.[0]).toBe('TOTAL')
    expect(sum).toBe(pico(lines.at(-1)?.[column]))
    expect(sum).toBe(all((books) => books.production + books.eval + books.judge))
    expect(lines[0]?.[head.indexOf('day')]).toMatch(/^\d{4}-\d{2}-\d{2}$/)
  })

  it('bills simulated traffic alone, and only when asked', async () => {
    const { total } = await billed('--month', month.month, '--simulated')
    expect(pico(total['total_usd'])).toBe(month.simulatedUsd)
    expect((await run('--month', month.month, '--simulated')).out).toMatch(/^SIMULATED bill/)
  })

  it('says until when a running month goes, what an empty period is, and what has no price', async () => {
    expect(await billed()).toMatchObject({ ongoing: true })
    expect((await run()).out).toMatch(/so far: until \d{4}/)
    const empty = await billed('--since', '2001-01-01', '--until', '2001-02-01')
    expect(empty).toMatchObject({ ongoing: false, lines: [], total: { total_usd: '0.00', attempts: 0 } })
    expect((await run('--since', '2001-01-01', '--until', '2001-02-01')).out).toMatch(/No attempts and no calls/)
    const { notes } = await billed('--month', month.month)
    expect(notes.join(' ')).toMatch(/have no known cost and are in no amount/)
    expect(notes.join(' ')).toMatch(/providers reported \$/)
    expect((await run('--month', month.month, '--by', 'tag.team')).out).toMatch(/\(none\)/)
  })

  it.each([
    [['--by', 'taks'], /no dimension "taks"; did you mean task/],
    [['--by', 'tag.'], /no dimension "tag\."/],
    [['--by', 'task,task'], /twice/],
    [['--month', '2026-13'], /--month takes a month/],
    [['--month', '2999-01'], /future/],
    [['--month', '2026-01', '--since', '2026-01-01'], /not both/],
    [['--since', '2026-02-31'], /--since takes a date/],
    [['--until', '2026-02-01'], /--until needs --since/],
    [['--csv', '--json'], /not both/],
    [['--accept', 'price'], /goes with --reconcile/],
  ])('refuses %j', async (words, message) => {
    expect(await run(...words)).toMatchObject({ code: 2, err: expect.stringMatching(message) })
  })
})
