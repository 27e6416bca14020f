// A recommendation as one page that needs nothing else: for a pull request, a mail, or a browser that is not signed in. Drawn in
// plain HTML with intervals as bars; readable in the dark and on a phone. In: a recommendation. Out: text.
import type { Interval } from '../../core/route-table.ts'
import type { Recommendation, TargetAdvice, TaskAdvice } from './recommendation.ts'
import { amount, percentFine } from './render.ts'

const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e8eaed); --dim: light-dark(#5b6470, #9aa4b0); --line: light-dark(#d5dae0, #3a424c); --back: light-dark(#ffffff, #14181d); --was: light-dark(#9aa4b0, #6d7783); --is: light-dark(#1f6feb, #58a6ff); }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); margin: 2rem auto; max-width: 62rem; padding: 0 1rem; }
h1 { font-size: 1.35rem; } h2 { font-size: 1.1rem; margin-top: 2.2rem; border-top: 1px solid var(--line); padding-top: 1.2rem; }
p.headline { font-weight: 600; } .dim { color: var(--dim); } .flag { border: 1px solid; border-radius: 3px; padding: 0 .35em; font-size: .8em; }
table { border-collapse: collapse; width: 100%; font-size: .92em; } th, td { text-align: left; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
.bar { display: flex; height: .7rem; border-radius: 2px; overflow: hidden; background: var(--line); min-width: 7rem; } .bar i { display: block; background: var(--is); } .bar.was i { background: var(--was); }
.scroll { overflow-x: auto; } svg { display: block; } blockquote { margin: .3rem 0 .3rem 1rem; color: var(--dim); }
`.trim()

/** The page. What models answered stands in it as text only. */
export function renderHtml(recommendation: Recommendation): string {
  const parent = recommendation.parent === 0 ? 'the configured weights' : `version ${recommendation.parent}`
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>Route recommendation ${escape(recommendation.id)}</title><style>${STYLE}</style></head><body>`,
    `<h1>Route recommendation ${escape(recommendation.id)} ${recommendation.simulated ? '<span class="flag">simulated evidence</span>' : ''}</h1>`,
    `<p class="dim">Made ${escape(recommendation.created_at)} for ${parent}; may be applied until ${escape(recommendation.expires_at)}, or until other weights come into force.</p>`,
    ...recommendation.tasks.map(taskSection),
    '</body></html>',
    '',
  ].join('\n')
}

function taskSection(task: TaskAdvice): string {
  return [
    `<h2>${escape(task.task)} <span class="flag">${task.verdict.replaceAll('_', ' ')}</span> <span class="dim">by ${escape(task.rule)}</span></h2>`,
    `<p class="headline">${escape(task.headline)}</p>`,
    ...(task.targets.length === 0 ? [] : [targetTable(task)]),
    expectedTable(task),
    `<ul>${task.reasons.map((reason) => `<li>${escape(reason)}</li>`).join('')}</ul>`,
    ...(task.left.length === 0 ? [] : [`<p>Considered and left:</p><ul>${task.left.map((line) => `<li>${escape(line)}</li>`).join('')}</ul>`]),
    ...(task.contradicting.length === 0 ? [] : [contradictions(task)]),
  ].join('\n')
}

function targetTable(task: TaskAdvice): string {
  const head = ['Target', 'Before', 'After', 'Quality (95%)', '', '$ per 1k calls (95%)', 'p95 (95%)', 'P(best)', 'Probes, calls']
  const rows = task.targets.map((target) =>
    [`<th scope="row">${escape(target.target)}</th>`, bar(target.before, true), bar(target.after, false), cell(target.quality === null ? 'unknown' : interval(target.quality, decimal)), `<td>${whisker(target.quality)}</td>`, cell(target.cost_per_call_usd === null ? 'unknown' : interval(target.cost_per_call_usd, (usd) => amount(usd * 1000))), cell(latency(target)), cell(target.p_best === null ? '' : target.p_best.toFixed(2)), cell(`${target.evals}, ${target.calls}`)].join(''),
  )
  return `<div class="scroll"><table><thead><tr>${head.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${row}</tr>`).join('')}</tbody></table></div>`
}

function expectedTable({ expected }: TaskAdvice): string {
  if (expected === null) return ''
  const line = (name: string, side: typeof expected.before): string =>
    `<tr><th scope="row">${name}</th>${cell(side.quality === null ? 'unknown' : interval(side.quality, decimal))}${cell(side.cost_per_1k_usd === null ? 'unknown' : `$${interval(side.cost_per_1k_usd, amount)}`)}${cell(side.latency_p95_ms === null ? 'unknown' : seconds(side.latency_p95_ms))}${cell(side.error_rate === null ? 'unknown' : percentFine(side.error_rate))}</tr>`
  return `<div class="scroll"><table><thead><tr><th scope="col">Expected per call</th><th scope="col" class="n">quality</th><th scope="col" class="n">$ per 1k calls</th><th scope="col" class="n">slowest p95</th><th scope="col" class="n">failed attempts</th></tr></thead><tbody>${line('before', expected.before)}${line('after', expected.after)}</tbody></table></div>`
}

function contradictions(task: TaskAdvice): string {
  const items = task.contradicting.map(({ probe, question, riser, faller }) =>
    `<li><b>${escape(probe)}</b>${question === null ? '' : `: ${escape(question)}`}${[riser, faller].map(({ target, score, answer }) => `<blockquote>${escape(target)} (${decimal(score)})${answer === null ? '' : `: ${escape(answer)}`}</blockquote>`).join('')}</li>`,
  )
  return `<details><summary>Probes that speak against it</summary><ul>${items.join('')}</ul></details>`
}

function bar(share: number, was: boolean): string {
  const percent = (share * 100).toFixed(1)
  return `<td><div class="bar${was ? ' was' : ''}" title="${percent}%"><i style="width:${percent}%"></i></div>${percentFine(share)}</td>`
}

/** The interval on a line from 0 to 1. */
function whisker(quality: Interval | null): string {
  if (quality === null) return ''
  const at = (value: number): string => (Math.min(1, Math.max(0, value)) * 100).toFixed(1)
  return `<svg width="102" height="14" viewBox="-1 0 102 14" role="img" aria-label="${decimal(quality.low)} to ${decimal(quality.high)}"><path d="M0 7H100" stroke="var(--line)"/><path d="M${at(quality.low)} 7H${at(quality.high)}" stroke="var(--is)" stroke-width="3"/><circle cx="${at(quality.value)}" cy="7" r="3.5" fill="var(--is)"/></svg>`
}

function latency({ latency: known, latency_p95_ms: p95 }: TargetAdvice): string {
  if (known !== null) return interval(known.p95, seconds)
  return p95 === null ? 'unknown' : seconds(p95)
}

function interval(of: { readonly value: number; readonly low: number; readonly high: number }, text: (value: number) => string): string {
  return `${text(of.value)} (${text(of.low)}…${text(of.high)})`
}

const cell = (text: string): string => `<td class="n">${text}</td>`
const decimal = (value: number): string => value.toFixed(2)
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
