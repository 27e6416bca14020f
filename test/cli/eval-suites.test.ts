// `eval lint` and `eval import` as a person runs them.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../support/run-command.ts'

const gitMissing = spawnSync('git', ['--version']).status === 0 ? undefined : 'git is not installed'
const folder = (): Promise<string> => mkdtemp(join(tmpdir(), 'wb-suites-'))

async function suiteIn(cwd: string, name: string, head: string, rows: readonly object[]): Promise<void> {
  await mkdir(join(cwd, name), { recursive: true })
  await writeFile(join(cwd, name, 'suite.yaml'), `name: ${name}\nversion: 1\n${head}`)
  await writeFile(join(cwd, name, 'probes.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'))
}
const row = { id: 'a', kind: 'factual', domain: 'd', question: 'Which town is meant by the old song?', answer: 'Lund', difficulty: 'easy', source: 's' }

describe('weighbridge eval lint', () => {
  it('finds nothing in the built-in suites, and says what they hold', async () => {
    const { code, out } = await runCommand(['eval', 'lint'], {})
    expect(code).toBe(0)
    expect(out).toMatch(/^nonsense v\d+ [0-9a-f]{16}: \d+ probes \(\d+ nonsense, \d+ control\) over \d+ domains\nfactual v\d+ .*\ncode v\d+ .*\nextraction v\d+ .*\nNo findings\.\n$/)
  })

  it('fails on an error, on a warning only with --strict, and gives both as JSON', async () => {
    const cwd = await folder()
    await suiteIn(cwd, 'leaky', 'kinds: [factual]\n', [{ ...row, question: 'Which town is Lund?' }])
    await suiteIn(cwd, 'bare', 'kinds: [factual]\n', [{ ...row, difficulty: undefined }])
    expect(await runCommand(['eval', 'lint', '--suite', 'leaky'], { cwd })).toMatchObject({ code: 1, out: expect.stringContaining('error leaky leak: the question of a holds its answer: "Lund"') })
    expect(await runCommand(['eval', 'lint', '--suite', 'bare'], { cwd })).toMatchObject({ code: 0, out: expect.stringContaining('1 of 1 probes have no difficulty') })
    const { code, out } = await runCommand(['eval', 'lint', '--suite', 'bare', '--strict', '--json'], { cwd })
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ suites: [{ name: 'bare', probes: 1, kinds: { factual: 1 } }], findings: [{ rule: 'missing_field', level: 'warning' }] })
  })

  it('lints the suites of the configuration under their names there, compares with others, and shows a sample', async () => {
    const cwd = await folder()
    await suiteIn(cwd, 'one', 'kinds: [factual]\n', [{ ...row, question: 'Which harbour town with seven bridges is meant by the old song of the fishermen?' }])
    await suiteIn(cwd, 'two', 'kinds: [factual]\n', [{ ...row, id: 'b', question: 'Which harbour town with seven bridges is meant by the old song of the sailors?' }])
    await writeFile(join(cwd, 'weighbridge.yaml'), 'suites: { songs: { path: one } }\n')
    const { code, out } = await runCommand(['eval', 'lint', '--against', 'two', '--sample', '1'], { cwd })
    expect(code).toBe(1)
    expect(out).toMatch(/^songs v1 .*\n {2}a: Which harbour town/)
    expect(out).toMatch(/a and b of two share \d+% of their wording/)
  })

  it('makes private suites from the secret in the environment or a file, and refuses without one', async () => {
    const cwd = await folder()
    expect(await runCommand(['eval', 'lint', '--suite', 'private:factual'], { cwd })).toMatchObject({ code: 2, err: expect.stringContaining('[private_seed]') })
    const named = await runCommand(['eval', 'lint', '--suite', 'private:factual'], { cwd, env: { WEIGHBRIDGE_PRIVATE_SEED: 'correct horse battery' } })
    expect(named).toMatchObject({ code: 0, out: expect.stringMatching(/^private-factual v1 [0-9a-f]{16}: 120 probes \(80 factual, 40 unanswerable\)/) })
    await writeFile(join(cwd, 'seed'), 'correct horse battery\n')
    expect((await runCommand(['eval', 'lint', '--suite', 'private:factual'], { cwd, env: { WEIGHBRIDGE_PRIVATE_SEED_FILE: join(cwd, 'seed') } })).out).toBe(named.out)
  })

  it.skipIf(gitMissing !== undefined)(`fails on a private suite that git has or would take${gitMissing === undefined ? '' : ` (${gitMissing})`}`, async () => {
    const cwd = await folder()
    const git = (...words: string[]): void => void execFileSync('git', words, { cwd, stdio: 'ignore' })
    git('init')
    await suiteIn(cwd, 'secret', 'kinds: [factual]\nprivate: true\n', [row])
    const lint = async (): Promise<string> => (await runCommand(['eval', 'lint', '--suite', 'secret'], { cwd })).out
    expect(await lint()).toMatch(/error secret private_exposed: .* is private and not ignored by git/)
    await writeFile(join(cwd, '.gitignore'), 'secret/\n')
    expect(await lint()).not.toMatch(/private_exposed/)
    git('add', '-f', 'secret')
    expect(await lint()).toMatch(/is private and committed to git/)
  })

  it('has no word to say on a private suite outside any repository', async () => {
    const cwd = await folder()
    await suiteIn(cwd, 'secret', 'kinds: [factual]\nprivate: true\n', [row])
    expect((await runCommand(['eval', 'lint', '--suite', 'secret'], { cwd })).code).toBe(0)
  })
})

