// Proves every check of the code suite with real programs: its reference solution passes, each plausible wrong one fails.
import { access, constants, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { openCommandGrader, type CommandGrader } from '../../evals/grade/task/command.ts'
import { PROGRAM_PATH } from '../../evals/grade/task/sandbox/walls.ts'
import { loadSuite, suiteFolder } from '../../evals/probes/load.ts'
import type { TaskProbe } from '../../evals/probes/task-probe.ts'
import { codeOf, loadBank } from '../../sim/bank.ts'

const suite = await loadSuite(suiteFolder('builtin:code', '.'))
const probes = suite.probes.filter((probe): probe is TaskProbe => probe.kind === 'task')
const { bank } = await loadBank()
/** What is proved is the check, not the machine: its own limit stays for runs. */
const PATIENT_MS = 120_000
const pythonMissing = (await Promise.all(PROGRAM_PATH.split(':').map((dir) => access(join(dir, 'python3'), constants.X_OK).then(() => true, () => false)))).every((there) => !there)

describe('the code suite', () => {
  it('has at least 60 probes over three languages and ten domains, each with solutions', () => {
    expect(probes.length).toBeGreaterThanOrEqual(60)
    expect(new Set(probes.map((probe) => probe.technique))).toEqual(new Set(['js', 'ts', 'py']))
    expect(new Set(probes.map((probe) => probe.domain)).size).toBeGreaterThanOrEqual(10)
    for (const { id } of probes) {
      expect(codeOf(bank, id)?.right.length, id).toBeGreaterThanOrEqual(1)
      expect(codeOf(bank, id)?.wrong.length, id).toBeGreaterThanOrEqual(1)
    }
  })

  it('shares its harness with every probe and holds it in the hash', async () => {
    const harness = await readFile(join(suiteFolder('builtin:code', '.'), 'checks/run-js.mjs'), 'utf8')
    for (const { id, grader } of probes) expect(grader.type === 'command' ? grader.files?.['run-js.mjs'] : undefined, id).toBe(harness)
  })
})

describe.each([
  ['js', undefined],
  ['ts', undefined],
  ['py', pythonMissing ? `python3 is not in ${PROGRAM_PATH}` : undefined],
])('checks of %s probes', (language, missing) => {
  let commands: CommandGrader
  beforeAll(async () => {
    commands = await openCommandGrader('on')
  })

  it.skipIf(missing !== undefined)(`pass the reference solution and fail every wrong one${missing === undefined ? '' : ` (${missing})`}`, async () => {
    const faults: string[] = []
    const judge = async ({ id, grader }: TaskProbe, code: string, name: string, expected: string): Promise<void> => {
      if (grader.type !== 'command') return void faults.push(`${id}: no command`)
      const { label, status, reason } = await commands.grade({ ...grader, timeout_ms: PATIENT_MS }, `Here it is:\n\n\`\`\`\n${code}\`\`\`\n`, new AbortController().signal)
      if (label !== expected) faults.push(`${id} ${name}: ${label ?? status}, ${reason}`)
    }
    await Promise.all(
      probes
        .filter((probe) => probe.technique === language)
        .flatMap((probe) => {
          const { right, wrong } = codeOf(bank, probe.id) ?? { right: [], wrong: [] }
          return [...right.map((code, at) => judge(probe, code, `right ${at}`, 'pass')), ...wrong.map((code, at) => judge(probe, code, `wrong ${at}`, 'fail'))]
        }),
    )
    expect(faults).toEqual([])
  }, 600_000)

  it.skipIf(missing !== undefined)('are not fooled by an answer that ends early, is empty or breaks', async () => {
    const probe = probes.find((one) => one.technique === language)
    if (probe?.grader.type !== 'command') throw new Error('no probe')
    const early = language === 'py' ? 'import sys\nsys.exit(0)\n' : 'process.exit(0)\nexport {}\n'
    for (const answer of [early, '', 'I would rather not.', '}{']) expect(await commands.grade(probe.grader, `\`\`\`\n${answer}\n\`\`\``, new AbortController().signal), answer).toMatchObject({ label: 'fail' })
  }, 120_000)
})

describe('answers that are not modules in form', () => {
  it('are taken for their code: a plain script, a CommonJS module, a block among prose', async () => {
    const commands = await openCommandGrader('on')
    const probe = probes.find((one) => one.id === 'co-js-016')
    if (probe?.grader.type !== 'command') throw new Error('no probe')
    const right = codeOf(bank, probe.id)?.right[0] ?? ''
    const script = right.replace('export function', 'function')
    for (const answer of [script, `${script}\nmodule.exports = { mergeIntervals }`, `Sure.\n\n\`\`\`javascript\n${script}\n\`\`\`\n\nExample:\n\n\`\`\`js\nmergeIntervals([[1, 2]])\n\`\`\``])
      expect(await commands.grade(probe.grader, answer, new AbortController().signal), answer).toMatchObject({ label: 'pass' })
  }, 120_000)
})
