// `weighbridge dashboards build`: Grafana dashboards as JSON files, generated from the same queries the pages use.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { buildDashboards } from '../../dashboards/grafana/build.ts'
import { EXIT, type Command } from '../command.ts'

export const build: Command = {
  name: 'dashboards build',
  summary: 'Write the Grafana dashboards as classic JSON.',
  options: { out: { type: 'string', meaning: 'Folder to write into (default ./grafana-dashboards)', value: 'DIR' } },
  run: async (terminal, args) => {
    const dir = resolve(terminal.cwd, args.text('out') ?? 'grafana-dashboards')
    mkdirSync(dir, { recursive: true })
    const files = buildDashboards().map(({ name, json }) => {
      const path = join(dir, `${name}.json`)
      writeFileSync(path, json)
      return path
    })
    terminal.out(args.flag('json') ? `${JSON.stringify({ files })}\n` : files.map((file) => `${file}\n`).join(''))
    return EXIT.ok
  },
}
