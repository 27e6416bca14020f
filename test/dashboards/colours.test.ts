// The colours of targets: apart from each other with normal sight and under the three kinds of colour blindness, in both themes, and what stands
// upon them can be read. Simulation: Machado, Oliveira & Fernandes (2009), IEEE TVCG 15, 1291–1298, severity 1.0; distance: Euclidean in OKLab.
import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'

type Rgb = readonly [number, number, number]

const SIGHTS: Readonly<Record<string, readonly [Rgb, Rgb, Rgb]>> = {
  normal: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}

/** Just noticeable is about 0.02; this is several times that. */
const LEAST_APART = 0.06
/** WCAG 2.2, 1.4.3 for text. */
const LEAST_CONTRAST = 4.5

describe('the colours of targets', () => {
  let css: string
  beforeAll(async () => {
    css = await readFile(new URL('../../dashboards/web/app/styles/tokens.css', import.meta.url), 'utf8')
  })
  const token = (name: string, theme: 'light' | 'dark'): Rgb => {
    const match = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(css)
    const hex = match?.[theme === 'light' ? 1 : 2]
    if (hex === undefined) throw new Error(`no colour --${name}`)
    return linear(hex)
  }

  it.each(['light', 'dark'] as const)('keep apart for everybody in the %s theme, also from the ground', (theme) => {
    const colours = [...Array.from({ length: 8 }, (_, i) => ({ name: `t${i}`, rgb: token(`t${i}`, theme) })), { name: 'paper', rgb: token('paper', theme) }]
    const near: string[] = []
    for (const [sight, matrix] of Object.entries(SIGHTS)) {
      for (const [i, a] of colours.entries()) {
        for (const b of colours.slice(i + 1)) {
          const apart = distance(seen(matrix, a.rgb), seen(matrix, b.rgb))
          if (apart < LEAST_APART) near.push(`${a.name} and ${b.name} with ${sight}: ${apart.toFixed(3)}`)
        }
      }
    }
    expect(near).toEqual([])
  })

  it.each(['light', 'dark'] as const)('can be read upon in the %s theme', (theme) => {
    const faint = Array.from({ length: 8 }, (_, i) => ({ name: `t${i}`, ratio: contrast(token(`t${i}`, theme), token(`t${i}-on`, theme)) })).filter(({ ratio }) => ratio < LEAST_CONTRAST)
    expect(faint).toEqual([])
  })
})

function linear(hex: string): Rgb {
  const channel = (at: number): number => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4
  }
  return [channel(1), channel(3), channel(5)]
}

function seen(matrix: readonly [Rgb, Rgb, Rgb], rgb: Rgb): Rgb {
  const row = (r: Rgb): number => Math.min(1, Math.max(0, r[0] * rgb[0] + r[1] * rgb[1] + r[2] * rgb[2]))
  return [row(matrix[0]), row(matrix[1]), row(matrix[2])]
}

/** OKLab: Ottosson (2020), "A perceptual color space for image processing". */
function oklab([r, g, b]: Rgb): Rgb {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b)
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b)
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b)
  return [0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s, 1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s, 0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s]
}

function distance(a: Rgb, b: Rgb): number {
  const [x, y] = [oklab(a), oklab(b)]
  return Math.hypot(x[0] - y[0], x[1] - y[1], x[2] - y[2])
}

function contrast(a: Rgb, b: Rgb): number {
  const light = ([r, g, bl]: Rgb): number => 0.2126 * r + 0.7152 * g + 0.0722 * bl
  const [x, y] = [light(a), light(b)].toSorted((p, q) => q - p)
  return ((x ?? 0) + 0.05) / ((y ?? 0) + 0.05)
}
