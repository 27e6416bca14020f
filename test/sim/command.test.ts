// `weighbridge sim` as a person runs it: the list of faults, the addresses it says, and that it stops.
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { Arguments, type Terminal } from '../../cli/command.ts'
import { command } from '../../cli/commands/sim.ts'
import { FAULT_NAMES } from '../../sim/faults/table.ts'
import { ALL_MODELS } from '../../sim/profiles.ts'

function terminal(): { terminal: Terminal; printed: () => string; stop: () => void } {
  const stop = new AbortController()
  let text = ''
  return { terminal: { env: { WEIGHBRIDGE_SIM_TIME_SCALE: '0' }, cwd: '.', out: (said) => (text += said), err: () => undefined, isTty: false, columns: 120, signal: stop.signal }, printed: () => text, stop: () => stop.abort() }
}

describe('weighbridge sim', () => {
  it('lists every fault with its numbers, for people and for programs', async () => {
    const people = terminal()
    expect(await command.run(people.terminal, new Arguments({ faults: true }, []))).toBe(0)
    for (const name of FAULT_NAMES) expect(people.printed()).toContain(name)
    expect(people.printed()).toContain('retry_after_ms=2000')
    const programs = terminal()
    await command.run(programs.terminal, new Arguments({ faults: true, json: true }, []))
    expect(JSON.parse(programs.printed())).toHaveLength(FAULT_NAMES.length)
  })

  it('answers for every model at the addresses it prints, until it is stopped', async () => {
    const { terminal: shell, printed, stop } = terminal()
    const running = command.run(shell, new Arguments({ port: '0' }, []))
    while (!printed().includes('--faults')) await new Promise(setImmediate)
    for (const { name } of ALL_MODELS) expect(printed()).toContain(name)
    const [url = ''] = /http:\/\/\S+\/openai\/v1/.exec(printed()) ?? []
    const answer = await new OpenAI({ apiKey: 'none', baseURL: url, maxRetries: 0 }).chat.completions.create({ model: 'gpt-5.4', messages: [{ role: 'user', content: 'Hello' }] })
    expect(answer.choices[0]?.message.content).not.toBe('')
    stop()
    expect(await running).toBe(0)
  })
})
