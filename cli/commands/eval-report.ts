// `weighbridge eval report`: a finished or stopped run, in any form.
import { join } from 'node:path'
import { WeighbridgeError } from '../../core/errors.ts'
import { listRuns } from '../../evals/replay/journal.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import type { Command } from '../command.ts'
import { loadConfig, locate } from '../compose/settings.ts'
import { exitOf, REPORT_OPTIONS, reportRun } from '../eval/report-run.ts'

export const command: Command = {
  name: 'eval report',
  summary: 'Show a run: per target and suite with intervals, against a baseline, held to the gates.',
  usage: '[RUN]',
  help: 'Without RUN the newest one. Exit 1: a gate failed; 3: the run was cut short, or a figure that a gate is about cannot be told.',
  options: REPORT_OPTIONS,
  run: async (terminal, args) => {
    const settings = locate(terminal, args)
    const evalsDir = join(settings.dataDir, 'evals')
    const runs = await listRuns(evalsDir)
    const runId = args.positionals[0] ?? runs[0]
    if (runId === undefined) throw new WeighbridgeError('eval_run_unknown', `There are no eval runs in ${evalsDir}`, { remedy: 'Start one with `weighbridge eval run`.' })
    const report = await reportRun(terminal, args, { dataDir: settings.dataDir, config: configIfAny(), runId })
    if (!args.flag('json') && runs.length > 1) terminal.out(`Other runs: ${runs.filter((run) => run !== runId).slice(0, 5).join(', ')}\n`)
    return exitOf(report)

    /** Gates come from the configuration; a report can do without. */
    function configIfAny(): ReturnType<typeof loadConfig> | undefined {
      try {
        return loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir))
      } catch (thrown) {
        if (thrown instanceof WeighbridgeError && thrown.code === 'config_missing') return undefined
        throw thrown
      }
    }
  },
}
