import { describe, expect, it } from 'vitest'
import { parseConfig } from '../../../core/config.ts'
import { findModel, listModels } from '../../../router/http/models.ts'
import { anthropicFed, openaiFed, refusalOf } from './support.ts'

const config = parseConfig(
  `
providers: { p: { base_url: http://127.0.0.1:1/v1 } }
targets: { alpha: { provider: p, model: m, context_window: 1000, price: { input: 1, output: 1 } } }
chains: { default: [ { target: alpha } ] }
tasks: { simple_qa: {} }
aliases: { gpt-4o: auto }
`,
  {},
  { find: () => undefined },
)
const names = ['auto', 'task:general', 'task:simple_qa', 'alpha', 'gpt-4o']
const anthropic = { 'anthropic-version': '2023-06-01' }

describe('the list of models', () => {
  it("is OpenAI's, for OpenAI's client", async () => {
    const listed = await openaiFed(JSON.stringify(listModels(config)), 'application/json').models.list()
    expect(listed.data.map((model) => model.id)).toEqual(names)
    expect(listed.data.find((model) => model.id === 'alpha')).toEqual({ id: 'alpha', object: 'model', created: 0, owned_by: 'p' })
  })

  it("is Anthropic's, for a client that says which version it speaks", async () => {
    const listed: string[] = []
    for await (const model of anthropicFed(JSON.stringify(listModels(config, anthropic)), 'application/json').models.list()) listed.push(model.id)
    expect(listed).toEqual(names)
    expect(await anthropicFed(JSON.stringify(findModel(config, 'alpha', anthropic)), 'application/json').models.retrieve('alpha')).toMatchObject({ type: 'model', id: 'alpha', max_input_tokens: 1000, capabilities: null })
  })

  it('names the nearest to one it does not have', () => {
    expect(refusalOf(() => findModel(config, 'alhpa')).message).toContain('alpha')
  })
})
