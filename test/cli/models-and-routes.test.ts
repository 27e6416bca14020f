// `weighbridge models` and `routes show`: plain where they are piped, coloured on a terminal with the same words, JSON for programs.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { main } from '../../cli/main.ts'
import { createClickHouse } from '../../store/clickhouse/clickhouse.ts'
import { demoRows } from '../dashboards/demo-rows.ts'
import { ndjson } from '../dashboards/fixture-rows.ts'
import { clickhouseMissing, createTestDatabase, type TestDatabase } from '../support/database.ts'
import { runCommand } from '../support/run-command.ts'
import { startRouterCommand, type RunningRouterCommand } from '../support/running-router.ts'

const CONFIG = `providers: { p: { base_url: "http://127.0.0.1:9/v1", api_key: k } }
targets:
  kimi-k2.6: { provider: p, model: kimi-k2.6, price: { input: 1, output: 4 } }
  gpt-5.4: { provider: p, model: gpt-5.4, price: { input: 2, output: 15 } }
chains: { default: [{ target: kimi-k2.6 }, { target: gpt-5.4 }] }
tasks: { simple_qa: { route: { kimi-k2.6: 0.7, gpt-5.4: 0.3 } } }
`

describe.skipIf(clickhouseMissing() !== undefined)('the figures of targets and the weights in force', () => {
  let database: TestDatabase
  let env: Record<string, string>
  let cwd: string
  let router: RunningRouterCommand

  const both = async (...words: string[]): Promise<{ plain: string; painted: string }> => {
    const plain = await runCommand(words, { env, cwd })
    expect(plain).toMatchObject({ code: 0, err: '' })
    let painted = ''
    await main(words, { env, cwd, out: (text) => void (painted += text), err: () => undefined, isTty: true, columns: 120, signal: new AbortController().signal })
    return { plain: plain.out, painted }
  }

  beforeAll(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'wb-models-'))
    await writeFile(join(cwd, 'weighbridge.yaml'), CONFIG)
    database = await createTestDatabase()
    const writer = createClickHouse(database.writer)
    try {
      for (const simulated of [true, false]) for (const [table, some] of Object.entries(demoRows({ nowMs: Date.now(), simulated, calls: 60, hours: 20 }))) if (some.length > 0) await writer.insert(table, ndjson(some), { token: `${table} ${simulated}` })
    } finally {
      await writer.close()
    }
    env = { CLICKHOUSE_URL: database.reader.url, CLICKHOUSE_DATABASE: database.database, CLICKHOUSE_USER: database.reader.user, CLICKHOUSE_PASSWORD: database.reader.password }
    router = await startRouterCommand(cwd, '.weighbridge', ['--primary'], env)
  })
  afterAll(async () => {
    await router?.stop()
    await database?.drop()
    if (cwd !== undefined) await rm(cwd, { recursive: true, force: true })
  })

  it('models are shown with both sides apart, the same words in colour', async () => {
    const { plain, painted } = await both('models')
    expect(plain).toMatch(/^target +task +calls +cost\/call/)
    expect(plain).toMatch(/\nSIMULATED\ntarget/)
    expect(plain).toMatch(/\(\d+ unpriced\)/)
    expect(stripVTControlCharacters(painted)).toBe(plain)
    expect(painted).not.toBe(plain)
    const json = JSON.parse((await both('models', '--json')).plain) as { real: { target: string }[]; simulated: { target: string }[] }
    expect(json.real.map((row) => row.target)).not.toContain('gpt-5.4')
    expect(json.simulated.map((row) => row.target)).toContain('gpt-5.4')
  })

  it('weights are shown with a bar each, the same words in colour', async () => {
    const { plain, painted } = await both('routes', 'show')
    expect(plain).toMatch(/^No table published: configured weights\.\n\ntask +target +in force/)
    expect(plain).toMatch(/\nsimple_qa +kimi-k2\.6 +70\.0% +███████··· +70\.0% +config\n +gpt-5\.4 +30\.0% +███······· +30\.0%\n/)
    expect(stripVTControlCharacters(painted)).toBe(plain)
    expect(painted).not.toBe(plain)
    const json = JSON.parse((await both('routes', 'show', '--json')).plain) as { tasks: { task: string; weights: Record<string, number> }[] }
    expect(json.tasks.find(({ task }) => task === 'simple_qa')?.weights).toEqual({ 'kimi-k2.6': 0.7, 'gpt-5.4': 0.3 })
  })
})
