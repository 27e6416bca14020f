import { mkdtemp, mkdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { BUILT_IN_SUITES, loadSuite, suiteFolder, type ProbeSuite } from '../../../evals/probes/load.ts'
import { openSuite } from '../../../evals/probes/open-suite.ts'

const SOURCES = { configDir: '.', privateSeed: undefined, privateProbes: 12 }
const common = { id: 'a-1', kind: 'task', domain: 'd', question: 'What is it?' }
const exact = { type: 'exact', answer: 'x' }

/** A suite of these files in a folder of its own. */
async function written(head: string, rows: readonly unknown[], files: Readonly<Record<string, string>> = {}): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'wb-suite-'))
  await writeFile(join(dir, 'suite.yaml'), head)
  await writeFile(join(dir, 'probes.jsonl'), rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n'))
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(dir, name)), { recursive: true })
    await writeFile(join(dir, name), text)
  }
  return dir
}

const loaded = async (rows: readonly unknown[], head = 'name: s\nversion: 1\nkinds: [task]\n', files: Readonly<Record<string, string>> = {}): Promise<ProbeSuite> => loadSuite(await written(head, rows, files))

describe('a suite of task probes', () => {
  it('takes a row of every grader', async () => {
    const graders = [
      { type: 'exact', answer: 'x', aliases: ['y'], ignore_case: true },
      { type: 'contains', all: ['a'], any: ['b', 'c'], none: ['d'] },
      { type: 'regex', pattern: '^a+$', flags: 'i' },
      { type: 'number', answer: 12.5, tolerance: 0.01, unit: 'kg' },
      { type: 'json_schema', schema: { type: 'object' }, expected: { a: [1, null] }, fields: { 'a[]': { compare: 'number', tolerance: 1 } } },
      { type: 'rubric', criteria: ['Names the cause.'], pass_at: 0.5 },
      { type: 'command', argv: ['node', 'check.mjs'], files: { 'check.mjs': '' }, answer_file: 'answer.mjs', timeout_ms: 5_000, memory_mb: 64 },
    ]
    const suite = await loaded(graders.map((grader, at) => ({ ...common, id: `a-${at}`, grader, difficulty: 'easy', source: 'own', technique: 't', explanation: 'e', system: 'Be brief.' })))
    expect(suite.graders).toEqual(['command', 'contains', 'exact', 'json_schema', 'number', 'regex', 'rubric'])
    expect(suite.probes).toHaveLength(7)
  })

  it.each([
    ['no grader', { ...common }, /grader/],
    ['an unknown grader', { ...common, grader: { type: 'vibes' } }, /grader/],
    ['a grader with a member it does not know', { ...common, grader: { ...exact, tolerance: 1 } }, /tolerance/],
    ['contains without anything', { ...common, grader: { type: 'contains' } }, /all, any or none/],
    ['a pattern that is none', { ...common, grader: { type: 'regex', pattern: '(' } }, /not a regular expression/],
    ['a number as text', { ...common, grader: { type: 'number', answer: '5' } }, /answer/],
    ['a file outside the check’s folder', { ...common, grader: { type: 'command', argv: ['sh'], files: { '../x': '' } } }, /grader\.files\.\.\.\/x/],
    ['an absolute answer file', { ...common, grader: { type: 'command', argv: ['sh'], answer_file: '/etc/x' } }, /plain relative path/],
    ['a kind that is none', { ...common, kind: 'riddle', grader: exact }, /kind/],
    ['a domain that is empty', { ...common, domain: '', grader: exact }, /domain/],
  ])('names line and member of a row with %s', async (_what, row, fault) => {
    await expect(loaded([{ ...common, id: 'ok', grader: exact }, row])).rejects.toThrow(fault)
    await expect(loaded([{ ...common, id: 'ok', grader: exact }, row])).rejects.toThrow(/probes\.jsonl:2/)
  })

  it('refuses a grader and a kind that its head does not list', async () => {
    const head = 'name: s\nversion: 1\nkinds: [task]\ngraders: [number]\n'
    await expect(loaded([{ ...common, grader: exact }], head)).rejects.toThrow(/a-1 has the grader exact/)
    await expect(loaded([{ ...common, grader: exact }], 'name: s\nversion: 1\nkinds: [factual]\n')).rejects.toThrow(/kind task/)
  })

  it('spells the schema out in the question where it asks for it, and only for its own grader', async () => {
    const schema = { type: 'object', properties: { a: { type: 'string', pattern: '$&' } } }
    const suite = await loaded([
      { ...common, question: 'Text.\n{{schema}}', grader: { type: 'json_schema', schema } },
      { ...common, id: 'a-2', question: 'What does {{schema}} mean?', grader: exact },
    ])
    expect(suite.probes.map((probe) => probe.question)).toEqual([`Text.\n${JSON.stringify(schema)}`, 'What does {{schema}} mean?'])
  })

  it("lays the suite's shared files beside each check, a probe's own file first, and counts them in the hash", async () => {
    const head = 'name: s\nversion: 1\nkinds: [task]\nfiles: { run.mjs: checks/run.mjs }\n'
    const rows = [
      { ...common, grader: { type: 'command', argv: ['node', 'run.mjs'] } },
      { ...common, id: 'a-2', grader: { type: 'command', argv: ['node', 'run.mjs'], files: { 'run.mjs': 'own', 'more.mjs': '' } } },
      { ...common, id: 'a-3', grader: exact },
    ]
    const one = await loaded(rows, head, { 'checks/run.mjs': 'shared' })
    expect(one.probes.map((probe) => (probe.kind === 'task' && probe.grader.type === 'command' ? probe.grader.files : undefined))).toEqual([{ 'run.mjs': 'shared' }, { 'run.mjs': 'own', 'more.mjs': '' }, undefined])
    const other = await loaded(rows, head, { 'checks/run.mjs': 'shared, changed' })
    expect(other.hash).not.toBe(one.hash)
  })

  it('refuses shared files that are missing or lie outside the suite', async () => {
    const rows = [{ ...common, grader: exact }]
    await expect(loaded(rows, 'name: s\nversion: 1\nkinds: [task]\nfiles: { a: checks/none.mjs }\n')).rejects.toThrow(/none\.mjs cannot be read/)
    await expect(loaded(rows, 'name: s\nversion: 1\nkinds: [task]\nfiles: { a: ../secret }\n')).rejects.toThrow(/inside the suite/)
  })
})

describe('suites by path', () => {
  it('are the built-in ones, each of its own name, and folders', async () => {
    for (const name of BUILT_IN_SUITES) expect((await openSuite(`builtin:${name}`, SOURCES)).name).toBe(name)
    const dir = await written('name: mine\nversion: 3\nkinds: [task]\n', [{ ...common, grader: exact }])
    expect(await openSuite(dir, SOURCES)).toMatchObject({ name: 'mine', version: 3, private: false })
    expect(suiteFolder('rel', '/base')).toBe('/base/rel')
  })

  it('say what there is when there is none of that name', async () => {
    await expect(openSuite('builtin:poems', SOURCES)).rejects.toMatchObject({ code: 'suite_invalid', remedy: expect.stringContaining('builtin:nonsense') })
    await expect(openSuite('private:poems', SOURCES)).rejects.toMatchObject({ code: 'suite_invalid', remedy: expect.stringContaining('private:factual') })
    await expect(openSuite('private:factual', SOURCES)).rejects.toMatchObject({ code: 'private_seed' })
  })
})
