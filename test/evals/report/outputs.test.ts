// A report written down: terminal, Markdown, JUnit and HTML, with names and answers that would be markup.
import { describe, expect, it } from 'vitest'
import { gateSchema } from '../../../core/eval-gates.ts'
import { table } from '../../../cli/output.ts'
import type { Trial } from '../../../evals/replay/trial.ts'
import { renderHtml } from '../../../evals/report/html.ts'
import { renderJunit } from '../../../evals/report/junit.ts'
import { renderMarkdown, renderTerminal } from '../../../evals/report/render.ts'
import { makeReport, type Report } from '../../../evals/report/report.ts'
import { trial } from '../support-trial.ts'

const EVIL = `<img src=x onerror="alert(1)">|&\u0007`
const run = (right: number, over: Partial<Trial> = {}): Trial[] => Array.from({ length: 40 }, (_v, at) => trial({ probeId: `q${at}`, label: at < right ? 'correct' : 'incorrect', answer: EVIL, ...over }))
const report = (over: Partial<Trial> = {}, gates: readonly object[] = []): Report =>
  makeReport({ runId: 'r', head: undefined, trials: run(10, over), labels: new Map(), gates: gates.map((gate) => gateSchema.parse(gate)), baseline: { trials: run(30, over), options: { baseline: 'old', minEffect: 0.02, q: 0.05 } }, lost: [{ key: 'k', traceId: 't', judge: '', chargedUsd: 0.01, known: false }], chargedUsd: 0.25 })
const everything = { parts: true, answers: true }
const GATES = [{ metric: 'accuracy', min: 0.7 }, { metric: 'accuracy', min: 0.3 }, { metric: 'accuracy', min: 0.1 }]

/** Tags of a document in order, or the place where they do not nest. */
function nesting(text: string): string[] {
  const open: string[] = []
  const seen: string[] = []
  for (const [, close, name = '', selfClosed] of text.matchAll(/<(\/?)([a-z][a-z0-9]*)(?:\s+[a-zA-Z-]+="[^"<>]*")*\s*(\/?)>/gi)) {
    if (['meta', 'line', 'circle'].includes(name) && close === '') continue
    if (close === '/') expect(open.pop()).toBe(name)
    else if (selfClosed !== '/') open.push(name)
    seen.push(name)
  }
  expect(open).toEqual([])
  return seen
}

describe('a report for a terminal', () => {
  it('says gates first, then each suite with what its columns mean, and marks simulated targets', () => {
    const text = renderTerminal(report({}, GATES), { parts: false, answers: false }, table)
    expect(text).toMatch(/Gates: failed[\s\S]*accuracy +≥ 0\.7[\s\S]*FAILED[\s\S]*factual — SIMULATED targets[\s\S]*hallucination[\s\S]*wrong of all not correct[\s\S]*Compared with old[\s\S]*WORSE[\s\S]*flipped: 20 for the worse/)
    expect(text).not.toContain('onerror')
    expect(text).toMatch(/1 call\(s\) were under way when the run was killed/)
  })

  it('keeps real and simulated targets in tables of their own', () => {
    const both = makeReport({ runId: 'r', head: undefined, trials: [...run(10), ...run(20, { target: 'u', simulated: false })], labels: new Map(), gates: [], baseline: undefined, lost: [], chargedUsd: 0 })
    expect([...renderTerminal(both, { parts: false, answers: false }, table).matchAll(/^factual.*$/gm)].map(([line]) => line)).toEqual(['factual', 'factual — SIMULATED targets'])
  })
})

describe('a report as Markdown', () => {
  it('lets no name or answer be markup or a table of its own', () => {
    const text = renderMarkdown(report({ target: EVIL }, GATES), everything, '<!-- weighbridge -->')
    expect(text.startsWith('<!-- weighbridge -->\n# Eval run r')).toBe(true)
    expect(text.slice(20)).not.toMatch(/<(?!!--)/)
    for (const line of text.split('\n').filter((one) => one.startsWith('|'))) expect(line.endsWith('|')).toBe(true)
    const rows = text.slice(text.indexOf('## Answers that flipped')).split('\n').filter((line) => line.startsWith('|'))
    const cells = rows.map((line) => line.replaceAll('\\|', '').split('|').length)
    expect(new Set(cells.slice(0, 21)).size).toBe(1)
  })

  it('stays below what a step summary may be', () => {
    const trials = Array.from({ length: 9_000 }, (_v, at) => trial({ probeId: `q${at}`, domain: `domain-${at}-${'x'.repeat(80)}`, label: 'correct' }))
    const text = renderMarkdown(makeReport({ runId: 'r', head: undefined, trials, labels: new Map(), gates: [], baseline: undefined, lost: [], chargedUsd: 0 }), everything)
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024)
    expect(text).toMatch(/cut: the report is longer than a summary may be/)
  })
})

describe('a report as JUnit', () => {
  it('is well-formed, counts what it holds, and skips what is undecided', () => {
    const text = renderJunit(report({ target: EVIL }, GATES))
    expect(text).toMatch(/^<\?xml version="1\.0" encoding="UTF-8"\?>\n<testsuites name="weighbridge eval r" tests="4" failures="1" skipped="1">/)
    expect(nesting(text.slice(text.indexOf('\n'))).filter((name) => name === 'testcase')).toHaveLength(8)
    expect(text).not.toContain('\u0007')
    expect(text).toMatch(/<testcase classname="gates\/factual" name="accuracy ≥ 0\.7 on &lt;img[^"]*"><failure message="is 0\.25/)
  })

  it('fails a target of which nothing could be scored', () => {
    expect(renderJunit(report({ status: 'provider_error', label: undefined }))).toMatch(/<testcase classname="factual" name="t"><failure message="0 of 40 trials scored: 40 provider_error"\/>/)
  })
})

describe('a report as a page', () => {
  it('is one file without a script or anything to load, with charts, its gates’ limits, and nothing unescaped', () => {
    const page = renderHtml(report({ target: EVIL }, GATES), everything)
    expect(page).not.toMatch(/<(?:script|img|link|iframe|object)|<[^>]+\s(?:src|href)=|url\(|@import|https?:/i)
    nesting(page)
    expect(page).toMatch(/<svg [^>]*role="img"[^>]*aria-label="accuracy: correct of all answerable"/)
    expect(page).toMatch(/<line class="limit"/)
    expect(page).toMatch(/prefers-color-scheme:dark/)
  })

  it('says "too few" where a rate has too few, in place of a dot at zero', () => {
    const few = makeReport({ runId: 'r', head: undefined, trials: Array.from({ length: 30 }, (_v, at) => trial({ probeId: `q${at}`, label: at < 25 ? 'correct' : 'incorrect' })).concat(trial({ probeId: 'z', target: 'u', label: 'incorrect' }), run(5, { target: 'v' })), labels: new Map(), gates: [], baseline: undefined, lost: [], chargedUsd: 0 })
    expect(renderHtml(few, everything)).toMatch(/too few \(n 5\)/)
  })
})
