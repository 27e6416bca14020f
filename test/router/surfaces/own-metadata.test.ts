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

  it("leaves the client's own beside it", () => {
    expect(withoutOwn({ metadata: { weighbridge_task: 'a', team: 'b' } })).toEqual({ metadata: { team: 'b' } })
  })

  it('changes no body that says nothing to us', () => {
    for (const body of [{ metadata: { team: 'b' } }, { metadata: {} }, { metadata: null }, { metadata: 7 }, {}]) expect(withoutOwn(body)).toBe(body)
  })
})
