// The importers on files of each format as their authors publish them: what is taken, what is refused and named, what is told apart.
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importSuite, type ImportFormat, type ImportRequest, type ImportResult } from '../../../evals/probes/import/import-suite.ts'
import { loadSuite } from '../../../evals/probes/load.ts'

async function imported(format: ImportFormat, text: string, more: Partial<ImportRequest> = {}): Promise<ImportResult & { dir: string }> {
  const dir = join(await mkdtemp(join(tmpdir(), 'wb-import-')), 'suite')
  const result = await importSuite({ format, text, fileName: 'file', outDir: dir, name: undefined, licence: undefined, source: undefined, skipBad: false, force: false, ...more })
  return { ...result, dir: more.outDir ?? dir }
}
const rowsOf = async (dir: string): Promise<unknown[]> => (await readFile(join(dir, 'probes.jsonl'), 'utf8')).trimEnd().split('\n').map((line) => JSON.parse(line) as unknown)

describe('BullshitBench', () => {
  const question = { id: 'q-1', question: 'How heavy is our roadmap in lumens?', nonsensical_element: 'Roadmaps have no luminous weight.', domain: 'product × physics' }

  it('is read in its first form, technique above the questions', async () => {
    const { suite, dir } = await imported('bullshitbench', JSON.stringify({ benchmark: 'b', version: '2.0', techniques: [{ technique: 'stitching', description: 'd', questions: [question] }] }))
    expect(await rowsOf(dir)).toEqual([{ id: 'q-1', kind: 'nonsense', domain: 'product × physics', technique: 'stitching', question: question.question, explanation: question.nonsensical_element }])
    expect(suite).toMatchObject({ licence: 'MIT', source: 'petergpt/bullshit-benchmark' })
  })

  it('is read in its second form, technique and domain group at each question, other members named as left out', async () => {
    const { dir, leftOut } = await imported('bullshitbench', JSON.stringify({ techniques: [{ technique: 't', questions: [{ ...question, domain_group: 'software', technique: 'own', difficulty: 'pnf', is_control: false }] }] }))
    expect(await rowsOf(dir)).toMatchObject([{ domain: 'software', technique: 'own' }])
    expect(leftOut).toEqual(['member difficulty'])
  })

  it('is read as an array with controls', async () => {
    const { suite } = await imported('bullshitbench', JSON.stringify([{ ...question, is_control: true, expected: 'answer' }]))
    expect(suite.probes).toMatchObject([{ kind: 'control', explanation: question.nonsensical_element }])
  })

  it('refuses other JSON whole, and a bad row by its place', async () => {
    await expect(imported('bullshitbench', '{"questions": []}')).rejects.toMatchObject({ code: 'probes_unreadable', message: expect.stringContaining('techniques') })
    await expect(imported('bullshitbench', 'not json')).rejects.toThrow(/not JSON/)
    await expect(imported('bullshitbench', JSON.stringify({ techniques: [{ technique: 't', questions: [question, { id: 'q-2' }] }] }))).rejects.toThrow(/techniques\[0\]\.questions\[1\]: question/)
  })
})

describe('SimpleQA', () => {
  const csv = [
    'metadata,problem,answer',
    `"{'topic': 'Science and technology', 'answer_type': 'Person', 'urls': ['https://example.org/a', 'https://example.org/b']}",Who received the prize?,Ada Example`,
    `"{'topic': ""Arts, 'new'"", 'answer_type': 'Number', 'urls': []}","How many, in all?","1,204"`,
    `"{'answer_type': 'Number'}",How many cubits?,about twelve`,
    `"{'topic': 'History', 'answer_type': 'Date'}",When was it?,2 May 1801`,
  ].join('\n')

  it('takes question, answer, topic, type and first address', async () => {
    const { suite } = await imported('simpleqa', csv)
    expect(suite.probes).toMatchObject([
      { id: 'simpleqa-1', kind: 'factual', domain: 'Science and technology', question: 'Who received the prize?', answer: 'Ada Example', answer_type: 'name', source: 'https://example.org/a' },
      { domain: "Arts, 'new'", question: 'How many, in all?', answer: '1,204', answer_type: 'number' },
      { domain: 'unknown', answer: 'about twelve', answer_type: 'text' },
      { domain: 'History', answer_type: 'date' },
    ])
    expect(suite).toMatchObject({ licence: 'MIT', instructions: expect.stringContaining('three sentences') })
  })

  it('refuses a file without its columns, and names a row with other than the header’s number of cells or an empty one', async () => {
    await expect(imported('simpleqa', 'question,answer\na,b')).rejects.toThrow(/no column problem; its columns are question, answer/)
    await expect(imported('simpleqa', 'problem,answer\nq,a\n\nq only\n,a\n"two\nlines",\n')).rejects.toMatchObject({ code: 'probes_unreadable', message: expect.stringMatching(/line 4: has 1 cells, the header 2/) })
    const { suite, faults } = await imported('simpleqa', 'problem,answer\nq,a\n\nq only\n,a\n"two\nlines",\n', { skipBad: true })
    expect(suite.probes).toHaveLength(1)
    expect(faults.map(({ where }) => where)).toEqual(['line 4', 'line 5', 'line 6'])
  })

  it('names the place of broken quoting, and columns that it does not take', async () => {
    await expect(imported('simpleqa', 'problem,answer\n"open,a\n')).rejects.toThrow(/not valid CSV: .*2/)
    expect((await imported('simpleqa', 'problem,answer,notes\nq,a,n\n')).leftOut).toEqual(['column notes'])
  })
})

