import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../core/config.ts'
import { candidateNames } from '../../core/config.ts'
import { demoConfig } from '../../sim/demo-config.ts'
import { DEMO_MODELS } from '../../sim/profiles.ts'

const config = parseConfig(demoConfig('http://127.0.0.1:4010'), {}, { find: () => undefined })

describe("the demo's configuration", () => {
  it('parses without warnings and calls only simulated providers', () => {
    expect(config.warnings).toEqual([])
    expect([...config.providers.values()].map(({ name, baseUrl, simulated }) => [name, baseUrl, simulated])).toEqual([
      ['sim-moonshot', 'http://127.0.0.1:4010/moonshot/v1', true],
      ['sim-openai', 'http://127.0.0.1:4010/openai/v1', true],
      ['sim-anthropic', 'http://127.0.0.1:4010/anthropic/v1', true],
    ])
  })

  it('has one target per simulated model, at the prices of its profile', () => {
    for (const profile of DEMO_MODELS) {
      const target = config.targets.get(`${profile.name}-sim`)
      expect(target).toMatchObject({ model: profile.name, provider: { name: `sim-${profile.provider}` }, price: { tiers: [profile.price.value] } })
    }
    expect(config.targets.size).toBe(DEMO_MODELS.length)
  })

  it('routes the five built-in tasks, each over every target it could come to prefer', () => {
    for (const name of ['simple_qa', 'code_generation', 'factual_recall', 'long_context', 'agent_tasks']) {
      const task = config.tasks.get(name)
      if (task === undefined) throw new Error(`no task ${name}`)
      expect(candidateNames(task).toSorted(), name).toEqual([...config.targets.keys()].toSorted())
      expect(task.simulated).toBe(true)
    }
    expect(config.tasks.get('factual_recall')?.route.get('gpt-5.5-sim')).toBeGreaterThan(0.5)
  })
})
