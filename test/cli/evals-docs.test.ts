// The pages on evals: every command on them exists with its options, and what they show of a configuration is accepted as they show it.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { parseConfig } from '../../core/config.ts'
import { COMMANDS } from '../../cli/commands/index.ts'
import { parseArguments } from '../../cli/command.ts'

const PAGES = ['evals', 'graders', 'nightly', 'suites', 'factual-suite']
const pageOf = (name: string): string => readFileSync(fileURLToPath(new URL(`../../docs/${name}.md`, import.meta.url)), 'utf8')
const blocks = (page: string, language: string): string[] => [...page.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '')
const section = z.record(z.string(), z.unknown())

/** A configuration with everything that the pages' examples name. */
const BASE = `providers: { hosted: { base_url: "http://127.0.0.1:1/v1" } }
targets:
${['small', 'large', 'claude-opus-4.7', 'gpt-5.5', 'gemini-3-flash'].map((name) => `  ${name}: { provider: hosted, model: ${name}, price: { input: 1, output: 4 } }`).join('\n')}
chains: { default: [{ target: small }] }
tasks: { agent_tasks: {}, simple_qa: {}, code_generation: {}, factual_recall: {}, support_answers: {} }
suites: { factual: { path: "builtin:factual", informs: { factual_recall: 1 } } }
`

describe.each(PAGES)('docs/%s.md', (name) => {
  const page = pageOf(name)

  it('shows commands that exist, with options that they have', async () => {
    const lines = blocks(page, 'sh').flatMap((block) => block.replaceAll('\\\n', ' ').split('\n')).filter((line) => line.startsWith('npx weighbridge '))
    if (name !== 'graders') expect(lines.length).toBeGreaterThan(0)
    for (const line of lines) {
      const words = line.replace(/\s#.*$/, '').split(/\s+/).slice(2).filter((word) => word !== '').map((word) => word.replaceAll("'", ''))
      const known = [words.slice(0, 2).join(' '), words[0] ?? ''].find((candidate) => candidate in COMMANDS)
      const command = known === undefined ? undefined : await COMMANDS[known]?.load()
      if (command === undefined) throw new Error(`no command: ${line}`)
      expect(() => parseArguments(command, words.slice(command.name.split(' ').length)), line).not.toThrow()
    }
  })

  it('shows configuration that is accepted', () => {
    // Workflows are no configuration.
    for (const block of blocks(page, 'yaml').filter((text) => !text.startsWith('on:'))) {
      const shown = section.parse(parse(block))
      const base = section.parse(parse(BASE))
      const merged = Object.fromEntries([...new Set([...Object.keys(base), ...Object.keys(shown)])].map((key) => [key, typeof base[key] === 'object' ? { ...section.parse(base[key]), ...section.parse(shown[key] ?? {}) } : shown[key]]))
      expect(() => parseConfig(JSON.stringify(merged), {}, { find: () => undefined }), block).not.toThrow()
    }
  })
})
