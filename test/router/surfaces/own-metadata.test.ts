import { describe, expect, it } from 'vitest'
import { readOwnMetadata, withoutOwn } from '../../../router/http/own-metadata.ts'
import { SURFACES } from '../../../router/http/surfaces/surfaces.ts'

const messages = [{ role: 'user', content: 'Hi' }]

describe('what clients say to us in metadata', () => {
  it.each([...SURFACES.values()].map((surface) => [surface.name, surface] as const))('is read on %s and kept from the provider', (_name, surface) => {
    const metadata = { weighbridge_task: 'simple_qa', 'x-weighbridge-session': 's1', 'weighbridge.tags': 'team=a' }
    const asked = surface.read({ model: 'auto', input: 'Hi', messages, metadata })
    expect(readOwnMetadata({}, asked.metadata).own).toMatchObject({ task: 'simple_qa', sessionId: 's1', tags: ['team=a'] })
    expect(JSON.stringify(asked.native)).not.toMatch(/weighbridge/)
    expect(asked.native).not.toHaveProperty('metadata')
  })

  it('says nothing where it is blank, as in headers: no spending limit of 0, no task without a name', () => {
    const { own } = readOwnMetadata({}, { weighbridge_max_cost_usd: ' ', weighbridge_max_cost_per_1k: '', weighbridge_task: '', weighbridge_session: ' s ' })
    expect([own.maxCostUsd, own.maxCostPer1k, own.task, own.sessionId]).toEqual([undefined, undefined, undefined, 's'])
  })

  it("leaves the client's own beside it", () => {
    expect(withoutOwn({ metadata: { weighbridge_task: 'a', team: 'b' } })).toEqual({ metadata: { team: 'b' } })
  })

  it('changes no body that says nothing to us', () => {
    for (const body of [{ metadata: { team: 'b' } }, { metadata: {} }, { metadata: null }, { metadata: 7 }, {}]) expect(withoutOwn(body)).toBe(body)
  })
})

it.each([...SURFACES.values()].map((surface) => [surface.name, surface] as const))('is never named on %s as left out when all of it was ours, and is when it was not', (name, surface) => {
  const request = (metadata: Record<string, string>): readonly string[] => surface.read({ model: 'auto', input: 'Hi', messages, max_tokens: 9, metadata }).request().hints
  expect(request({ weighbridge_task: 'simple_qa', 'x-weighbridge-session': 's1' })).toEqual([])
  expect(request({ weighbridge_task: 'simple_qa', team: 'a' })).toEqual(name === 'chat' ? ['metadata'] : [])
})
