// `weighbridge traces` and a deep look at one with `weighbridge trace`: plain where it is piped, coloured on a terminal, JSON for programs.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { main } from '../../cli/main.ts'
import type { InsertRow } from '../../core/tables.ts'
import { createClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { demoRows } from '../dashboards/demo-rows.ts'
import { ndjson } from '../dashboards/fixture-rows.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { runCommand, type CommandResult } from '../support/run-command.ts'

const nowMs = Date.now()
const page = z.object({ query: z.string(), simulated: z.boolean(), calls: z.array(z.looseObject({ trace_id: z.string(), task: z.string(), status: z.string(), attempts: z.number() })), next: z.string().nullable() })

describe.skipIf(clickhouseMissing() !== undefined)('weighbridge traces', () => {
  let database: TestDatabase
  let env: Record<string, string>
  let cwd: string
  const rows = demoRows({ nowMs, simulated: true, calls: 120, hours: 20 })
  const calls = rows.spans.filter((row) => row['role'] === 'call')

  const run = (...words: string[]): Promise<CommandResult> => runCommand(words, { env, cwd })
  const found = async (...words: string[]): Promise<z.output<typeof page>> => {
    const result = await run('traces', '--simulated', '--json', '--since', '2d', ...words)
    expect(result).toMatchObject({ code: 0, err: '' })
    return page.parse(JSON.parse(result.out))
  }
  /** The same on a terminal. */
  const onTerminal = async (...words: string[]): Promise<string> => {
    let out = ''
    await main(words, { env, cwd, out: (text) => void (out += text), err: () => undefined, isTty: true, columns: 120, signal: new AbortController().signal })
    return out
  }

  beforeAll(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'wb-traces-'))
    await writeFile(join(cwd, 'weighbridge.yaml'), 'providers: { p: { base_url: "http://127.0.0.1:9/v1", api_key: k } }\ntargets: { gpt-5.4: { provider: p, model: gpt-5.4, price: { input: 2.5, cache_read: 0.25, output: 15 } } }\nchains: { default: [{ target: gpt-5.4 }] }\n')
    database = await createTestDatabase()
    const writer = createClickHouse(database.writer)
    try {
      for (const [table, some] of Object.entries(rows)) if (some.length > 0) await writer.insert(table, ndjson(some), { token: table })
    } finally {
      await writer.close()
    }
    env = { CLICKHOUSE_URL: database.reader.url, CLICKHOUSE_DATABASE: database.database, CLICKHOUSE_USER: database.reader.user, CLICKHOUSE_PASSWORD: database.reader.password }
  })
  afterAll(async () => {
    await database?.drop()
    if (cwd !== undefined) await rm(cwd, { recursive: true, force: true })
  })

  it('finds what the search says, says the search in its one spelling, and goes on behind a page', async () => {
    const meant = calls.filter((call) => Number(call['attempts']) > 1)
    const all = await found('attempts>1', '--limit', '500')
    expect(all.calls.map((call) => call.trace_id).toSorted()).toEqual(meant.map((call) => String(call['trace_id'])).toSorted())
    expect((await found('target=kimi-k2.6', 'status!=error')).query).toBe('target:kimi-k2.6 -status:error')
    expect((await found('-status:error', '-tag.team:search')).query).toBe('-status:error -tag.team:search')
    const first = await found('--limit', '50')
    const second = await found('--limit', '100', '--after', first.next ?? '')
    expect([first.calls.length, second.calls.length, second.next]).toEqual([50, 70, null])
    expect(new Set([...first.calls, ...second.calls].map((call) => call.trace_id)).size).toBe(120)
  })

  it('shows a call as a line, with its path, and how to go on', async () => {
    const { out } = await run('traces', 'attempts>1 simulated:yes', '--since', '2d', '--limit', '2')
    const lines = out.split('\n')
    expect(lines[1]).toMatch(/^ *started +task +path +outcome +cost/)
    expect(lines[3]).toMatch(/ → /)
    expect(out).toMatch(/\nMore: weighbridge traces 'attempts>1 simulated:yes' --since 2d --after \d+-[0-9a-f]{32}-[0-9a-f]{16}\n$/)
    expect(await run('traces', '--since', '2d')).toMatchObject({ code: 0, out: expect.stringMatching(/^No call found: calls, .*\nSimulated calls are found with simulated:yes\. A longer time: --since 7d\.\n$/) })
  })

  it('is plain where it is piped and coloured on a terminal, with the same words', async () => {
    const words = ['traces', 'attempts>1', '--simulated', '--since', '2d']
    const plain = (await run(...words)).out
    const painted = await onTerminal(...words)
    expect(painted).not.toBe(plain)
    expect(stripVTControlCharacters(painted)).toBe(plain)
    // oxlint-disable-next-line no-control-regex
    expect(plain).not.toMatch(/\u001b/)
  })

  it('counts by facet', async () => {
    const { out } = await run('traces', '--facets', '--simulated', '--since', '2d')
    expect(out).toMatch(/^SIMULATED 120 calls\n/)
    expect(out).toMatch(/\nstatus\n +ok +\d+\n/)
    const json = JSON.parse((await run('traces', '--facets', '--simulated', '--since', '2d', '--json', 'status:error')).out) as { total: number; facets: { field: string; values: { value: string; calls: number }[] }[] }
    expect(json.total).toBe(calls.filter((call) => call['status'] === 'Error').length)
    expect(json.facets.find(({ field }) => field === 'status')?.values.reduce((sum, { calls: some }) => sum + some, 0)).toBe(120)
  })

  it('marks what is wrong with a search and says what was probably meant', async () => {
    expect(await run('traces', 'targt:kimi status:eror')).toEqual({
      code: 2,
      out: '',
      err: [
        'weighbridge: The search cannot be read.',
        '  targt:kimi status:eror',
        '  ^^^^^             ^^^^',
        '  there is no field targt',
        '  status is one of ok, error, not "eror"',
        '  did you mean: target:kimi status:error [search_invalid]',
        '  → Correct the marked part; docs/trace-fields.md and `weighbridge traces --help` list the fields.',
        '',
      ].join('\n'),
    })
    const json = JSON.parse((await run('traces', 'hello', '--json')).err) as { error: { code: string; details: { faults: unknown[] } } }
    expect(json.error).toMatchObject({ code: 'search_invalid', details: { faults: [{ from: 0, to: 5 }] } })
    for (const [words, message] of [[['--since', 'monday'], /--since takes a date/], [['--limit', '501'], /--limit takes a whole number from 1 to 500/], [['--after', 'x'], /--after takes what a page ended with/], [['--since', '1h', '--until', '2h'], /--since must lie before --until/]] as const)
      expect(await run('traces', ...words)).toMatchObject({ code: 2, err: expect.stringMatching(message) })
  })

  describe('and one of them with `trace`', () => {
    const attempts = (call: InsertRow): InsertRow[] => rows.spans.filter((row) => row['role'] === 'attempt' && row['parent_span_id'] === call['span_id'])
    const shown = async (id: unknown): Promise<string> => {
      const result = await run('trace', String(id))
      expect(result).toMatchObject({ code: 0, err: '' })
      return result.out
    }

    it('tells attempts, first token, candidates with prices, exclusions, the split of the cost, and what was saved', async () => {
      const call = calls.find((one) => one['task'] === 'long_context' && one['stream'] === true && attempts(one).length === 1 && one['target'] === 'gpt-5.4')
      if (call === undefined) throw new Error('the fixture has no such call')
      const out = await shown(call['trace_id'])
      expect(out).toMatch(/SIMULATED\n\ncall long_context +█+/)
      expect(out).toMatch(/ {2}#1 gpt-5\.4 +░*█+ .*\d+ in, \d+ out, first token \d+ ms\n {5}HTTP 200 · finished stop · served by gpt-5\.4-2026-09 · fingerprint fp_44709d6fcb\n/)
      expect(out).toMatch(/\n▸ gpt-5\.4 +30\.0% +\$/)
      expect(out).toMatch(/\nleft out gpt-5\.5-low: ceiling \(estimated \$0\.0093 per 1,000 tokens, ceiling \$0\.0080\)\n/)
      expect(out).toMatch(/\ncost \$0\.\d+ · the prompt cache saved \$0\.\d+\n {2}attempt +input +cache read +cache write +output +fees +total +source\n/)
      const parts = /\n {2}#1 +\$([\d.]+) +\$([\d.]+) +– +\$([\d.]+) +– +\$([\d.]+) +priced\n/.exec(out)
      expect(parts).not.toBeNull()
      const [input, read, output, total] = (parts ?? []).slice(1).map(Number)
      expect((input ?? 0) + (read ?? 0) + (output ?? 0)).toBeCloseTo(total ?? Number.NaN, 3)
    })

    it('is found by a response id or a request id as well', async () => {
      const call = calls.find((one) => one['status'] === 'Ok')
      const response = attempts(call ?? {}).find((row) => row['response_id'] !== '')?.['response_id']
      for (const id of [call?.['trace_id'], call?.['request_id'], response]) expect(await shown(id)).toContain(`trace ${String(call?.['trace_id'])}`)
      expect(await run('trace', 'nobody')).toMatchObject({ code: 4, err: expect.stringMatching(/trace_unknown/) })
    })

    it('tells what was said of it afterwards, and that its text is kept', async () => {
      const edit = rows.signals.find((signal) => signal['kind'] === 'edit')
      expect(await shown(edit?.['trace_id'])).toMatch(/\nits answer came back changed \(30\.0% changed, 80\.0% of it is still there\), /)
      expect(await shown(rows.content[0]?.['trace_id'])).toMatch(/\nkept: prompt \(--content shows it\)\n/)
    })

    it('shows a part of a long trace and says so', async () => {
      const call = calls.find((one) => attempts(one).length > 1)
      const out = (await run('trace', String(call?.['trace_id']), '--spans', '1')).out
      expect(out).toContain('only the first 1 spans are shown; --spans N shows more')
      const json = JSON.parse((await run('trace', String(call?.['trace_id']), '--json')).out) as { spans: unknown[]; truncated: boolean }
      expect(json).toMatchObject({ truncated: false, spans: [{}, {}, {}].slice(0, attempts(call ?? {}).length + 1) })
    })
  })
})
