// What is taken out of harvested text, and what stays because taking it out would ruin the question.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redactor } from '../../../evals/harvest/redact.ts'

const redact = redactor([])
// Secrets are put together here, so that no scanner takes this file for a leak.
const fake = (...parts: readonly string[]): string => parts.join('')

describe('redaction', () => {
  const gone: readonly [kind: string, text: string][] = [
    ['email', 'Write to jo.doe+x@mail.example.co.uk today'],
    ['phone', 'Call +49 30 1234 5678 now'],
    ['phone', 'Call (030) 123-456-7890 now'],
    ['card', 'My card is 4111 1111 1111 1111.'],
    ['iban', 'Pay to DE89 3704 0044 0532 0130 00, please'],
    ['social_security', 'SSN 078-05-1120'],
    ['ip', 'from 203.0.113.77 at night'],
    ['ip', 'from 2001:db8:85a3:8d3:1319:8a2e:370:7348'],
    ['secret', fake('use sk', '-proj-', 'AbCdEf0123456789AbCdEf')],
    ['secret', fake('token gh', 'p_', 'a'.repeat(36))],
    ['secret', fake('AKIA', 'ABCDEFGHIJKLMNOP', ' is the id')],
    ['secret', 'password: hunter2hunter2'],
    ['secret', 'Authorization: Bearer abcdef.ghijkl'],
    ['token', fake('ey', 'JhbGciOiJIUzI1NiJ9', '.', 'eyJzdWIiOiIxMjM0NTY3ODkwIn0', '.', 'dozjgNryP4J3jVmN')],
    ['credentials', 'postgres://admin:s3cretpw@db.internal/main'],
    ['private_key', fake('-----BEGIN ', 'RSA PRIVATE KEY-----\nMIIE\nowIB\n-----END ', 'RSA PRIVATE KEY-----')],
  ]

  it.each(gone)('takes out %s: %s', (kind, text) => {
    const { text: rest, found } = redact(text)
    expect(rest).toContain(`[${kind}]`)
    expect(found[kind]).toBe(1)
  })

  const stays = [
    'The order 4111 1111 1111 1112 fails the check digit',
    'On 2024-05-17 the version 1.2.3 of 127.0.0.1 ran 12:30:45',
    'It costs 1,234,567.89 EUR or 12 500 units',
    'DE00 1234 5678 9012 3456 78 is no account',
    'Explain ISO 8601, RFC 9110, and 3.14159265358979',
    'class Foo::Bar; a::b::c',
  ]
  it.each(stays)('leaves alone: %s', (text) => expect(redact(text)).toEqual({ text, found: {} }))

  it('takes out the operator’s own patterns too, and refuses one that no linear engine takes', () => {
    const own = redactor(['CUST-\\d{6}', '(?i)project falcon'])
    expect(own('CUST-123456 and CUST-654321 of Project Falcon')).toEqual({ text: '[redacted] and [redacted] of [redacted]', found: { redacted: 3 } })
    expect(() => redactor(['(a)\\1'])).toThrow(expect.objectContaining({ code: 'config_invalid' }))
    expect(redactor(['x*'])('axxb').text).toBe('a[redacted]b')
  })

  it('comes to an end on any text, and finds nothing more in what it has redacted', () => {
    fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...'0123456789 .-@:/abzAZ+()[]_='), maxLength: 400 }), (text) => {
      const once = redact(text)
      expect(redact(once.text).text).toBe(once.text)
    }), { numRuns: 300, seed: 11 })
  })

  it('is linear in the text: a megabyte of what nearly matches is no hang', () => {
    for (const piece of ['1 ', 'a.', 'a@', 'sk-', 'A1', ':a', '(1)-', 'eyJ']) expect(redact(piece.repeat(200_000 / piece.length)).text.length).toBeGreaterThan(0)
  })
})
