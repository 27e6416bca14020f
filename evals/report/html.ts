// A report as one HTML file that needs nothing else: charts as SVG, tables, dark and light by the reader's setting. Pure; every
// name and text in it is escaped, and there is no script.
import { blocksOf, type BlockOptions } from './blocks.ts'
import { INDEX_SCALE, intervalChart, J_SCALE, markup, SHARE_SCALE, type Scale } from './chart.ts'
import { COLUMNS } from './columns.ts'
import type { RateName } from './rates.ts'
import type { Report } from './report.ts'

/** The page. */
export function renderHtml(report: Report, options: BlockOptions): string {
  const facts = report.head
  const when = facts === undefined ? '' : new Date(facts.startedAtMs).toISOString().slice(0, 16).replace('T', ' ')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Eval run ${markup(report.runId)}</title><style>${STYLE}</style></head>
<body><main>
<h1>Eval run ${markup(report.runId)}</h1>
<p class="facts">${[when === '' ? '' : `${when} UTC`, facts === undefined ? '' : `grader ${markup(facts.grader)}`, `charged $${report.chargedUsd.toFixed(4)}`, `gates: <strong class="${report.outcome}">${report.gates.length === 0 ? 'none set' : report.outcome}</strong>`].filter((fact) => fact !== '').join(' · ')}</p>
${charts(report)}
${blocksOf(report, options).map(section).join('\n')}
</main></body></html>
`
}

const SCALES: Readonly<Partial<Record<RateName, Scale>>> = { index: INDEX_SCALE, youden_j: J_SCALE }

/** Every rate of every suite as intervals, real and simulated targets apart. */
function charts(report: Report): string {
  const out: string[] = []
  for (const [suite, group] of Map.groupBy(report.summaries, (summary) => summary.suite)) {
    for (const [simulated, side] of Map.groupBy(group, (summary) => summary.simulated)) {
      const drawn = (Object.keys(COLUMNS) as RateName[]).filter((name) => name !== 'evidence' && side.some((summary) => summary.rates[name]?.value !== undefined))
      out.push(`<section class="charts"><h2>${markup(suite)}${simulated ? ' <em>simulated</em>' : ''}</h2><div class="grid-of-charts">`)
      for (const name of drawn) {
        out.push(`<figure>${intervalChart(`${COLUMNS[name].title}: ${COLUMNS[name].meaning}`, side.map((summary) => ({ name: summary.target, estimate: summary.rates[name] })), SCALES[name] ?? SHARE_SCALE, limitOf(report, suite, name))}</figure>`)
      }
      out.push('</div></section>')
    }
  }
  return out.join('\n')
}

const METRIC_OF: Readonly<Partial<Record<RateName, string>>> = {
  pushback: 'pushback_rate', false_pushback: 'false_pushback_rate', youden_j: 'pushback_j', accuracy: 'accuracy', hallucination: 'hallucination_rate', fabrication: 'fabrication_rate', index: 'index', pass: 'pass_rate', score: 'mean_score',
}

function limitOf(report: Report, suite: string, name: RateName): number | undefined {
  const gate = report.gates.find((result) => result.suite === suite && result.gate.metric === METRIC_OF[name] && result.gate.max_regression === undefined)?.gate
  return gate?.max ?? gate?.min
}

function section(block: ReturnType<typeof blocksOf>[number]): string {
  const head = block.head.map((cell) => `<th>${markup(cell)}</th>`).join('')
  const rows = block.rows.map((row) => `<tr>${row.map((cell) => `<td${/^[−+–\-\d$]/.test(cell) ? ' class="n"' : ''}>${markup(cell)}</td>`).join('')}</tr>`).join('\n')
  const table = block.head.length === 0 ? '' : `<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${rows}</tbody></table></div>`
  return `<section><h2>${markup(block.heading)}</h2>${table}<ul>${block.notes.map((note) => `<li>${markup(note)}</li>`).join('')}</ul></section>`
}

const STYLE = `
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#667;--line:#d8dde3;--paper:#fff;--accent:#2563eb;--bad:#c0262d;--good:#18794e}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ee;--soft:#9aa4b2;--line:#2c333d;--paper:#14171c;--accent:#6ea8fe;--bad:#ff7b80;--good:#5bd19a}}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}main{max-width:1180px;margin:0 auto;padding:28px 20px 60px}
h1{font-size:22px;margin:0 0 4px}h2{font-size:16px;margin:30px 0 8px}.facts,li{color:var(--soft)}ul{padding-left:18px;font-size:13px}
.failed{color:var(--bad)}.passed{color:var(--good)}.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:13px}
th,td{text-align:left;padding:5px 12px 5px 0;border-bottom:1px solid var(--line);vertical-align:top}td.n{font-variant-numeric:tabular-nums;white-space:nowrap}
figure{margin:0}.grid-of-charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(420px,1fr));gap:18px}svg{width:100%;height:auto;font:12px system-ui,sans-serif}
svg .title{font-weight:600;fill:var(--ink)}svg .name,svg .value{fill:var(--ink)}svg .tick,svg .none{fill:var(--soft)}
svg .grid{stroke:var(--line)}svg .bar{stroke:var(--accent);stroke-width:2.5;stroke-linecap:round}svg .dot{fill:var(--accent)}svg .limit{stroke:var(--bad);stroke-dasharray:4 3}
`
