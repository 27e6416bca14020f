// The nightly workflow and its action: what they call exists, inputs never become script text, and the script that opens the pull
// request pushes a proposed table once, and none that is stale. Real git with a bare remote; gh and the check are stand-ins that say what they were asked.
import { execFile } from 'node:child_process'
import { access, chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { command } from '../../cli/commands/eval-nightly.ts'

const exec = promisify(execFile)
const root = fileURLToPath(new URL('../../', import.meta.url))
type Step = { name?: string; uses?: string; run?: string; env?: Record<string, string>; with?: Record<string, unknown> }
type Action = { inputs: Record<string, { description: string; default?: string }>; runs: { steps: Step[] } }
type Workflow = { jobs: Record<string, { steps: Step[] }> }

const read = async <T>(path: string): Promise<T> => parse(await readFile(join(root, path), 'utf8')) as T
const action = await read<Action>('action.yml')
const workflow = await read<Workflow>('.github/workflows/nightly-evals.yml')
const workflowSteps = Object.values(workflow.jobs).flatMap((job) => job.steps)

describe('the nightly action', () => {
  it('takes no input into a script but through the environment', () => {
    for (const step of [...action.runs.steps, ...workflowSteps]) expect(step.run ?? '', step.name ?? '').not.toContain('${{')
  })

  it('calls the nightly command with options that it has, and files that are there', async () => {
    const script = action.runs.steps.map((step) => step.run ?? '').join('\n')
    const used = [...script.matchAll(/--([a-z][a-z-]+)/g)].map((match) => match[1] ?? '').filter((name) => !['prefix', 'omit', 'no-audit', 'no-fund', 'config'].includes(name))
    expect(used.length).toBeGreaterThan(4)
    for (const name of used) expect(Object.keys(command.options ?? {})).toContain(name)
    for (const [, path = ''] of script.matchAll(/\$ACTION_PATH\/([\w./-]+)/g)) await access(join(root, path))
  })

  it('is given by the workflow only inputs that it has', () => {
    const given = workflowSteps.filter((step) => step.uses === './').flatMap((step) => Object.keys(step.with ?? {}))
    expect(given.length).toBeGreaterThan(0)
    for (const name of given) expect(Object.keys(action.inputs)).toContain(name)
  })
})

describe('proposing a table', () => {
  let dir: string
  let work: string
  const git = (...words: string[]): Promise<{ stdout: string }> => exec('git', ['-C', work, ...words])

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'wb-propose-'))
    work = join(dir, 'work')
    await exec('git', ['init', '--quiet', '--bare', '--initial-branch=main', join(dir, 'origin.git')])
    await exec('git', ['init', '--quiet', '--initial-branch=main', work])
    await git('remote', 'add', 'origin', join(dir, 'origin.git'))
    await git('-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '--quiet', '--allow-empty', '--message', 'first')
    await git('push', '--quiet', 'origin', 'main')
    await mkdir(join(dir, 'bin'))
    await stand('gh', 'printf "%s\\n" "$@" >>"$LOG"; case $2 in list) printf "%s" "${OPEN:-}";; *) echo "https://example.com/pull/1";; esac')
    await stand('fits', 'printf "checked %s\\n" "$*" >>"$LOG"; exit "${FITS:-0}"')
    await mkdir(join(work, 'nightly'))
  })
  afterEach(() => rm(dir, { recursive: true, force: true }))

  async function stand(name: string, body: string): Promise<void> {
    await writeFile(join(dir, 'bin', name), `#!/bin/sh\n${body}\n`)
    await chmod(join(dir, 'bin', name), 0o755)
  }
  async function proposal(): Promise<void> {
    await writeFile(join(work, 'nightly', 'route-table.json'), '{"version":4,"parent":3}\n')
    await writeFile(join(work, 'nightly', 'pull-request.md'), '<!-- weighbridge parent=3 version=4 hash=abcdef0123456789 -->\nWhy.\n')
    await writeFile(join(work, 'nightly', 'pull-request-title.txt'), 'Route table 4 (on 3): factual_recall\n')
  }
  const propose = (env: Record<string, string> = {}): Promise<{ stdout: string; stderr: string }> =>
    exec('bash', [join(root, 'deploy/nightly/propose.sh'), 'nightly', 'routes/table.json', '--table', 'routes/table.json'], {
      cwd: work,
      env: { ...process.env, PATH: `${join(dir, 'bin')}:${process.env['PATH'] ?? ''}`, LOG: join(dir, 'log'), WEIGHBRIDGE: 'fits', GIT_CONFIG_GLOBAL: '/dev/null', ...env },
    })
  const log = (): Promise<string> => readFile(join(dir, 'log'), 'utf8').catch(() => '')

  it('pushes it on a branch of its own and opens the pull request, once', async () => {
    await proposal()
    expect((await propose()).stdout).toContain('https://example.com/pull/1')
    const branch = 'weighbridge/routes-on-3'
    expect((await git('show', `origin/${branch}:routes/table.json`)).stdout).toBe('{"version":4,"parent":3}\n')
    expect((await git('log', '-1', '--format=%s', `origin/${branch}`)).stdout).toBe('Route table 4 (on 3): factual_recall\n')
    // Only the table: no evidence, no report.
    expect((await git('diff', '--name-only', 'main', `origin/${branch}`)).stdout).toBe('routes/table.json\n')
    expect(await log()).toMatch(/checked eval nightly --check nightly\/route-table\.json --table routes\/table\.json\npr\nlist\n[\s\S]*pr\ncreate\n--base\nmain\n--head\nweighbridge\/routes-on-3\n--title\nRoute table 4 \(on 3\): factual_recall\n/)
    expect((await git('rev-parse', '--abbrev-ref', 'HEAD')).stdout).toBe('main\n')
    expect((await propose()).stdout).toMatch(/proposes this table already/)
    expect((await log()).match(/^create$/gm)).toHaveLength(1)
  })

  it('updates the proposal that waits, when a later night says otherwise', async () => {
    await proposal()
    await propose()
    await writeFile(join(work, 'nightly', 'route-table.json'), '{"version":4,"parent":3,"more":1}\n')
    await propose({ OPEN: '17' })
    expect((await git('show', 'origin/weighbridge/routes-on-3:routes/table.json')).stdout).toContain('more')
    expect((await git('rev-list', '--count', 'main..origin/weighbridge/routes-on-3')).stdout).toBe('1\n')
    expect(await log()).toMatch(/pr\nedit\n17\n--title\n/)
    expect((await log()).match(/^create$/gm)).toHaveLength(1)
  })

  it('proposes nothing once another version is in force', async () => {
    await proposal()
    expect((await propose({ FITS: '1' })).stderr).toMatch(/moved since/)
    expect((await git('ls-remote', '--heads', 'origin')).stdout).not.toContain('weighbridge/')
    expect(await log()).not.toContain('pr\n')
  })

  it('proposes nothing where no weights move', async () => {
    expect((await propose()).stdout).toMatch(/nothing to propose/)
    expect(await log()).toBe('')
  })
})
