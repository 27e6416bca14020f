// `weighbridge eval harvest`: calls of one's own traffic that were retried, edited, disputed or dear, as drafts of probes for a
// review; and a reviewed file as a suite.
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { z } from 'zod'
import { WeighbridgeError } from '../../core/errors.ts'
import { HARVEST_REASONS } from '../../evals/harvest/harvest.ts'
import { acceptReview, suiteFiles } from '../../evals/harvest/review.ts'
import { EXIT, type Command } from '../command.ts'
import { routerClient } from '../compose/router-client.ts'
import { readText } from '../eval/report-run.ts'
import { table, withoutControls } from '../output.ts'

const REVIEW = 'review.jsonl'

const answerSchema = z.object({
  calls: z.number(),
  captured: z.number(),
  left: z.record(z.string(), z.number()),
  drafts: z.array(z.looseObject({ id: z.string(), why: z.array(z.string()), domain: z.string(), question: z.string(), redacted: z.record(z.string(), z.number()) })),
})

export const command: Command = {
  name: 'eval harvest',
  summary: 'Draft probes out of your own traffic for a review; then make a suite of what you keep.',
  usage: 'DIR',
  help: `First: writes DIR/review.jsonl. Read it, set "keep": true and write a grader where a question is worth asking again. Then: --accept makes DIR a suite.
Needs captured text (capture.mode) and an admin key. Mail addresses, numbers and secrets are taken out, and what evals.redact names; names of people are yours to find.`,
  options: {
    accept: { type: 'boolean', meaning: 'Make a suite of the reviewed DIR/review.jsonl' },
    task: { type: 'string', multiple: true, meaning: 'Only calls of these tasks', value: 'NAME' },
    why: { type: 'string', multiple: true, meaning: `Only ${HARVEST_REASONS.join(', ')} calls (default: all four)`, value: 'REASON' },
    days: { type: 'string', meaning: 'Look back so many days (default 30)', value: 'N' },
    limit: { type: 'string', meaning: 'At most so many calls (default 200)', value: 'N' },
    simulated: { type: 'boolean', meaning: 'Look at simulated calls (the demo)' },
    url: { type: 'string', meaning: 'Address of the router (default: the one running here)', value: 'URL' },
  },
  run: async (terminal, args) => {
    const dir = resolve(terminal.cwd, args.one('folder'))
    const path = join(dir, REVIEW)
    if (args.flag('accept')) {
      const probes = acceptReview(await readText(path), path)
      const files = suiteFiles(basename(dir), probes)
      await writeFile(join(dir, 'suite.yaml'), files.suite)
      await writeFile(join(dir, 'probes.jsonl'), files.probes)
      terminal.out(`${probes.length} probes in ${dir}. Name it in the configuration: suites: { ${basename(dir)}: { path: ${args.positionals[0] ?? ''}, informs: { TASK: 1 } } }\n`)
      return EXIT.ok
    }
    const why = args.list('why')
    const unknown = why.find((reason) => !HARVEST_REASONS.some((known) => known === reason))
    if (unknown !== undefined) throw new WeighbridgeError('usage', `--why takes ${HARVEST_REASONS.join(', ')}, not "${unknown}"`)
    const query = new URLSearchParams([
      ...args.list('task').map((task) => ['task', task]),
      ...why.map((reason) => ['why', reason]),
      ['days', String(args.number('days', { min: 1, max: 3_650, integer: true }) ?? 30)],
      ['limit', String(args.number('limit', { min: 1, max: 5_000, integer: true }) ?? 200)],
      ['simulated', String(args.flag('simulated'))],
    ])
    const found = await routerClient(terminal, args).get(`/admin/evals/harvest?${query.toString()}`, answerSchema)
    await mkdir(dir, { recursive: true })
    await writeFile(path, found.drafts.map((one) => `${JSON.stringify(one)}\n`).join(''), { flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
      throw new WeighbridgeError('usage', cause.code === 'EEXIST' ? `${path} exists: a review may be under way in it` : `${path} cannot be written`, { cause, remedy: 'Name another folder.' })
    })
    if (args.flag('json')) terminal.out(`${JSON.stringify({ file: path, drafts: found.drafts.length, left: found.left, calls: found.calls, captured: found.captured })}\n`)
    else {
      terminal.out(`${found.drafts.length} drafts in ${path} (${found.captured} of ${found.calls} calls have their text kept)\n`)
      if (found.drafts.length > 0) terminal.out(`${table(['draft', 'why', 'task', 'redacted', 'question'], found.drafts.slice(0, 20).map((one) => [one.id, one.why.join(', '), one.domain, Object.entries(one.redacted).map(([kind, n]) => `${n} ${kind}`).join(', '), withoutControls(one.question.replace(/\s+/g, ' ').slice(0, 60))]))}\n`)
      for (const [reason, n] of Object.entries(found.left)) terminal.out(`left out, ${reason}: ${n}\n`)
      terminal.out('Read the file, set "keep": true and write graders, then run this again with --accept.\n')
    }
    return found.drafts.length === 0 ? EXIT.inconclusive : EXIT.ok
  },
}