describe('weighbridge eval import', () => {
  it('writes a suite, says how to name it, and tells what it left out', async () => {
    const cwd = await folder()
    await writeFile(join(cwd, 'set.jsonl'), '{"question": "Which town?", "answer": "Lund", "split": "test"}\n{"question": ""}\n')
    expect(await runCommand(['eval', 'import', 'jsonl', 'set.jsonl', '--out', 'suites/mine'], { cwd })).toMatchObject({ code: 2, err: expect.stringContaining('line 2: has no question') })
    const done = await runCommand(['eval', 'import', 'jsonl', 'set.jsonl', '--out', 'suites/mine', '--skip-bad', '--licence', 'CC0'], { cwd })
    expect(done).toMatchObject({ code: 0, out: expect.stringContaining('mine: { path: suites/mine, informs: { TASK: 1 } }'), err: 'left out, line 2: has no question (one of question, prompt, input, problem)\nnot taken over: member split\n' })
    expect(await readFile(join(cwd, 'suites/mine/suite.yaml'), 'utf8')).toMatch(/licence: CC0[\s\S]*source: set\.jsonl/)
    expect(await runCommand(['eval', 'lint', '--suite', 'suites/mine'], { cwd })).toMatchObject({ code: 0 })
  })

  it('names its formats, a missing folder and a missing file', async () => {
    expect(await runCommand(['eval', 'import', 'parquet', 'x'], {})).toMatchObject({ code: 2, err: expect.stringContaining('bullshitbench, simpleqa, omniscience, truthfulqa, promptfoo, jsonl') })
    expect(await runCommand(['eval', 'import', 'jsonl', 'x'], {})).toMatchObject({ code: 2, err: expect.stringContaining('--out is missing') })
    expect(await runCommand(['eval', 'import', 'jsonl', 'x', '--out', 'y'], {})).toMatchObject({ code: 2, err: expect.stringContaining('x cannot be read') })
    expect(await runCommand(['eval', 'import', 'jsonl'], {})).toMatchObject({ code: 2, err: expect.stringContaining('exactly one file') })
  })
})

describe('weighbridge eval run', () => {
  it('refuses a suite whose checks are programs before anything is asked, unless they are allowed', async () => {
    const cwd = await folder()
    await writeFile(
      join(cwd, 'weighbridge.yaml'),
      `providers: { p: { base_url: "http://127.0.0.1:9/v1", simulated: true } }
targets: { t: { provider: p, model: m, price: { input: 1, output: 1 } } }
chains: { default: [{ target: t }] }
suites: { code: { path: "builtin:code" }, secret: { path: "private:factual" } }
`,
    )
    const run = (suite: string): ReturnType<typeof runCommand> => runCommand(['eval', 'run', '--suite', suite, '--url', 'http://127.0.0.1:9'], { cwd })
    expect(await run('code')).toMatchObject({ code: 2, err: expect.stringMatching(/code: the checks are programs .* \[commands_off\]\n.*evals\.commands: isolated/) })
    expect(await run('secret')).toMatchObject({ code: 2, err: expect.stringContaining('[private_seed]') })
  })
})
