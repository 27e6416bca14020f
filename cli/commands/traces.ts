// `weighbridge traces [QUERY]`: the calls that a search finds, newest first, with the same language as the pages.
import { WeighbridgeError } from '../../core/errors.ts'
import { faultText } from '../../core/trace-language/fault-text.ts'
import { FIELDS } from '../../core/trace-language/fields.ts'
import type { Filter } from '../../core/trace-language/filter.ts'
import { parseTraceQuery } from '../../core/trace-language/parse.ts'
import { printTraceQuery } from '../../core/trace-language/print.ts'
import { MOST_FOUND } from '../../store/queries/trace-search.ts'
import { wholeMinutes } from '../../store/queries/traffic.ts'
import { countFacets, isCursor, searchCalls } from '../../store/search/search-calls.ts'
import { EXIT, type Arguments, type Command } from '../command.ts'
import { openReader } from '../compose/reader.ts'
import { momentOf } from '../moments.ts'
import { facetsText, foundText } from '../traces-text.ts'

const DEFAULT_SINCE = '24h'
const DEFAULT_LIMIT = 20

export const command: Command = {
  name: 'traces',
  summary: 'Find calls by a search, newest first.',
  usage: "['QUERY']",
  // `-status:error` is a term; an option has no colon and no comparison right behind its name.
  dashed: /^-[a-z][a-z.]*(?:[:=<>]|!=|\."?)/,
  help: `QUERY is terms that must all hold, e.g. 'task:code_generation cost>$0.05 status!=error target:(kimi-k2.6,gpt-*) duration:2s..10s'.
Quote it for the shell. Fields: ${Object.keys(FIELDS).map((name) => (name === 'tag' ? 'tag.NAME' : name)).join(', ')}.
docs/traces.md says what each means. Production calls, real ones unless simulated:yes or --simulated says otherwise.`,
  options: {
    since: { type: 'string', meaning: `From when on: 15m, 24h, 7d, a date or a moment (default ${DEFAULT_SINCE})`, value: 'WHEN' },
    until: { type: 'string', meaning: 'Until when (default now)', value: 'WHEN' },
    limit: { type: 'string', meaning: `Most calls shown, up to ${MOST_FOUND} (default ${DEFAULT_LIMIT})`, value: 'N' },
    after: { type: 'string', meaning: 'Go on behind a page: what it ended with', value: 'CURSOR' },
    facets: { type: 'boolean', meaning: 'How many calls there are in all, by status, task, target, error and more, instead of the calls' },
    simulated: { type: 'boolean', meaning: 'Simulated calls' },
  },
  run: async (terminal, args) => {
    const query = args.positionals.join(' ')
    const search = { filters: filtersOf(query), simulated: args.flag('simulated'), ...windowOf(args, Date.now()) }
    const limit = args.number('limit', { min: 1, max: MOST_FOUND, integer: true }) ?? DEFAULT_LIMIT
    const after = args.text('after')
    if (after !== undefined && !isCursor(after)) throw new WeighbridgeError('usage', `--after takes what a page ended with, not "${after.slice(0, 64)}"`)
    const { clickhouse, close } = openReader(terminal, args)
    try {
      const shown = { query: printTraceQuery(search.filters), from: search.from.toISOString(), to: search.to.toISOString() }
      if (args.flag('facets')) {
        const found = await countFacets(clickhouse, search)
        terminal.out(args.flag('json') ? `${JSON.stringify({ ...shown, ...found })}\n` : facetsText(found, terminal))
        return EXIT.ok
      }
      const page = await searchCalls(clickhouse, search, limit, after)
      terminal.out(args.flag('json') ? `${JSON.stringify({ ...shown, ...page, next: page.next ?? null })}\n` : foundText(page, { ...shown, since: args.text('since'), until: args.text('until') }, terminal))
      return EXIT.ok
    } finally {
      await close()
    }
  },
}

function filtersOf(query: string): readonly Filter[] {
  const { filters, faults } = parseTraceQuery(query)
  if (faults.length > 0) throw new WeighbridgeError('search_invalid', `The search cannot be read.\n${faultText(query, faults)}`, { details: { faults } })
  return filters
}

function windowOf(args: Arguments, nowMs: number): { readonly from: Date; readonly to: Date } {
  const from = momentOf(args.text('since') ?? DEFAULT_SINCE, nowMs, 'since')
  const until = args.text('until')
  // A sender's clock may run ahead of ours.
  const to = until === undefined ? nowMs + 60_000 : momentOf(until, nowMs, 'until')
  if (from >= to) throw new WeighbridgeError('usage', '--since must lie before --until')
  return wholeMinutes(from, to)
}
