// `config explain` and `config confusion` as a person types them, by the files alone.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { callExplanation } from '../../core/explanation.ts'
import { runCommand, type CommandResult } from '../support/run-command.ts'

const YAML = `
providers: { p: { base_url: "http://127.0.0.1:9/v1" } }
targets:
  cheap: { provider: p, model: cheap, price: { input: 1, output: 4 } }
  dear: { provider: p, model: dear, price: { input: 10, output: 40 } }
chains: { default: [ { target: cheap, max_cost_per_1k: 0.0005 }, { target: dear, max_cost_per_1k: 0.03 } ] }
tasks:
  factual_recall: { route: { dear: 1 } }
  travel: { route: { cheap: 0.5, dear: 0.5 }, rules: [ { name: islands, phrases: ["gotland"] }, { name: prompt, system_prompt: ["SYSTEM"] } ] }
`
const SYSTEM = 'You plan journeys.'
const SYSTEM_SHA = 'ac1737cc2a97'

function folder(yaml = YAML): string {
  const dir = mkdtempSync(join(tmpdir(), 'wb-explain-'))
  writeFileSync(join(dir, 'weighbridge.yaml'), yaml.replace('SYSTEM', SYSTEM_SHA))
  return dir
}
const explain = (words: readonly string[], cwd = folder()): Promise<CommandResult> => runCommand(['config', 'explain', ...words], { cwd })
const answer = async (words: readonly string[], cwd?: string): Promise<ReturnType<typeof callExplanation.parse>> => callExplanation.parse(JSON.parse((await explain([...words, '--json'], cwd)).out))

describe('weighbridge config explain', () => {
  it('shows without a call which shapes each link admits', async () => {
    const { code, out } = await explain([])
    expect(code).toBe(0)
    expect(out).toContain('chain default')
    // (200·1 + 300·4) / 500 tokens = $2.80 per million, above $0.50.
    expect(out).toMatch(/cheap +\$0\.000500 +\$0\.002800 !/)
    expect(out).toMatch(/dear +\$0\.0300 +\$0\.0280 /)
    expect(JSON.parse((await explain(['--json'])).out)).toContainEqual(expect.objectContaining({ chain: 'default', target: 'cheap', shape: 'short question', within: false }))
  })

  it('shows the path of a text to its task and to its candidates', async () => {
    const { out } = await explain(['Which', 'ferry', 'goes', 'to', 'Gotland?'])
    expect(out).toContain('task    travel, by a rule')
    expect(out).toMatch(/travel\/islands \(priority 0\): decided\n +✓ phrases: found "gotland"/)
    expect(out).toContain('files alone: no cooldowns, drains or budgets')
    const explained = await answer(['Which ferry goes to Gotland?'])
    expect(explained.candidates.map(({ target, share, waived }) => [target, share, waived])).toEqual([['cheap', 1, true], ['dear', 0, false]])
  })

  it('takes a whole body, the caller’s own wishes, and a system prompt whose hash a rule names', async () => {
    const dir = folder()
    writeFileSync(join(dir, 'body.json'), JSON.stringify({ model: 'auto', max_tokens: 50, messages: [{ role: 'user', content: 'Who wrote the novel Aniara?' }] }))
    writeFileSync(join(dir, 'system.txt'), `${SYSTEM}\n`)
    const whole = await answer(['--body', 'body.json', '--max-cost-per-1k', '0.01'], dir)
    expect(whole.task).toMatchObject({ name: 'factual_recall', source: 'rule' })
    expect(whole.request.max_output_tokens).toBe(50)
    expect(whole.candidates.every(({ ceiling }) => ceiling !== null && ceiling <= 0.01)).toBe(true)
    const { out } = await explain(['Plan', 'it', '--system', 'system.txt'], dir)
    expect(out).toContain(`system prompt ${SYSTEM_SHA}`)
    expect(out).toContain('task    travel, by a rule')
    expect((await answer(['--task', 'travel', '--home', 'cheap', '--home-tokens', '900', 'On'], dir)).home).toMatchObject({ target: 'cheap', how: 'kept' })
  })

  it('says what is wrong with a question, and ends with 1 where nobody could answer', async () => {
    expect(await explain(['--model', 'cheep'])).toMatchObject({ code: 2, err: expect.stringContaining('Did you mean cheap') })
    expect(await explain(['--input-tokens', 'many'])).toMatchObject({ code: 2, err: expect.stringContaining('--input-tokens takes a whole number') })
    expect(await explain(['--body', 'nowhere.json'])).toMatchObject({ code: 2, err: expect.stringContaining('nowhere.json cannot be read') })
    expect(await explain(['--surface', 'mail', 'Hi'])).toMatchObject({ code: 2, err: expect.stringContaining('surface') })
    const refusing = folder(YAML.replace('travel: {', 'travel: { on_ceiling: refuse,'))
    const nobody = await explain(['--task', 'travel', '--max-cost-per-1k', '0.000001'], refusing)
    expect(nobody.code).toBe(1)
    expect(nobody.out).toContain('nobody: no target is admissible')
  })

  it('goes by what a router of the data directory has learned', async () => {
    const dir = folder()
    const words = ['--task', 'travel', '--input-tokens', '500']
    const before = await answer(words, dir)
    mkdirSync(join(dir, '.weighbridge'))
    writeFileSync(join(dir, '.weighbridge', 'expected-output.json'), JSON.stringify({ v: 1, rows: [{ evidenceKey: 'p/cheap', task: 'travel', bucket: '<2k', warm: false, calls: 50, outputTokens: 3_000, cacheReadShare: 0 }] }))
    const after = await answer(words, dir)
    expect(before.candidates[0]?.est_usd).toBeCloseTo((500 * 1 + 350 * 4) / 1e6, 12)
    expect(after.candidates[0]?.est_usd).toBeCloseTo((500 * 1 + 3_000 * 4) / 1e6, 12)
    writeFileSync(join(dir, '.weighbridge', 'expected-output.json'), '{"v":2}')
    expect(await explain(words, dir)).toMatchObject({ code: 4, err: expect.stringContaining('expected-output.json cannot be read') })
  })
})

