// `weighbridge eval import FORMAT FILE`: a question set of someone else's as a suite of ours.
import { readFileSync } from 'node:fs'
import { basename, relative, resolve } from 'node:path'
import { WeighbridgeError } from '../../core/errors.ts'
import { IMPORTERS, importSuite, type ImportFormat } from '../../evals/probes/import/import-suite.ts'
import { EXIT, type Command } from '../command.ts'

const FORMATS = Object.keys(IMPORTERS).join(', ')

export const importCommand: Command = {
  name: 'eval import',
  summary: 'Make a suite of a published question set, a promptfoo file or JSON lines.',
  usage: 'FORMAT FILE',
  help: `Formats: ${FORMATS}. Every faulty row is named, and nothing is written while there is one, unless --skip-bad leaves them out. Licence and origin go into suite.yaml.`,
  options: {
    out: { type: 'string', meaning: 'Folder of the new suite (required)', value: 'DIR' },
    name: { type: 'string', meaning: "The suite's name (default: the folder's)", value: 'NAME' },
    licence: { type: 'string', meaning: 'Terms of the questions (default: as published, where known)', value: 'TEXT' },
    source: { type: 'string', meaning: 'Where they come from (default: as published, or the file)', value: 'TEXT' },
    'skip-bad': { type: 'boolean', meaning: 'Leave faulty rows out' },
    force: { type: 'boolean', meaning: 'Write into a folder that holds files already' },
  },
  run: async (terminal, args) => {
    const [format = '', file, ...more] = args.positionals
    if (!isFormat(format)) throw new WeighbridgeError('usage', `There is no import format "${format}"`, { remedy: `Use one of ${FORMATS}.` })
    const out = args.text('out')
    if (file === undefined || more.length > 0) throw new WeighbridgeError('usage', 'Give a format and exactly one file')
    if (out === undefined) throw new WeighbridgeError('usage', '--out is missing', { remedy: 'Name the folder of the new suite: --out suites/mine.' })
    const outDir = resolve(terminal.cwd, out)
    const { suite, faults, leftOut } = await importSuite({ format, text: readText(resolve(terminal.cwd, file)), fileName: basename(file), outDir, name: args.text('name'), licence: args.text('licence'), source: args.text('source'), skipBad: args.flag('skip-bad'), force: args.flag('force') })
    if (args.flag('json')) {
      terminal.out(`${JSON.stringify({ suite: suite.name, hash: suite.hash, probes: suite.probes.length, graders: suite.graders, licence: suite.licence, source: suite.source, faults, left_out: leftOut })}\n`)
      return EXIT.ok
    }
    terminal.out(`${suite.name}: ${suite.probes.length} probes in ${out} (licence: ${suite.licence}, source: ${suite.source})\n`)
    for (const { where, message } of faults) terminal.err(`left out, ${where}: ${message}\n`)
    if (leftOut.length > 0) terminal.err(`not taken over: ${leftOut.join(', ')}\n`)
    terminal.out(`Name it in the configuration:\n  suites:\n    ${suite.name}: { path: ${relative(terminal.cwd, outDir) || '.'}, informs: { TASK: 1 } }\n`)
    return EXIT.ok
  },
}

function isFormat(name: string): name is ImportFormat {
  return Object.hasOwn(IMPORTERS, name)
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new WeighbridgeError('usage', `${path} cannot be read`, { cause, remedy: 'Check the path.' })
  }
}
