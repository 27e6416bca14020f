// A report as JUnit XML, for machines that show test results: a test case per gate and cell, and one per target and suite that
// fails when nothing could be scored. Pure.
import type { Report } from './report.ts'

/** The XML text. Failed gates are failures, undecided and unknown ones are skipped with their reason. */
export function renderJunit(report: Report): string {
  const cases = [...gateCases(report), ...runCases(report)]
  const failures = cases.filter((one) => one.outcome === 'failure').length
  const skipped = cases.filter((one) => one.outcome === 'skipped').length
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="weighbridge eval ${xml(report.runId)}" tests="${cases.length}" failures="${failures}" skipped="${skipped}">`,
    ...[...Map.groupBy(cases, (one) => one.suite)].flatMap(([suite, group]) => [
      `  <testsuite name="${xml(suite)}" tests="${group.length}" failures="${group.filter((one) => one.outcome === 'failure').length}" skipped="${group.filter((one) => one.outcome === 'skipped').length}">`,
      ...group.map(caseText),
      '  </testsuite>',
    ]),
    '</testsuites>',
    '',
  ].join('\n')
}

type Case = { readonly suite: string; readonly name: string; readonly outcome: 'passed' | 'failure' | 'skipped'; readonly text: string }

function gateCases(report: Report): Case[] {
  return report.gates.map(({ gate, suite, target, status, reason }) => ({
    suite: `gates/${suite}`,
    name: `${gate.metric} ${gate.max !== undefined ? `≤ ${gate.max}` : gate.min !== undefined ? `≥ ${gate.min}` : `regression ≤ ${gate.max_regression}`} on ${target}`,
    outcome: status === 'passed' ? 'passed' : status === 'failed' ? 'failure' : 'skipped',
    text: reason,
  }))
}

function runCases(report: Report): Case[] {
  return report.summaries.map(({ suite, target, statuses, trials }) => ({
    suite,
    name: target,
    outcome: (statuses.scored ?? 0) > 0 ? 'passed' : 'failure',
    text: `${statuses.scored ?? 0} of ${trials} trials scored: ${Object.entries(statuses).map(([status, n]) => `${n} ${status}`).join(', ')}`,
  }))
}

function caseText({ suite, name, outcome, text }: Case): string {
  const inner = outcome === 'failure' ? `<failure message="${xml(text)}"/>` : outcome === 'skipped' ? `<skipped message="${xml(text)}"/>` : `<system-out>${xml(text)}</system-out>`
  return `    <testcase classname="${xml(suite)}" name="${xml(name)}">${inner}</testcase>`
}

/** Text as XML: markup escaped, characters that XML 1.0 has no place for left out. */
function xml(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