describe('weighbridge config confusion', () => {
  const labelled = (rows: readonly object[]): string => rows.map((row) => JSON.stringify(row)).join('\n')
  const run = async (rows: readonly object[], words: readonly string[] = []): Promise<CommandResult> => {
    const dir = folder()
    writeFileSync(join(dir, 'calls.jsonl'), labelled(rows))
    return runCommand(['config', 'confusion', 'calls.jsonl', ...words], { cwd: dir })
  }
  const ROWS = [
    { text: 'Who wrote the novel Aniara?', task: 'factual_recall', source: 'quiz' },
    { text: 'When does the ferry to Gotland leave?', task: 'travel', source: 'desk' },
    { text: 'Tell me a story about a lighthouse.', task: 'general', source: 'desk' },
    { text: 'Tell me a story about a bridge.', task: 'travel', source: 'desk' },
  ]

  it('reports by task and by source, with intervals and the most frequent errors', async () => {
    const { code, out } = await run(ROWS)
    expect(code).toBe(0)
    expect(out).toContain('4 labelled calls: routed right 0.750')
    expect(out).toMatch(/travel → general: 1/)
    expect(JSON.parse((await run(ROWS, ['--json'])).out)).toMatchObject({ rows: 4, accuracy: { count: 3, of: 4 }, matrix: { travel: { travel: 1, general: 1 } }, unknown_tasks: [] })
  })

  it('is a gate with --min-accuracy, and names labels that are no task and lines that are no call', async () => {
    expect((await run(ROWS, ['--min-accuracy', '0.8'])).code).toBe(1)
    expect((await run(ROWS, ['--min-accuracy', '0.7'])).code).toBe(0)
    expect((await run([...ROWS, { text: 'x', task: 'nothing' }])).out).toContain('no task of this configuration, never given: nothing')
    expect(await run([{ txt: 'a secret prompt', task: 'travel' }])).toMatchObject({ code: 2, err: expect.not.stringContaining('secret') })
    expect(await run([])).toMatchObject({ code: 2, err: expect.stringContaining('no labelled call') })
  })
})
