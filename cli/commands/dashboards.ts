// `weighbridge dashboards build`: Grafana dashboards and alert rules as files, generated from the same queries the pages use.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { WeighbridgeError } from '../../core/errors.ts'
import { alertRulesYaml } from '../../dashboards/grafana/alerts.ts'
import { buildDashboards } from '../../dashboards/grafana/build.ts'
import { PAGES_URL } from '../../dashboards/grafana/variables.ts'
import { EXIT, type Command } from '../command.ts'

export const build: Command = {
  name: 'dashboards build',
  summary: 'Write the Grafana dashboards as classic JSON, and the alert rules as a provisioning file.',
  options: {
    out: { type: 'string', meaning: 'Folder to write into (default ./grafana-dashboards)', value: 'DIR' },
    'pages-url': { type: 'string', meaning: `Where links to the own pages and the runbook lead (default ${PAGES_URL})`, value: 'URL' },
  },
  help: 'Import the JSON files in Grafana, or mount the folder for its dashboard provisioning; alerting.yaml belongs into its folder provisioning/alerting.',
  run: async (terminal, args) => {
    const dir = resolve(terminal.cwd, args.text('out') ?? 'grafana-dashboards')
    const pagesUrl = pagesAddress(args.text('pages-url'))
    mkdirSync(dir, { recursive: true })
    const texts = [...buildDashboards(pagesUrl).map(({ name, json }) => ({ name: `${name}.json`, text: json })), { name: 'alerting.yaml', text: alertRulesYaml(pagesUrl) }]
    const files = texts.map(({ name, text }) => {
      const path = join(dir, name)
      writeFileSync(path, text)
      return path
    })
    terminal.out(args.flag('json') ? `${JSON.stringify({ files })}\n` : files.map((file) => `${file}\n`).join(''))
    return EXIT.ok
  },
}

function pagesAddress(given: string | undefined): string {
  if (given === undefined) return PAGES_URL
  const url = URL.parse(given)
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) throw new WeighbridgeError('usage', `--pages-url takes an address like ${PAGES_URL}, not "${given}"`)
  return given.replace(/\/+$/, '')
}
