// A replay as a picture: each task's weights over the nights as stacked areas, and the regret that adds up. In: a report. Out: SVG
// that needs nothing else, readable in the dark.
import type { ReplayReport } from './report.ts'

const [PANEL, HEIGHT, GAP, LEFT, TOP] = [260, 120, 34, 16, 58]
const COLUMNS = 3
/** Okabe and Ito (2008): told apart with any colour vision. */
const COLOURS = ['#0072B2', '#E69F00', '#009E73', '#CC79A7', '#56B4E9', '#D55E00', '#F0E442', '#999999']

export function replayPicture(report: ReplayReport): string {
  const tasks = Object.keys(report.weights_over_time).sort()
  const models = [...new Set(tasks.flatMap((task) => (report.weights_over_time[task] ?? []).flatMap(Object.keys)))].sort()
  const colour = (model: string): string => COLOURS[models.indexOf(model) % COLOURS.length] ?? '#999999'
  const panels = [...tasks.map((task) => weightsPanel(task, report.weights_over_time[task] ?? [], models, colour)), regretPanel(report.regret_by_night)]
  const rows = Math.ceil(panels.length / COLUMNS)
  const width = LEFT * 2 + COLUMNS * PANEL + (COLUMNS - 1) * GAP
  const legendRows = Math.ceil(models.length / COLUMNS)
  const height = TOP + rows * (HEIGHT + GAP + 16) + 20 * legendRows + 10
  const placed = panels.map((panel, at) => `<g transform="translate(${LEFT + (at % COLUMNS) * (PANEL + GAP)} ${TOP + Math.floor(at / COLUMNS) * (HEIGHT + GAP + 16)})">${panel}</g>`)
  const legend = models.map((model, at) => {
    const [x, y] = [LEFT + (at % COLUMNS) * (PANEL + GAP), height - 10 - 20 * (legendRows - Math.floor(at / COLUMNS)) + 14]
    return `<rect x="${x}" y="${y - 10}" width="12" height="12" fill="${colour(model)}"/><text x="${x + 18}" y="${y}">${escape(model)}</text>`
  })
  const title = `${report.seeds} random orders of ${report.calls_per_seed} calls, $${report.value_usd} an answer${report.scenario === null ? '' : `, ${report.scenario}`}`
  const share = report.last_quarter_of_hindsight === null ? '' : `; last quarter ${(100 * report.last_quarter_of_hindsight.value).toFixed(2)}% of the best model per task in hindsight`
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    '<style>text{fill:#1b1f24}.line{stroke:#5b6470;fill:none}.back{fill:#ffffff}@media(prefers-color-scheme:dark){text{fill:#e8eaed}.line{stroke:#9aa4b0}.back{fill:#14181d}}</style>',
    `<rect class="back" width="${width}" height="${height}"/>`,
    `<text x="${LEFT}" y="22" font-size="15" font-weight="600">Weights night by night</text><text x="${LEFT}" y="40">${escape(title + share)}</text>`,
    ...placed,
    ...legend,
    '</svg>',
    '',
  ].join('\n')
}

function weightsPanel(task: string, nights: readonly Readonly<Record<string, number>>[], models: readonly string[], colour: (model: string) => string): string {
  const x = (night: number): number => (PANEL * night) / Math.max(1, nights.length - 1)
  const below = nights.map(() => 0)
  const areas = models.map((model) => {
    const upper = nights.map((shares, night) => (below[night] ?? 0) + (shares[model] ?? 0))
    const path = [...upper.map((value, night) => point(x(night), value)), ...below.map((value, night) => point(x(night), value)).reverse()]
    upper.forEach((value, night) => (below[night] = value))
    return `<path d="M${path.join('L')}Z" fill="${colour(model)}"/>`
  })
  return `<text y="-6" font-weight="600">${escape(task)}</text>${areas.join('')}<rect class="line" width="${PANEL}" height="${HEIGHT}"/>${axis(nights.length - 1)}`
}

function regretPanel(regret: readonly number[]): string {
  let total = 0
  const sums = [0, ...regret.map((value) => (total += value))]
  const [least, most] = [Math.min(0, ...sums), Math.max(1e-9, ...sums)]
  const points = sums.map((value, night) => point((PANEL * night) / Math.max(1, regret.length), (value - least) / (most - least)))
  return `<text y="-6" font-weight="600">regret, added up: ${total.toFixed(1)} answers</text><path class="line" stroke-width="2" d="M${points.join('L')}"/><rect class="line" width="${PANEL}" height="${HEIGHT}"/>${axis(regret.length)}`
}

function axis(nights: number): string {
  return `<text y="${HEIGHT + 14}">0</text><text x="${PANEL}" y="${HEIGHT + 14}" text-anchor="end">night ${nights}</text>`
}

function point(x: number, share: number): string {
  return `${x.toFixed(1)} ${(HEIGHT * (1 - Math.min(1, Math.max(0, share)))).toFixed(1)}`
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
