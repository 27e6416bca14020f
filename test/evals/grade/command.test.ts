// The command grader with real child processes: what a check meets, how its ending is read, and what keeps it in.
import { existsSync, mkdtempSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { codeIn } from '../../../evals/grade/task/code-answer.ts'
import { openCommandGrader, refuseCommands, type CommandGrader } from '../../../evals/grade/task/command.ts'
import type { Grade } from '../../../evals/grade/grade.ts'
import { gradeOwn } from '../../../evals/grade/task/own-graders.ts'
import { findWalls, wallsInWords, type Walls } from '../../../evals/grade/task/sandbox/walls.ts'
import type { CommandSpec } from '../../../evals/probes/task-probe.ts'

const NO_WALLS: Walls = { network: false, files: false, processes: false, limits: false }
const walls = await findWalls()
const standing = Object.values(walls).every(Boolean)
const never = new AbortController().signal
/** Far more than any of these checks needs, so that a busy machine changes nothing. */
const PATIENT_MS = 60_000

const spec = (file: string, text: string, change: Partial<CommandSpec> = {}): CommandSpec => ({ type: 'command', argv: [file.endsWith('.sh') ? 'sh' : 'node', file], files: { [file]: text }, timeout_ms: PATIENT_MS, ...change })

describe.each([
  ['behind the walls of this machine', undefined],
  ['without any wall', NO_WALLS],
] as const)('the command grader %s', (_where, given) => {
  let commands: CommandGrader
  beforeAll(async () => {
    commands = await openCommandGrader('on', given === undefined ? {} : { walls: given })
  })
  const grade = (check: CommandSpec, text = ''): Promise<Grade> => commands.grade(check, text, never)

  it('takes exit code 0 for right and any other for wrong, with the last error line as the reason', async () => {
    expect(await grade(spec('c.sh', 'exit 0'))).toMatchObject({ status: 'scored', label: 'pass', score: 1, grader: 'command@1' })
    expect(await grade(spec('c.sh', 'echo first >&2; echo "two is not three" >&2; exit 7'))).toMatchObject({ status: 'scored', label: 'fail', score: 0, reason: 'exit code 7: two is not three' })
  })

  it('gives the answer on standard input, whole and as it came, to a check that may also not read it', async () => {
    const text = `é "quoted" \u{1F309}\n${'x'.repeat(200_000)}\nend`
    const check = `let t = ''; for await (const c of process.stdin.setEncoding('utf8')) t += c; process.exit(t === ${JSON.stringify(text)} ? 0 : 1)`
    expect(await grade(spec('c.mjs', check), text)).toMatchObject({ label: 'pass' })
    expect(await grade(spec('c.sh', 'exit 0'), text)).toMatchObject({ label: 'pass' })
  })

  it("writes the answer's code beside the check where the probe asks for it", async () => {
    const check = "import { f } from './answer.mjs'\nprocess.exit(f(2) === 4 ? 0 : 1)"
    const text = 'Like this:\n\n```js\nexport const f = (n) => n * 2\n```\n\nand used so:\n\n```js\nf(2)\n```'
    expect(await grade(spec('c.mjs', check, { answer_file: 'answer.mjs' }), text)).toMatchObject({ label: 'pass' })
  })

  it('shows the check nothing of our environment, and a folder of its own that is gone afterwards', async () => {
    const allowed = 'PATH HOME TMPDIR LANG LC_ALL PYTHONDONTWRITEBYTECODE PWD OLDPWD SHLVL _'
    const check = `const extra = Object.keys(process.env).filter((k) => !${JSON.stringify(allowed.split(' '))}.includes(k))\nif (extra.length > 0) { console.error(extra.join()); process.exit(2) }\nconsole.error(process.cwd())\nprocess.exit(1)`
    const { reason } = await grade(spec('c.mjs', check))
    const folder = /exit code 1: (\S+)/.exec(reason)?.[1] ?? ''
    expect(folder, reason).toContain('weighbridge-check-')
    expect(existsSync(folder)).toBe(false)
  })

  it('counts an endless check, one that floods its output, and one that is killed as wrong', async () => {
    expect(await grade(spec('c.mjs', 'for (;;);', { timeout_ms: 300 }))).toMatchObject({ label: 'fail', reason: 'took longer than 300 ms' })
    expect(await grade(spec('c.sh', 'yes'))).toMatchObject({ label: 'fail', reason: expect.stringMatching(/^ended by SIG/) })
    expect(await grade(spec('c.sh', 'kill -9 $$'))).toMatchObject({ label: 'fail' })
  })

  it('does not blame the answer for a program that is not there', async () => {
    const missing = await grade({ type: 'command', argv: ['no-such-program-here'] })
    expect(missing).toMatchObject({ status: 'judge_error', reason: expect.stringContaining('no-such-program-here is not installed') })
    expect(missing.label).toBeUndefined()
  })

  it('keeps a node check to its own folder, without child processes and network', async () => {
    let connections = 0
    const server = createServer((socket) => {
      connections += 1
      socket.destroy()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo // a TCP server's address
    const check = `import { readFileSync, readdirSync } from 'node:fs'
import { execSync } from 'node:child_process'
const refused = []
for (const attempt of [() => readFileSync('/etc/passwd'), () => readdirSync('/'), () => execSync('true')]) {
  try { attempt() } catch (error) { refused.push(error.code) }
}
const reached = await fetch('http://127.0.0.1:${port}/').then(() => 'reached', (error) => String(error.cause?.code ?? error.cause?.message))
console.error(reached, refused.join())
process.exit(refused.length === 3 && refused.every((code) => code === 'ERR_ACCESS_DENIED') && reached !== 'reached' ? 0 : 1)`
    try {
      expect(await grade(spec('c.mjs', check))).toMatchObject({ label: 'pass' })
      expect(connections).toBe(0)
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })

  it('gives up at once when the run is stopped', async () => {
    const stop = new AbortController()
    const running = commands.grade(spec('c.mjs', 'for (;;);'), '', stop.signal)
    stop.abort(new Error('stopped'))
    await expect(running).rejects.toThrow('stopped')
  })
})

describe.skipIf(!standing)(`the walls (${wallsInWords(walls)})`, () => {
  let commands: CommandGrader
  beforeAll(async () => {
    commands = await openCommandGrader('isolated')
  })

  it('let nothing be written outside, not even by taking them down', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'wb-outside-'))
    const attempts = `touch inside || exit 9
touch ${outside}/a 2>/dev/null && exit 1
mount -o remount,bind,rw / 2>/dev/null && touch ${outside}/b 2>/dev/null && exit 2
unshare --map-root-user --mount sh -c 'mount -o remount,bind,rw /; touch ${outside}/c' 2>/dev/null && exit 3
exit 0`
    expect(await commands.grade(spec('c.sh', attempts), '', never)).toMatchObject({ label: 'pass' })
    for (const name of 'abc') expect(existsSync(join(outside, name))).toBe(false)
  })

  it('leave only an unconnected loopback, and no process but its own', async () => {
    const check = '[ "$(grep -c : /proc/net/dev)" -eq 1 ] || exit 1; [ "$(ls -d /proc/[0-9]* | wc -l)" -lt 8 ] || exit 2; exit 0'
    expect(await commands.grade(spec('c.sh', check), '', never)).toMatchObject({ label: 'pass' })
  })

  it('bound the memory of a node check on its heap and beside it', async () => {
    const heap = await commands.grade(spec('c.mjs', 'const kept = []; for (;;) kept.push({ at: kept.length, text: `${kept.length}` })', { memory_mb: 32 }), '', never)
    expect(heap).toMatchObject({ label: 'fail' })
    expect(heap.reason).not.toContain('took longer')
    const beside = await commands.grade(spec('c.mjs', 'try { Buffer.alloc(3_000_000_000, 1); process.exit(0) } catch { process.exit(5) }', { memory_mb: 32 }), '', never)
    expect(beside).toMatchObject({ reason: 'exit code 5' })
  })
})

describe('what allows commands', () => {
  it('is off by default, and says before anything is asked which suites need it', async () => {
    const suites = [{ name: 'code', graders: ['command'] }, { name: 'facts', graders: [] }] as const
    expect(() => refuseCommands(suites, 'off')).toThrow(/^code: the checks are programs/)
    expect(() => refuseCommands(suites, 'isolated')).not.toThrow()
    expect(() => refuseCommands([{ name: 'facts', graders: ['exact'] }], 'off')).not.toThrow()
    await expect(openCommandGrader('off')).rejects.toMatchObject({ code: 'commands_off' })
  })

  it('refuses to run isolated where a wall is missing, and names it', async () => {
    await expect(openCommandGrader('isolated', { walls: { ...NO_WALLS, limits: true } })).rejects.toMatchObject({ code: 'commands_off', message: expect.stringContaining('keeps them from the network, writing your files, your processes') })
  })

  it('leaves an answer unscored where commands are off', async () => {
    expect(await gradeOwn({ type: 'command', argv: ['true'] }, 'Q', 'x', undefined, never)).toMatchObject({ status: 'judge_error', reason: 'command graders are off' })
  })
})

describe('code in an answer', () => {
  it('is the longest block of the wanted language, an unmarked block, or the whole text', () => {
    expect(codeIn('```py\na\n```\n```python\nlonger = 1\n```', 'answer.py')).toBe('longer = 1\n')
    expect(codeIn('```\nx = 1\n```\nand\n```bash\npython answer.py --with many --options\n```', 'answer.py')).toBe('x = 1\n')
    expect(codeIn('x = 1', 'answer.py')).toBe('x = 1')
    expect(codeIn('```typescript\nexport const x: number = 1\n```', 'answer.ts')).toBe('export const x: number = 1\n')
  })

  it('counts to the end of the text when its fence never closes', () => {
    expect(codeIn('Here:\n```js\nexport const x = 1\n', 'answer.mjs')).toBe('export const x = 1\n')
  })
})
