import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodedAs, fromBase64, toBase64 } from '../../../../router/providers/embedding-encoding.ts'
import { chatEmbeddings } from '../../../../router/providers/openai-chat/embeddings.ts'
import { targetOf } from '../../conformance/reading.ts'

const target = targetOf('openai-chat', 'text-embedding-3-small', { provider: { dialect: 'openai' } })
const body = (embeddings: readonly unknown[], more: object = {}): string => JSON.stringify({ object: 'list', model: 'text-embedding-3-small', data: embeddings.map((embedding, index) => ({ object: 'embedding', index, embedding })), usage: { prompt_tokens: 8, total_tokens: 8 }, ...more })
const first = (parsed: { readonly body: object }): unknown => (parsed.body as { data: { embedding: unknown }[] }).data[0]?.embedding

describe('embeddings', () => {
  it('are asked for with the target’s model and every field of the client’s', () => {
    const request = chatEmbeddings.build({ model: 'auto', input: ['a'], dimensions: 3, brand_new: 1 }, target, 'k')
    expect(request).toMatchObject({ method: 'POST', path: '/embeddings', headers: { authorization: 'Bearer k' } })
    expect(JSON.parse(request.body)).toEqual({ model: 'text-embedding-3-small', input: ['a'], dimensions: 3, brand_new: 1 })
  })

  it('come in the form that was asked for, whatever the server answers', () => {
    const base64 = toBase64([0.5, -1])
    expect(first(chatEmbeddings.parse(body([[0.5, -1]]), { input: 'a' }, target))).toEqual([0.5, -1])
    expect(first(chatEmbeddings.parse(body([[0.5, -1]]), { input: 'a', encoding_format: 'base64' }, target))).toBe(base64)
    expect(first(chatEmbeddings.parse(body([base64]), { input: 'a', encoding_format: 'base64' }, target))).toBe(base64)
    expect(first(chatEmbeddings.parse(body([base64]), { input: 'a', encoding_format: 'float' }, target))).toEqual([0.5, -1])
  })

  it('count input tokens, and no output', () => {
    expect(chatEmbeddings.parse(body([[1]]), { input: 'a' }, target).facts).toMatchObject({ servedModel: 'text-embedding-3-small', usage: { inputTotal: 8, outputTotal: 0, cacheRead: undefined } })
    expect(chatEmbeddings.parse(body([[1]], { usage: undefined }), { input: 'a' }, target).facts.usage).toBeUndefined()
  })

  it('are one for each input: texts, tokens, or lists of tokens', () => {
    expect(() => chatEmbeddings.parse(body([[1]]), { input: ['a', 'b'] }, target)).toThrow(/1 embeddings for 2 inputs/)
    for (const input of ['a', ['a'], [1, 2, 3], [[1, 2, 3]]]) expect(() => chatEmbeddings.parse(body([[1]]), { input }, target)).not.toThrow()
  })

  it.each(['', '<html>', '{}', '{"data":[]}', '{"data":[{}]}', '{"data":[{"embedding":7}]}'])('are malformed as %s', (text) => {
    expect(() => chatEmbeddings.parse(text, { input: 'a' }, target)).toThrow(expect.objectContaining({ code: 'provider_malformed' }))
  })

  it('may be an error that came with status 200', () => {
    expect(() => chatEmbeddings.parse('{"error":{"code":"rate_limit_exceeded"}}', { input: 'a' }, target)).toThrow(expect.objectContaining({ code: 'provider_rate_limited' }))
  })

  it('survive both ways of writing to the bit', () => {
    fc.assert(fc.property(fc.array(fc.float({ noNaN: true }), { minLength: 1 }), (numbers) => void expect(fromBase64(toBase64(numbers))).toEqual(numbers.map((number) => Math.fround(number)))))
    expect(encodedAs('no floats', 'float')).toBe('no floats')
    expect(encodedAs(['x'], 'base64')).toEqual(['x'])
  })
})
