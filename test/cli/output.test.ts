import { describe, expect, it } from 'vitest'
import { duration, percentInterval, table, usd } from '../../cli/output.ts'

describe('text for people', () => {
  it('aligns numbers to the right and words to the left', () => {
    expect(table(['name', 'n'], [['a', '1'], ['bcd', '100']])).toBe('name    n\n────  ───\na       1\nbcd   100\n')
  })

  it('never shows an unknown amount as 0', () => {
    expect(usd(undefined)).toBe('–')
    expect(usd(null)).toBe('–')
    expect(usd(0)).toBe('$0.000000')
    expect(usd(0.0031)).toBe('$0.003100')
    expect(usd(12.345)).toBe('$12.35')
  })

  it('gives a rate its interval and a time its unit', () => {
    expect(percentInterval({ value: 0.16, low: 0.0914, high: 0.265 })).toBe('16.0% (9.1–26.5)')
    expect(duration(840)).toBe('840 ms')
    expect(duration(2400)).toBe('2.40 s')
  })
})
