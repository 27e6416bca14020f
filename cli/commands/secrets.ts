// `weighbridge secrets`: what docker-compose.yml runs first, so that nothing is open with a password from a file in git.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { WeighbridgeError } from '../../core/errors.ts'
import { EXIT, type Command } from '../command.ts'
import { makeSecrets, SECRET_FILES } from '../deploy/secrets.ts'

export const command: Command = {
  name: 'secrets',
  summary: "Make a deployment's secrets on first start; existing ones stay.",
  options: {
    dir: { type: 'string', meaning: 'Folder for the secrets (default ./secrets)', value: 'DIR' },
    database: { type: 'string', meaning: 'ClickHouse database (default weighbridge)', value: 'NAME' },
    show: { type: 'string', meaning: `Print one of ${SECRET_FILES.join(', ')}`, value: 'NAME' },
    dashboards: { type: 'string', meaning: 'Write the Grafana dashboards here as well', value: 'DIR' },
  },
  run: async (terminal, args) => {
    const dir = resolve(terminal.cwd, args.text('dir') ?? 'secrets')
    const show = args.text('show')
    if (show !== undefined) {
      if (!SECRET_FILES.some((name) => name === show)) throw new WeighbridgeError('usage', `There is no secret "${show}"`)
      terminal.out(`${readFileSync(join(dir, show), 'utf8')}\n`)
      return EXIT.ok
    }
    const made = makeSecrets(dir, args.text('database') ?? 'weighbridge')
    const dashboards = args.text('dashboards')
    if (dashboards !== undefined) {
      const { buildDashboards } = await import('../../dashboards/grafana/build.ts')
      mkdirSync(dashboards, { recursive: true })
      for (const { name, json } of buildDashboards()) writeFileSync(join(dashboards, `${name}.json`), json)
    }
    terminal.out(args.flag('json') ? `${JSON.stringify({ dir, made })}\n` : `${dir}: ${made.length === 0 ? 'all secrets exist' : `made ${made.join(', ')}`}\n`)
    return EXIT.ok
  },
}
