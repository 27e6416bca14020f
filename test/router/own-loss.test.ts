import { afterEach, beforeEach, expect, it } from 'vitest'
import { answering, scriptedProvider, type ScriptedProvider } from './support/scripted-provider.ts'
import { running, type Running } from './support/running.ts'

let provider: ScriptedProvider
let up: Running
beforeEach(async () => {
  provider = await scriptedProvider(answering('hello'))
  up = await running(`
providers: { p: { base_url: "${provider.url}", dialect: openai } }
targets: { thinker: { provider: p, model: gpt-5.5, price: { input: 1, output: 1 } } }
chains: { default: [{ target: thinker }] }
`)
})
afterEach(async () => {
  await up.close()
  await provider.close()
})

it('names the members that a dialect of the same wire takes out, to the client and on the attempt', async () => {
  const response = await up.chat({ model: 'thinker', temperature: 0.2, reasoning_effort: 'low' })
  expect(response.status).toBe(200)
  expect(response.headers.get('x-weighbridge-dropped')).toBe('temperature')
  const { attempts } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
  expect(attempts[0]?.attributes['weighbridge.dropped']).toEqual(['temperature'])
})
