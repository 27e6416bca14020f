// `weighbridge doctor [--live]`: checks every hop a call's record takes, with a real span through the official exporter, and
// says what to do about each that fails. --live asks each target one short question, its largest cost said first.
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { AlwaysOnSampler, TracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import type { Config, Target } from '../../core/config.ts'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import { costOf } from '../../core/prices.ts'
import { usageOf } from '../../core/usage.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { EXIT, type Arguments, type Command, type ExitCode, type Terminal } from '../command.ts'
import { openReader } from '../compose/reader.ts'
import { secret } from '../compose/clickhouse-server.ts'
import { routerClient, type RouterClient } from '../compose/router-client.ts'
import { readRunning } from '../compose/running.ts'
import { loadConfig, locate } from '../compose/settings.ts'
import { duration, paint, usd } from '../output.ts'

const LIVE_OUTPUT_TOKENS = 16
const LIVE_QUESTION = 'Answer with one word: which planet do we live on?'
const QUERYABLE_WITHIN_MS = 15_000

type Check = { readonly name: string; readonly ok: boolean; readonly said: string; readonly remedy?: string }

export const command: Command = {
  name: 'doctor',
  summary: 'Check configuration, keys, and every hop from router to ClickHouse; --live calls each target once.',
  options: {
    url: { type: 'string', meaning: 'Address of the router (default: the one running here)', value: 'URL' },
    live: { type: 'boolean', meaning: 'Call every enabled target once (spends money; the most it can cost is said first)' },
  },
  run: async (terminal, args) => {
    const checks: Check[] = []
    const note = (check: Check): void => {
      checks.push(check)
      if (!args.flag('json')) terminal.out(`  ${check.ok ? paint(terminal, 'green', '✓') : paint(terminal, 'red', '✗')} ${check.name.padEnd(12)} ${check.said}\n${check.remedy === undefined ? '' : `      → ${check.remedy}\n`}`)
    }
    const settings = locate(terminal, args)
    const config = await attempt('config', note, async () => {
      const loaded = loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir))
      const unpriced = [...loaded.targets.values()].filter((target) => target.price === undefined).length
      return { value: loaded, said: `${settings.configPath}: ${loaded.targets.size} target(s), ${unpriced} unpriced, ${loaded.warnings.length} warning(s)` }
    })
    for (const warning of config?.warnings ?? []) if (!args.flag('json')) terminal.out(`      ! ${warning}\n`)
    const router = await attempt('router', note, async () => {
      const client = routerClient(terminal, args)
      const ready = await client.get('/readyz', z.looseObject({ route_version: z.number().optional() }))
      return { value: client, said: `${client.url} is ready, route version ${ready.route_version ?? 0}` }
    })
    if (config !== undefined) await probeSpan(terminal, args, config, settings.dataDir, note)
    if (args.flag('live') && config !== undefined && router !== undefined) await callTargets(terminal, args, config, router, note)
    const ok = checks.every((check) => check.ok)
    if (args.flag('json')) terminal.out(`${JSON.stringify({ ok, checks })}\n`)
    else terminal.out(ok ? '\nEverything answers.\n' : '\nSomething needs attention: see → above.\n')
    const code: ExitCode = ok ? EXIT.ok : config === undefined ? EXIT.usage : EXIT.infrastructure
    return code
  },
}

/** Runs one check; its error becomes the check's answer. */
async function attempt<T>(name: string, note: (check: Check) => void, work: () => Promise<{ value: T; said: string }>): Promise<T | undefined> {
  try {
    const { value, said } = await work()
    note({ name, ok: true, said })
    return value
  } catch (thrown) {
    const error = asWeighbridgeError(thrown)
    note({ name, ok: false, said: error.message, remedy: error.remedy })
    return undefined
  }
}

