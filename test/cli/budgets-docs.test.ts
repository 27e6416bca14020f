import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { parseConfig } from '../../core/config.ts'
import { COMMANDS } from '../../cli/commands/index.ts'
import { parseArguments } from '../../cli/command.ts'

const page = readFileSync(fileURLToPath(new URL('../../docs/keys-and-budgets.md', import.meta.url)), 'utf8')

it('the configuration shown in docs/keys-and-budgets.md is accepted, without a warning that it contradicts itself', () => {
  const blocks = [...page.matchAll(/```yaml\n([^]*?)```/g)].map((match) => match[1] ?? '')
  expect(blocks).toHaveLength(2)
  const config = parseConfig(
    `providers: { moonshot: { base_url: "http://127.0.0.1:1/v1" }, openai: { base_url: "http://127.0.0.1:2/v1" } }
targets: { kimi-k2.6: { provider: moonshot, model: kimi-k2.6, price: { input: 0.95, output: 4 } }, gpt: { provider: openai, model: gpt-5.4, price: { input: 2.5, output: 15 } } }
chains: { default: [ { target: kimi-k2.6 }, { target: gpt } ] }
tasks: { simple_qa: {}, code_generation: {} }
${blocks.join('\n')}`,
    {},
    { find: () => undefined },
  )
  expect(config.warnings).toEqual([])
  expect(config.settings.budgets).toMatchObject({ each_trace: { usd: 0.5, steps: 60 }, tags: { 'team=research': { usd_per_month: 1200 } } })
})

it('the commands shown there exist with their options', async () => {
  const lines = [...page.matchAll(/```sh\n([^]*?)```/g)].flatMap((match) => (match[1] ?? '').replaceAll('\\\n', ' ').split('\n')).filter((line) => line.startsWith('weighbridge '))
  expect(lines.length).toBeGreaterThan(7)
  for (const line of lines) {
    const words = line.replace(/\s#.*$/, '').split(/\s+/).slice(1).filter((word) => word !== '').map((word) => word.replaceAll("'", ''))
    const name = [words.slice(0, 2).join(' '), words[0] ?? ''].find((candidate) => candidate in COMMANDS)
    const command = name === undefined ? undefined : await COMMANDS[name]?.load()
    if (command === undefined) throw new Error(`no command: ${line}`)
    expect(() => parseArguments(command, words.slice(command.name.split(' ').length)), line).not.toThrow()
  }
})