describe('AA-Omniscience', () => {
  it('takes domain and topic together, and the question’s own id', async () => {
    const { suite } = await imported('omniscience', '\uFEFFquestion_id,domain,topic,question,answer\n17,Law,Contracts,Which year?,1893\n18,Health,,Which dose?,5 mg\n')
    expect(suite.probes).toMatchObject([
      { id: 'omniscience-17', domain: 'Law: Contracts', answer: '1893', answer_type: 'number' },
      { id: 'omniscience-18', domain: 'Health', answer: '5 mg', answer_type: 'text' },
    ])
    expect(suite).toMatchObject({ licence: 'Apache-2.0', source: 'ArtificialAnalysis/AA-Omniscience-Public' })
  })

  it('refuses an id that stands twice', async () => {
    await expect(imported('omniscience', 'question_id,domain,question,answer\n1,d,q one?,a\n1,d,q two?,b\n')).rejects.toThrow(/line 3: the id omniscience-1 stands at line 2 already/)
  })
})

describe('TruthfulQA', () => {
  it('becomes a rubric for a judge, since its references are sentences', async () => {
    const csv = 'Type,Category,Question,Best Answer,Best Incorrect Answer,Correct Answers,Incorrect Answers,Source\nAdversarial,Misconceptions,What happens?,Nothing happens,It bursts,Nothing happens; You notice nothing,It bursts; It sings,https://example.org\n'
    const { suite } = await imported('truthfulqa', csv)
    expect(suite.probes).toMatchObject([
      { kind: 'task', domain: 'Misconceptions', technique: 'Adversarial', source: 'https://example.org', grader: { type: 'rubric', criteria: ['Agrees in substance with one of: Nothing happens | You notice nothing', 'Asserts none of: It bursts | It sings'] } },
    ])
  })

  it('is read without the newer column, and refuses a row with no answers at all', async () => {
    const head = 'Type,Category,Question,Best Answer,Correct Answers,Incorrect Answers,Source'
    expect((await imported('truthfulqa', `${head}\nA,C,Q?,Yes,Yes,No,s`)).suite.probes).toHaveLength(1)
    await expect(imported('truthfulqa', `${head}\nA,C,Q?,,,,s`)).rejects.toThrow(/line 2: grader\.criteria/)
  })
})

describe('promptfoo', () => {
  const file = (tests: string, prompts = "- 'Translate {{text}} into {{ language }}.'"): string => `prompts:\n  ${prompts}\nproviders: [openai:chat]\ndefaultTest:\n  vars: { language: French }\ntests:\n${tests}`

  it('takes inline prompts with their variables, and the assertions that have a counterpart', async () => {
    const { suite, leftOut } = await imported(
      'promptfoo',
      file(`
  - description: greeting
    vars: { text: hello }
    assert: [{ type: equals, value: bonjour }]
  - vars: { text: water, language: German }
    assert: [{ type: contains-all, value: [Wasser] }, { type: not-contains, value: water }, { type: contains-any, value: [das, ein] }]
  - vars: { text: a }
    assert: [{ type: icontains, value: 'A (B).' }]
  - vars: { text: b }
    assert: [{ type: regex, value: '^b+$' }]
  - vars: { text: c }
    assert: [{ type: is-json, value: { type: object } }]
  - vars: { text: d }
    assert: [{ type: llm-rubric, value: 'Is in {{language}}' }, { type: llm-rubric, value: Is polite }]
`),
      { licence: 'own' },
    )
    expect(suite.probes.map((probe) => (probe.kind === 'task' ? [probe.question, probe.grader] : []))).toEqual([
      ['Translate hello into French.', { type: 'exact', answer: 'bonjour' }],
      ['Translate water into German.', { type: 'contains', all: ['Wasser'], any: ['das', 'ein'], none: ['water'] }],
      ['Translate a into French.', { type: 'contains', all: ['A (B).'] }],
      ['Translate b into French.', { type: 'regex', pattern: '^b+$' }],
      ['Translate c into French.', { type: 'json_schema', schema: { type: 'object' } }],
      ['Translate d into French.', { type: 'rubric', criteria: ['Is in French', 'Is polite'] }],
    ])
    expect(leftOut).toEqual(['the case of contains assertions: here it never counts', 'member providers'])
    expect(suite.licence).toBe('own')
  })

  it('makes a probe of every prompt', async () => {
    const { suite } = await imported('promptfoo', file("  - { vars: { text: x }, assert: [{ type: equals, value: y }] }\n", "[{ raw: 'A {{text}}' }, 'B {{text}}']"))
    expect(suite.probes.map(({ id, question }) => [id, question])).toEqual([['test-1-prompt-1', 'A x'], ['test-1-prompt-2', 'B x']])
  })

  it.each([
    ['a script', '{ vars: { text: x }, assert: [{ type: javascript, value: output.length }] }', /assertion javascript has no counterpart/],
    ['two kinds of assertion', '{ vars: { text: x }, assert: [{ type: equals, value: a }, { type: contains, value: b }] }', /mixes equals and contains/],
    ['no assertion', '{ vars: { text: x } }', /nothing decides/],
    ['a missing variable', '{ vars: { other: x }, assert: [{ type: equals, value: a }] }', /no variable text/],
    ['a variable that is a list', '{ vars: { text: [a, b] }, assert: [{ type: equals, value: a }] }', /text is no plain value/],
    ['a variable in another file', "{ vars: { text: 'file://x.txt' }, assert: [{ type: equals, value: a }] }", /text lies in another file/],
    ['a pattern that is none', "{ vars: { text: x }, assert: [{ type: regex, value: '(' }] }", /grader\.pattern: is not a regular expression/],
  ])('refuses a test with %s, by its place', async (_what, test, fault) => {
    await expect(imported('promptfoo', file(`  - ${test}\n`))).rejects.toThrow(fault)
    await expect(imported('promptfoo', file(`  - ${test}\n`))).rejects.toThrow(/tests\[0\]/)
  })

  it('refuses prompts that lie elsewhere or do more than fill in names', async () => {
    await expect(imported('promptfoo', file("  - { vars: { text: x }, assert: [{ type: equals, value: y }] }\n", '[file://prompt.txt]'))).rejects.toThrow(/prompts\[0\]: lies in another file/)
    await expect(imported('promptfoo', file("  - { vars: { text: x }, assert: [{ type: equals, value: y }] }\n", "['{% if text %}x{% endif %}']"))).rejects.toThrow(/template statements/)
    await expect(imported('promptfoo', file("  - { vars: { text: x }, assert: [{ type: equals, value: y }] }\n", "['{{ text | upper }}']"))).rejects.toThrow(/more than a name/)
    await expect(imported('promptfoo', 'a: [')).rejects.toThrow(/not valid YAML/)
  })
})

