import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { WIRES } from '../../../core/model-request.ts'
import { isOurItemId, itemId } from '../../../router/http/surfaces/ids.ts'
import { isOurSeal, readSeal, writeSeal } from '../../../router/http/surfaces/seals.ts'

describe('a seal inside another API', () => {
  it('comes back as it was, whatever it and its call are named', () => {
    const seal = fc.record({ wire: fc.constantFrom(...WIRES), value: fc.string() })
    fc.assert(
      fc.property(seal, fc.option(fc.string({ minLength: 1, maxLength: 40, unit: 'binary' }), { nil: undefined }), fc.boolean(), fc.string(), (one, callId, redacted, hiddenText) => {
        const text = writeSeal(one, { redacted, hiddenText, ...(callId === undefined ? {} : { callId }) })
        expect(isOurSeal(text)).toBe(true)
        expect(readSeal(text)).toEqual({ seal: one, redacted, callId: callId?.toWellFormed(), hiddenText: hiddenText === '' ? undefined : hiddenText })
      }),
    )
  })

  it('may say only that there is none', () => {
    expect(readSeal(writeSeal(undefined))).toEqual({ seal: undefined, redacted: false, callId: undefined, hiddenText: undefined })
  })

  it('says nothing once its hidden text was changed', () => {
    const text = writeSeal({ wire: 'gemini', value: 'x' }, { hiddenText: 'So.' })
    expect(readSeal(text.slice(0, -1))).toMatchObject({ seal: undefined, hiddenText: undefined })
    expect(readSeal('wb1.gemini.h..[1]')).toMatchObject({ seal: undefined, hiddenText: undefined })
  })

  it('is not seen in what another made', () => {
    fc.assert(fc.property(fc.base64String(), (text) => readSeal(text) === undefined))
    expect(readSeal('wb1.')).toBeUndefined()
    expect(readSeal('wb1.gemini..%E0%A4%A.x')).toMatchObject({ callId: undefined })
  })
})

describe('an id of our making', () => {
  it('is known again, and no other is', () => {
    expect(isOurItemId(itemId('msg_', '0123-abcd', 3))).toBe(true)
    for (const id of ['msg_0123abcd', 'rs_wbfoo', 'fc_68af4030baa48193b0b43b4c2a176a1a0e6967589f080e78', undefined, 7]) expect(isOurItemId(id)).toBe(false)
  })
})
