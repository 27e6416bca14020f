// `weighbridge eval lint`: what is wrong with probe suites before they are asked.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Config } from '../../core/config.ts'
import { BUILT_IN_SUITES, suiteFolder, type Probe, type ProbeSuite } from '../../evals/probes/load.ts'
import { lintSuites } from '../../evals/probes/lint/lint.ts'
import type { Finding } from '../../evals/probes/lint/finding.ts'
import { openSuite } from '../../evals/probes/open-suite.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { EXIT, type Command, type Terminal } from '../command.ts'
import { secret } from '../compose/clickhouse-server.ts'
import { loadConfig, locate } from '../compose/settings.ts'
import { gitStateOf } from '../eval/git-ignored.ts'

const DEFAULT_PRIVATE_PROBES = 120
const SHOWN_IDS = 6

export const lint: Command = {
  name: 'eval lint',
  summary: 'Check probe suites: leaks, near-duplicates, balance, look-alike controls, missing fields.',
  help: 'Suites are names from the configuration, builtin:NAME, private:KIND, or folders; without --suite all of the configuration, or the built-in ones. All are compared with each other. Exit 1 when there is an error; warnings fail with --strict only.',
  options: {
    suite: { type: 'string', multiple: true, meaning: 'Suites to check', value: 'NAME|PATH' },
    against: { type: 'string', multiple: true, meaning: 'Suites to compare with, not checked themselves', value: 'PATH' },
    strict: { type: 'boolean', meaning: 'Let warnings fail too' },
    sample: { type: 'string', meaning: 'Also print so many probes of each suite', value: 'N' },
  },
  run: async (terminal, args) => {
    const settings = locate(terminal, args)
    const config = existsSync(settings.configPath) ? loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir)) : undefined
    const open = (name: string): Promise<Opened> => openNamed(name, config, settings.configDir, terminal)
    const names = args.list('suite').length > 0 ? args.list('suite') : config !== undefined && config.suites.size > 0 ? [...config.suites.keys()] : BUILT_IN_SUITES.map((name) => `builtin:${name}`)
    const opened = await Promise.all(names.map(open))
    const others = await Promise.all(args.list('against').map(open))
    const findings = [...(await findExposed(opened)), ...lintSuites(opened.map(({ suite }) => suite), others.map(({ suite }) => suite))]
    const sample = args.number('sample', { min: 1, max: 1_000, integer: true })
    if (args.flag('json')) terminal.out(`${JSON.stringify({ suites: opened.map(({ suite }) => describe(suite)), findings })}\n`)
    else print(terminal, opened, findings, sample)
    return findings.some((finding) => finding.level === 'error' || args.flag('strict')) ? EXIT.gateFailed : EXIT.ok
  },
}

/** A suite with the folder it lies in; `undefined` when it lies in none of the user's. */
type Opened = { readonly suite: ProbeSuite; readonly folder: string | undefined }

async function openNamed(name: string, config: Config | undefined, configDir: string, terminal: Terminal): Promise<Opened> {
  const configured = config?.suites.get(name)
  const path = configured?.path ?? (name.includes(':') ? name : resolve(terminal.cwd, name))
  const privateProbes = config?.settings.evals.private_probes ?? DEFAULT_PRIVATE_PROBES
  const suite = await openSuite(path, { configDir, privateSeed: secret(terminal.env, 'WEIGHBRIDGE_PRIVATE_SEED'), privateProbes })
  return { suite: configured === undefined ? suite : { ...suite, name }, folder: path.includes(':') ? undefined : suiteFolder(path, configDir) }
}

/** Private suites that git has, or would take. */
async function findExposed(opened: readonly Opened[]): Promise<Finding[]> {
  const found = opened.map(async ({ suite, folder }): Promise<Finding[]> => {
    if (!suite.private || folder === undefined) return []
    const state = await gitStateOf(join(folder, 'probes.jsonl'))
    if (state !== 'tracked' && state !== 'exposed') return []
    return [{ rule: 'private_exposed', level: 'error', suite: suite.name, probes: [], message: `${folder} is private and ${state === 'tracked' ? 'committed to git' : 'not ignored by git'}: add it to .gitignore` }]
  })
  return (await Promise.all(found)).flat()
}

function describe(suite: ProbeSuite): Record<string, unknown> {
  return { name: suite.name, version: suite.version, hash: suite.hash, probes: suite.probes.length, kinds: countBy(suite.probes, (probe) => (probe.kind === 'factual' && probe.unanswerable === true ? 'unanswerable' : probe.kind)), domains: countBy(suite.probes, (probe) => probe.domain), graders: suite.graders, private: suite.private }
}

function print(terminal: Terminal, opened: readonly Opened[], findings: readonly Finding[], sample: number | undefined): void {
  for (const { suite } of opened) {
    const kinds = Object.entries(countBy(suite.probes, (probe) => (probe.kind === 'factual' && probe.unanswerable === true ? 'unanswerable' : probe.kind)))
    terminal.out(`${suite.name} v${suite.version} ${suite.hash}: ${suite.probes.length} probes (${kinds.map(([kind, n]) => `${n} ${kind}`).join(', ')}) over ${Object.keys(countBy(suite.probes, (probe) => probe.domain)).length} domains\n`)
    for (const probe of suite.probes.slice(0, sample ?? 0)) terminal.out(`  ${probe.id}: ${probe.question.replace(/\s+/g, ' ')}\n`)
  }
  for (const { level, rule, suite, probes, message } of findings) terminal.out(`${level} ${suite} ${rule}: ${message}${probes.length > 2 ? ` (${probes.slice(0, SHOWN_IDS).join(', ')}${probes.length > SHOWN_IDS ? ', …' : ''})` : ''}\n`)
  const errors = findings.filter(({ level }) => level === 'error').length
  terminal.out(findings.length === 0 ? 'No findings.\n' : `${errors} errors, ${findings.length - errors} warnings.\n`)
}

function countBy(probes: readonly Probe[], key: (probe: Probe) => string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const probe of probes) counts[key(probe)] = (counts[key(probe)] ?? 0) + 1
  return counts
}