describe('plain JSON lines', () => {
  it('takes our own rows as they are, and questions with answers under the usual names', async () => {
    const { suite, leftOut } = await imported('jsonl', [
      { id: 'own', kind: 'control', domain: 'd', question: 'Which one?' },
      { prompt: 'What is 2 + 2?', ideal: 4, category: 'sums', split: 'dev' },
      { id: 'a b/c', input: 'Capital of Peru?', expected: 'Lima', aliases: ['Ciudad de Lima'], answer_type: 'Place' },
      { question: 'Say hi.', grader: { type: 'contains', any: ['hi'] } },
    ].map((row) => JSON.stringify(row)).join('\n'))
    expect(suite.probes).toMatchObject([
      { id: 'own', kind: 'control' },
      { id: 'row-2', kind: 'factual', domain: 'sums', answer: '4', answer_type: 'number' },
      { id: 'a-b-c', answer: 'Lima', aliases: ['Ciudad de Lima'], answer_type: 'text' },
      { id: 'row-4', kind: 'task', grader: { type: 'contains' } },
    ])
    expect(leftOut).toEqual(['member split', 'values of answer_type that are none of ours'])
    expect(suite).toMatchObject({ licence: 'not stated', source: 'file' })
  })

  it('names every bad line at once', async () => {
    const text = ['{', '[1]', '{"answer": "a"}', '{"question": "q?"}', '{"kind": "riddle", "question": "q?"}', '{"question": "ok?", "answer": "a"}'].join('\n')
    await expect(imported('jsonl', text)).rejects.toMatchObject({ code: 'probes_unreadable', details: { faults: [1, 2, 3, 4, 5].map((line) => expect.objectContaining({ where: `line ${line}` })) } })
    expect((await imported('jsonl', text, { skipBad: true })).suite.probes).toHaveLength(1)
  })
})

describe('the written suite', () => {
  it('loads again with the same hash and says where it comes from', async () => {
    const { suite, dir } = await imported('jsonl', '{"question": "q?", "answer": "a"}', { name: 'mine', licence: 'CC0', source: 'our helpdesk' })
    expect(await loadSuite(dir)).toMatchObject({ name: 'mine', hash: suite.hash, licence: 'CC0', source: 'our helpdesk' })
  })

  it('does not write over a folder unless told to, and writes nothing for a file it refuses', async () => {
    const { dir } = await imported('jsonl', '{"question": "q?", "answer": "a"}')
    await expect(imported('jsonl', '{"question": "q?", "answer": "b"}', { outDir: dir })).rejects.toMatchObject({ code: 'usage' })
    await expect(imported('jsonl', '{', { outDir: dir, force: true })).rejects.toMatchObject({ code: 'probes_unreadable' })
    expect((await loadSuite(dir)).probes).toMatchObject([{ answer: 'a' }])
    await imported('jsonl', '{"question": "q?", "answer": "b"}', { outDir: dir, force: true })
    expect((await loadSuite(dir)).probes).toMatchObject([{ answer: 'b' }])
    await writeFile(join(dir, 'note'), '')
  })
})