/** Sends one span to the collector and waits until it can be queried. */
async function probeSpan(terminal: Terminal, args: Arguments, config: Config, dataDir: string, note: (check: Check) => void): Promise<void> {
  const collector = readRunning(dataDir)?.collector ?? config.settings.collector.url ?? `http://127.0.0.1:${config.settings.collector.port}`
  const traceId = await attempt('collector', note, async () => {
    const started = performance.now()
    const sent = await sendProbe(collector, secret(terminal.env, 'WEIGHBRIDGE_COLLECTOR_TOKEN'))
    return { value: sent, said: `${collector} stored a probe span durably in ${duration(performance.now() - started)}` }
  })
  await attempt('clickhouse', note, async () => {
    const { clickhouse, close } = openReader(terminal, args)
    try {
      const version = await clickhouse.ping()
      if (traceId === undefined) return { value: undefined, said: `version ${version} answers` }
      const started = performance.now()
      while (performance.now() - started < QUERYABLE_WITHIN_MS) {
        const found = await clickhouse.rows('SELECT 1 FROM spans WHERE trace_id = {id:String} LIMIT 1', { id: traceId })
        if (found.length > 0) return { value: undefined, said: `version ${version}; the probe span was queryable after ${duration(performance.now() - started)}` }
        await delay(50)
      }
      throw new WeighbridgeError('clickhouse_unreachable', `version ${version} answers, but the probe span did not arrive within ${QUERYABLE_WITHIN_MS / 1000} s`, {
        remedy: "Read the collector's log: spans wait in its write-ahead log until the insert succeeds.",
      })
    } finally {
      await close()
    }
  })
}

async function sendProbe(collector: string, token: string | undefined): Promise<string> {
  const exporter = new OTLPTraceExporter({ url: `${collector}/v1/traces`, timeoutMillis: 5_000, ...(token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } }) })
  const ended: ReadableSpan[] = []
  const keep = { onStart: () => {}, onEnd: (span: ReadableSpan) => void ended.push(span), forceFlush: () => Promise.resolve(), shutdown: () => Promise.resolve() }
  const provider = new TracerProvider({ sampler: new AlwaysOnSampler(), resource: resourceFromAttributes({ 'service.name': 'weighbridge-doctor' }), spanProcessors: [keep] })
  const span = provider.getTracer('weighbridge-doctor').startSpan('doctor probe', { root: true })
  span.end()
  try {
    await new Promise<void>((resolve, reject) => {
      exporter.export(ended, (result) => {
        if (result.code === 0) resolve()
        else reject(new WeighbridgeError('collector_unreachable', `${collector} did not take the probe span: ${result.error?.message || `export result ${result.code}`}`))
      })
    })
  } finally {
    await exporter.shutdown()
  }
  return span.spanContext().traceId
}

const liveAnswer = z.looseObject({ model: z.string(), usage: z.looseObject({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish() })

async function callTargets(terminal: Terminal, args: Arguments, config: Config, router: RouterClient, note: (check: Check) => void): Promise<void> {
  const targets = [...config.targets.values()]
  const most = targets.map((target) => worst(target))
  const unpriced = most.filter((cost) => cost === undefined).length
  if (!args.flag('json')) {
    const total = most.reduce<number>((sum, cost) => sum + (cost ?? 0), 0)
    terminal.out(`\n  Calling ${targets.length} target(s) once each: at most ${usd(total)} in all${unpriced > 0 ? `, and ${unpriced} unpriced` : ''}.\n`)
  }
  for (const target of targets) {
    await attempt(target.name, note, async () => {
      const started = performance.now()
      const answer = await router.post(
        '/v1/chat/completions',
        { model: target.name, max_tokens: LIVE_OUTPUT_TOKENS, messages: [{ role: 'user', content: LIVE_QUESTION }] },
        liveAnswer,
        { 'x-weighbridge-pin': target.name, 'x-weighbridge-purpose': 'eval', 'x-weighbridge-failover': 'off', 'x-weighbridge-tags': 'doctor=live' },
      )
      const usage = answer.usage ?? undefined
      const cost = usage === undefined ? undefined : costOf(usageOf({ inputTotal: usage.prompt_tokens, outputTotal: usage.completion_tokens }), target.price)
      return {
        value: undefined,
        said: `answered as ${answer.model} in ${duration(performance.now() - started)}, ${usage === undefined ? 'no usage' : `${usage.prompt_tokens}+${usage.completion_tokens} tokens`}, ${cost === undefined ? 'unpriced' : usd(cost)}${target.provider.simulated ? ' (simulated)' : ''}`,
      }
    })
  }
}

function worst(target: Target): number | undefined {
  return costOf(usageOf({ inputTotal: Buffer.byteLength(LIVE_QUESTION) + 16, outputTotal: LIVE_OUTPUT_TOKENS }), target.price)
}
