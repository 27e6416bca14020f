// A user's own suite of forty questions, from the file to a changed recommendation, as docs/evals.md tells it: its configuration and
// its commands are taken from the page. A real `up`; the provider is a socket that knows the answers and gives them to one model.
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { loadSuite } from '../../evals/probes/load.ts'
import { clickhouseMissing } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'
import { startUp, type RunningUp } from './running-up.ts'

const missing = clickhouseMissing()
if (missing !== undefined) console.warn(`a user's own suite is not tested: ${missing}`)
const root = fileURLToPath(new URL('../../', import.meta.url))
const EXAMPLE = join(root, 'docs/examples/support')
/** Questions that the cheap model gets wrong. */
const TOO_HARD = 16
const asked = z.object({ model: z.string(), messages: z.array(z.object({ role: z.string(), content: z.string() })) })

/** The fenced block after a mark on the page. */
function blockOf(page: string, mark: string): string {
  const found = new RegExp(`<!-- own-suite: ${mark} -->\\n\`\`\`\\w+\\n([\\s\\S]*?)\`\`\``).exec(page)
  if (found?.[1] === undefined) throw new Error(`docs/evals.md has no block "${mark}"`)
  return found[1]
}

describe.skipIf(missing !== undefined)('forty questions of a user’s own', () => {
  let provider: Server
  let up: RunningUp
  let cwd: string
  let commands: string[][]
  let systems: Set<string>

  beforeAll(async () => {
    const page = await readFile(join(root, 'docs/evals.md'), 'utf8')
    const { probes } = await loadSuite(EXAMPLE)
    expect(probes).toHaveLength(40)
    const hard = [...probes].sort((a, b) => Number(b.difficulty === 'hard') - Number(a.difficulty === 'hard')).slice(0, TOO_HARD)
    const tooHard = new Set(hard.map((probe) => probe.question))
    const answers = new Map(probes.map((probe) => [probe.question, probe.kind === 'task' ? rightAnswer(probe.grader) : '']))
    systems = new Set()
    provider = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        const { model, messages } = asked.parse(JSON.parse(Buffer.concat(chunks).toString()))
        const question = messages.find((message) => message.role === 'user')?.content ?? ''
        systems.add(messages.find((message) => message.role === 'system')?.content ?? '')
        const content = model === 'small-1' && tooHard.has(question) ? 'Yes, gladly: 7777.' : (answers.get(question) ?? 'I will ask a colleague.')
        response.writeHead(200, { 'content-type': 'application/json' })
        response.end(JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model, choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }], usage: { prompt_tokens: 300, completion_tokens: 20, total_tokens: 320 } }))
      })
    })
    await new Promise<void>((listening) => provider.listen(0, '127.0.0.1', listening))
    const address = provider.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    cwd = await mkdtemp(join(tmpdir(), 'wb-own-'))
    const told = z.record(z.string(), z.unknown()).parse(parse(blockOf(page, 'configuration')))
    await writeFile(
      join(cwd, 'weighbridge.yaml'),
      stringify({
        providers: { hosted: { base_url: `http://127.0.0.1:${port}/v1` } },
        targets: { small: { provider: 'hosted', model: 'small-1', price: { input: 0.2, output: 0.8 } }, large: { provider: 'hosted', model: 'large-1', price: { input: 1, output: 4 } } },
        ...told,
      }),
    )
    await cp(EXAMPLE, join(cwd, 'suites', 'support'), { recursive: true })
    commands = blockOf(page, 'commands').trim().split('\n').map((line) => line.replace(/#.*$/, '').trim().split(/\s+/).slice(2))
    up = await startUp([], { cwd })
  }, 120_000)

  afterAll(async () => {
    await up?.stop()
    provider?.close()
    if (cwd !== undefined) await rm(cwd, { recursive: true, force: true })
  }, 60_000)

  it('are checked, estimated, asked, graded, and move the task they speak for', async () => {
    expect(commands.map((words) => words.slice(0, 2).join(' '))).toEqual(['eval lint', 'eval estimate', 'eval run', 'routes recommend', 'routes apply', 'routes show'])
    const [lint, estimate, run, recommend, apply, show] = commands
    const told = async (words: readonly string[] | undefined): Promise<string> => {
      const result = await up.command(words ?? [])
      expect(result, `${words?.join(' ')}\n${result.out}\n${result.err}`).toMatchObject({ code: 0 })
      return result.out
    }
    expect(await told(lint)).toMatch(/40 probes[\s\S]*No findings/)
    expect(await told(estimate)).toMatch(/80 trials/)
    const printed = await told(run)
    expect(printed).toMatch(/80 trials, graded by offline/)
    const results = await eventually(async () => {
      const rows = await up.reader.rows("SELECT target, countIf(label = 'pass') AS passed, count() AS n FROM eval_results WHERE suite = 'support' GROUP BY target ORDER BY target")
      return rows.length === 2 && rows.every((row) => row['n'] === '40') ? rows : undefined
    }, 60_000)
    expect(results).toEqual([{ target: 'large', passed: '40', n: '40' }, { target: 'small', passed: '24', n: '40' }])
    // The suite's rules were the system prompt of every call.
    expect([...systems].every((text) => text.startsWith('You answer customers of Nordwind')), [...systems].join('\n')).toBe(true)
    const advice = await told(recommend)
    expect(advice).toMatch(/Move 100% of support_answers from small to large[\s\S]*80 probes over 1 night[\s\S]*support\/score \(informs 1\) graded by rules@/)
    expect(await told(apply)).toMatch(/Version 1 is published/)
    const shown = await told(show)
    expect(shown).toMatch(/support_answers +small +0\.0%\D+100\.0%[\s\S]*large +100\.0%\D+0\.0%/)
  }, 120_000)
})

type Grader = { readonly type: string; readonly answer?: string | number | undefined; readonly all?: readonly string[] | undefined; readonly any?: readonly string[] | undefined; readonly expected?: unknown }

/** An answer that the grader of a row lets pass. */
function rightAnswer(grader: Grader): string {
  switch (grader.type) {
    case 'number':
      return `It is ${String(grader.answer)}.`
    case 'exact':
      return String(grader.answer)
    case 'contains':
      return [...(grader.all ?? []), grader.any?.[0] ?? ''].join(' ')
    case 'json_schema':
      return JSON.stringify(grader.expected)
    default:
      return 'No.'
  }
}
