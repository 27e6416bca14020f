// `weighbridge eval label`: a person labels a sample of a run's answers in the terminal, blind; or brings labels in a file.
import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { WeighbridgeError } from '../../core/errors.ts'
import { systemClock } from '../../core/seams.ts'
import { storeLabels } from '../../evals/labels/label-store.ts'
import { openLabelling, type Labelling } from '../../evals/labels/labelling.ts'
import { isLabelFor, LABELS_PER_TARGET, type LabelTask } from '../../evals/labels/queue.ts'
import { labelRecord } from '../../evals/labels/record.ts'
import { parseLabels, SKIPPED } from '../../evals/report/labels.ts'
import { trialKey } from '../../evals/replay/trial.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { EXIT, type Command, type Terminal } from '../command.ts'
import { secret } from '../compose/clickhouse-server.ts'
import { emitter } from '../compose/emit.ts'
import { readRunning } from '../compose/running.ts'
import { loadConfig, locate } from '../compose/settings.ts'
import { chooseSuites } from '../eval/choose.ts'
import { readText } from '../eval/report-run.ts'
import { paint, withoutControls } from '../output.ts'

export const command: Command = {
  name: 'eval label',
  summary: "Label a sample of a run's answers yourself: what graders are measured and rates corrected by.",
  usage: '[RUN]',
  help: `Shows question, key and answer, never who answered or what the grader said. Labels count at once; q stops, and the next start goes on.
${LABELS_PER_TARGET} labels per target and suite make a corrected rate; \`eval report\` shows it.`,
  options: {
    suite: { type: 'string', multiple: true, meaning: 'Only answers to these suites', value: 'NAME' },
    target: { type: 'string', multiple: true, meaning: 'Only answers of these targets', value: 'NAME' },
    'per-target': { type: 'string', meaning: `Answers per target and suite (default ${LABELS_PER_TARGET})`, value: 'N' },
    by: { type: 'string', meaning: 'Who labels (default: your user name)', value: 'NAME' },
    import: { type: 'string', meaning: 'Take labels from a file instead (JSONL: probe_id, target, label)', value: 'FILE' },
  },
  run: async (terminal, args) => {
    const settings = locate(terminal, args)
    const config = loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir))
    const evalsDir = join(settings.dataDir, 'evals')
    const emit = emitter(readRunning(settings.dataDir)?.collector ?? config.settings.collector.url ?? `http://127.0.0.1:${config.settings.collector.port}`, terminal.env)
    const by = args.text('by') ?? userName()
    const labelling = await openLabelling({ evalsDir, config, suites: (names) => chooseSuites(config, { configDir: settings.configDir, privateSeed: secret(terminal.env, 'WEIGHBRIDGE_PRIVATE_SEED') }, names), emit, clock: systemClock }, args.positionals[0], {
      perTarget: args.number('per-target', { min: 1, max: 100_000, integer: true }) ?? LABELS_PER_TARGET,
      suites: args.list('suite'),
      targets: args.list('target'),
    })
    const file = args.text('import')
    if (file === undefined) return await inTerminal(terminal, labelling, by)
    const text = await readText(resolve(terminal.cwd, file))
    const labels = parseLabels(text, file, labelling.trials)
    const trials = new Map(labelling.trials.map((trial) => [trialKey(trial), trial]))
    const stored = [...labels].flatMap(([key, label]) => {
      const trial = trials.get(key)
      if (trial === undefined) return []
      if (!isLabelFor(trial, label)) throw new WeighbridgeError('suite_invalid', `${file}: an answer to a ${trial.kind} probe cannot be "${label}" (${trial.probeId})`)
      return [{ id: randomUUID(), at_ms: systemClock.nowMs(), run: labelling.run, key, label, by, via: 'import' as const, note: '' }]
    })
    await storeLabels(evalsDir, stored)
    const delivered = await emit(stored.flatMap((label) => {
      const trial = trials.get(label.key)
      return trial === undefined ? [] : [labelRecord(label, trial, config.targets.get(trial.target))]
    })).then(() => true, () => false)
    terminal.out(`${stored.length} of ${labels.size} labels belong to run ${labelling.run} and are kept${delivered ? '' : '; the collector could not be reached and has no copy'}\n`)
    return EXIT.ok
  },
}

async function inTerminal(terminal: Terminal, labelling: Labelling, by: string): Promise<typeof EXIT.ok | typeof EXIT.inconclusive> {
  if (terminal.input === undefined) throw new WeighbridgeError('usage', 'There is no terminal to answer in.', { remedy: 'Run it in a terminal, or bring labels with --import FILE.' })
  const lines = terminal.input()[Symbol.asyncIterator]()
  terminal.out(`run ${labelling.run}: labelling as ${by}\n`)
  for (;;) {
    const { task, done, total } = await labelling.next(by)
    if (task === undefined) {
      terminal.out(`\nAll ${total} answers of the sample are labelled. \`weighbridge eval report ${labelling.run}\` shows what that changes.\n`)
      return EXIT.ok
    }
    show(terminal, task, done, total)
    const label = await choice(terminal, lines, task)
    if (label === undefined) {
      terminal.out(`\n${done} of ${total} labelled; go on any time.\n`)
      return EXIT.ok
    }
    await labelling.say({ id: task.id, label, by, via: 'terminal' })
  }
}

function show(terminal: Terminal, task: LabelTask, done: number, total: number): void {
  const line = '─'.repeat(Math.min(100, Math.max(40, terminal.columns - 2)))
  terminal.out(`\n${line}\n${paint(terminal, 'dim', `${done + 1} of ${total} · ${task.suite}`)}\n${paint(terminal, 'bold', withoutControls(task.question))}\n${paint(terminal, 'dim', withoutControls(task.about))}\n\n${withoutControls(task.answer.trim())}\n\n`)
}

/** The label chosen; `undefined`: the person stops. */
async function choice(terminal: Terminal, lines: AsyncIterator<string>, task: LabelTask): Promise<string | undefined> {
  const menu = task.choices.map((label, at) => `${at + 1} ${label}`).join(' · ')
  for (;;) {
    terminal.out(`${menu} · s cannot say · q stop: `)
    const { value, done } = await lines.next()
    if (done === true || terminal.signal.aborted) return undefined
    const said = String(value).trim().toLowerCase()
    if (said === 'q') return undefined
    if (said === 's') return SKIPPED
    const label = task.choices[Number(said) - 1] ?? task.choices.find((one) => one === said)
    if (label !== undefined) return label
    terminal.out(`  "${said.slice(0, 40)}" is none of them.\n`)
  }
}

function userName(): string {
  try {
    return userInfo().username
  } catch {
    return 'somebody'
  }
}
