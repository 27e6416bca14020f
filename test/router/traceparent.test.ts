import { describe, expect, it } from 'vitest'
import { parseTraceparent } from '../../router/spans/traceparent.ts'

describe('traceparent', () => {
  const id = '0af7651916cd43dd8448eb211c80319c'
  it.each([
    [`00-${id}-b7ad6b7169203331-01`, true],
    [`00-${id}-b7ad6b7169203331-00`, true],
    [`cc-${id}-b7ad6b7169203331-01-future`, true],
    [`00-${id}-b7ad6b7169203331-01-more`, false],
    [`ff-${id}-b7ad6b7169203331-01`, false],
    [`00-${'0'.repeat(32)}-b7ad6b7169203331-01`, false],
    [`00-${id}-${'0'.repeat(16)}-01`, false],
    ['nonsense', false],
  ])('%s is taken: %s', (header, taken) => {
    expect(parseTraceparent(header) !== undefined).toBe(taken)
  })
})
