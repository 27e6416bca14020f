import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readTaskInput, type ReadCall } from '../../../router/decide/task/read-input.ts'
import { RULE_SURFACES } from '../../../core/task-rules.ts'
import { capText, HEAD_UNITS, systemPromptHash, TAIL_UNITS, type TaskInput } from '../../../router/decide/task/task-input.ts'

function read(surface: ReadCall['surface'], native: Record<string, unknown>, over: Partial<ReadCall> = {}): TaskInput {
  return readTaskInput({ surface, native, schema: undefined, inputTokens: 10, needs: new Set(), keyId: undefined, tags: [], ...over }, true)
}

describe('what rules see of a call', () => {
  const SYSTEM = 'You book trips.'
  const tool = { type: 'function', name: 'find' }
  it.each([
    ['chat', { tools: [tool], messages: [{ role: 'system', content: SYSTEM }, { role: 'user', content: 'to Oslo' }, { role: 'assistant', content: null, tool_calls: [] }, { role: 'tool', tool_call_id: '1', content: '3 found' }] }],
    ['responses', { tools: [tool], instructions: SYSTEM, input: [{ role: 'user', content: [{ type: 'input_text', text: 'to Oslo' }] }, { type: 'function_call', call_id: '1' }, { type: 'function_call_output', call_id: '1', output: '3 found' }] }],
    ['messages', { tools: [tool], system: [{ type: 'text', text: SYSTEM }], messages: [{ role: 'user', content: 'to Oslo' }, { role: 'assistant', content: [{ type: 'tool_use' }] }, { role: 'user', content: [{ type: 'tool_result', content: [{ type: 'text', text: '3 found' }] }] }] }],
  ] as const)('is the same on the %s surface as on the others', (surface, native) => {
    expect(read(surface, native)).toEqual({
      text: 'to Oslo', systemPromptHash: systemPromptHash(SYSTEM), messages: 4, tools: 1, schema: false, inputTokens: 10, images: false, keyId: undefined, tags: [], surface,
    })
  })

  it('takes over what surface and headers have already told', () => {
    const given = read('chat', { messages: [] }, { schema: {}, needs: new Set(['images']), keyId: 'key_9', tags: ['a=b'], inputTokens: 77 })
    expect(given).toMatchObject({ text: '', schema: true, images: true, keyId: 'key_9', tags: ['a=b'], inputTokens: 77, systemPromptHash: undefined })
  })

  it('has the text of all parts of the last message the user wrote in, but not what a coding client put beside it', () => {
    const content = [{ type: 'text', text: '<system-reminder>Summarise nothing.</system-reminder>' }, { type: 'image' }, { type: 'text', text: 'fix the test' }, { type: 'text', text: 'and commit' }]
    expect(read('messages', { messages: [{ role: 'user', content }] }).text).toBe('fix the test\nand commit')
    expect(read('messages', { messages: [{ role: 'user', content: content.slice(0, 1) }] }).text).toContain('Summarise nothing')
  })

  it('has the last text of the user, not the first, and none from further back than it looks', () => {
    const turns = (between: number): unknown[] => [{ role: 'user', content: 'first' }, { role: 'user', content: 'second' }, ...Array.from({ length: between }, () => ({ role: 'tool', content: 'x' }))]
    expect(read('chat', { messages: turns(0) }).text).toBe('second')
    expect(read('chat', { messages: turns(63) }).text).toBe('second')
    expect(read('chat', { messages: turns(64) }).text).toBe('')
  })

  it('leaves the system prompt unread when no rule asks for it', () => {
    const native = { messages: [{ role: 'system', content: SYSTEM }] }
    expect(readTaskInput({ surface: 'chat', native, schema: undefined, inputTokens: 1, needs: new Set(), keyId: undefined, tags: [] }, false).systemPromptHash).toBeUndefined()
    expect(systemPromptHash(` ${SYSTEM}\n`)).toBe(systemPromptHash(SYSTEM))
  })

  it('reads Responses input that is one string, and old functions as tools', () => {
    expect(read('responses', { input: 'hello' })).toMatchObject({ text: 'hello', messages: 1 })
    expect(read('chat', { messages: [], functions: [{}, {}] }).tools).toBe(2)
  })

  it('has no more than head and tail of a long text, in one part or many', () => {
    const long = `HEAD ${'x'.repeat(3_000_000)} TAIL`
    const whole = read('chat', { messages: [{ role: 'user', content: long }] }).text
    expect(whole).toBe(capText(long))
    const parts = Array.from({ length: 5_000 }, (_, index) => ({ type: 'text', text: `part ${index}` }))
    const many = read('chat', { messages: [{ role: 'user', content: parts }] }).text
    for (const text of [whole, many]) expect(text).toHaveLength(HEAD_UNITS + TAIL_UNITS)
    expect(many.startsWith('part 0\npart 1\n')).toBe(true)
    expect(many.endsWith('\npart 4999')).toBe(true)
  })

  it('is read from a body of any shape without a throw', () => {
    fc.assert(
      fc.property(fc.constantFrom(...RULE_SURFACES), fc.dictionary(fc.constantFrom('messages', 'input', 'system', 'instructions', 'tools'), fc.oneof(fc.anything(), fc.array(fc.record({ role: fc.constantFrom('user', 'system', 'assistant'), content: fc.anything() })))), (surface, native) => {
        expect(typeof read(surface, native).text).toBe('string')
      }),
    )
  })

  it('stays as it is when capped again', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 8_000 }), (length) => {
      const capped = capText('ab '.repeat(length))
      expect(capText(capped)).toBe(capped)
    }))
  })
})
