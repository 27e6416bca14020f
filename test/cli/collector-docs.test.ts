// docs/collector.md against the program: its configuration is accepted, its commands exist, its window is the one in force.
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { COMMANDS } from '../../cli/commands/index.ts'
import { parseArguments } from '../../cli/command.ts'
import { KEEP_MS } from '../../collector/write/remembered-keys.ts'
import { parseConfig } from '../../core/config.ts'

const page = readFileSync(fileURLToPath(new URL('../../docs/collector.md', import.meta.url)), 'utf8')
const blocks = (language: string): string[] => [...page.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map((match) => match[1] ?? '')

it('the configuration shown in docs/collector.md is accepted and means what the page says', () => {
  expect(blocks('yaml')).toHaveLength(2)
  const { settings } = parseConfig(
    `providers: { one: { base_url: "http://127.0.0.1:1/v1" } }
targets: { a: { provider: one, model: a, price: { input: 1, output: 4 } } }
chains: { default: [ { target: a } ] }
tasks: { medical: {} }
${blocks('yaml').join('\n')}`,
    {},
    { find: () => undefined },
  )
  expect(settings.capture).toMatchObject({ mode: 'on_signal', retention_days: 14, tasks: { medical: { mode: 'none' } }, foreign: false })
  expect(settings.collector).toMatchObject({ host: '0.0.0.0', tls: { cert: 'collector.pem' } })
})

it('the commands shown there exist with their options, and the window is the one in force', async () => {
  const lines = blocks('sh').flatMap((text) => text.split('\n')).filter((line) => line.startsWith('weighbridge '))
  expect(lines).toHaveLength(2)
  for (const line of lines) {
    const words = line.replace(/\s#.*$/, '').split(/\s+/).slice(1).filter((word) => word !== '')
    const name = [words.slice(0, 2).join(' '), words[0] ?? ''].find((candidate) => candidate in COMMANDS)
    const command = name === undefined ? undefined : await COMMANDS[name]?.load()
    if (command === undefined) throw new Error(`no command: ${line}`)
    expect(() => parseArguments(command, words.slice(command.name.split(' ').length)), line).not.toThrow()
  }
  expect(page).toContain(`**${KEEP_MS / 60_000} minutes`)
})
