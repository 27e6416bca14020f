// `weighbridge config explain`: where a call would go and why, as the running router sees it, or by the files alone. Without a
// call: which request shapes each link of each chain admits.
import { readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join, resolve } from 'node:path'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import { callExplanation, explainRequest, type CallExplanation, type ExplainRequest } from '../../core/explanation.ts'
import { ceilingCheck } from '../../core/price-shapes.ts'
import { parseRouteTable, type RouteTable } from '../../core/route-table.ts'
import { rulesOf, sessionsOf } from '../../router/call-parts.ts'
import { learningExpectedOutput } from '../../router/decide/expected-output.ts'
import { explainRequestWith } from '../../router/explain.ts'
import { readExpectations } from '../../router/kept-expectations.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { EXIT, type Arguments, type Command, type Terminal } from '../command.ts'
import { routerClientAt } from '../compose/router-client.ts'
import { readRunning } from '../compose/running.ts'
import { loadConfig, locate, type Settings } from '../compose/settings.ts'
import { ceilingsText, explanationText } from '../explain-text.ts'

const COUNT = { min: 0, max: 100_000_000, integer: true } as const

export const explain: Command = {
  name: 'config explain',
  summary: 'Show where a call would go and why: its task, candidates, ceilings, shares. Without one: what each ceiling admits.',
  usage: '[TEXT]',
  help: 'Asks the router that runs on the data directory, with its cooldowns and drains; with none, or with --offline, the files alone decide.',
  options: {
    body: { type: 'string', meaning: 'A whole request body as JSON instead of TEXT', value: 'FILE' },
    surface: { type: 'string', meaning: 'API it comes in by: chat (default), responses or messages', value: 'NAME' },
    model: { type: 'string', meaning: "The client's model (default auto)", value: 'NAME' },
    task: { type: 'string', meaning: 'Task named by the caller', value: 'NAME' },
    pin: { type: 'string', meaning: 'Target named by the caller', value: 'TARGET' },
    effort: { type: 'string', meaning: 'Reasoning effort the client asks for', value: 'EFFORT' },
    'input-tokens': { type: 'string', meaning: 'Size of the request', value: 'N' },
    'max-output-tokens': { type: 'string', meaning: 'Most tokens the client allows', value: 'N' },
    'max-cost-per-1k': { type: 'string', meaning: "The caller's own ceiling", value: 'USD' },
    messages: { type: 'string', meaning: 'Messages in the request', value: 'N' },
    tools: { type: 'string', meaning: 'Tools the model may call', value: 'N' },
    schema: { type: 'boolean', meaning: 'The answer must meet a JSON schema' },
    images: { type: 'boolean', meaning: 'There are images' },
    system: { type: 'string', meaning: 'System prompt; its hash is what a rule names', value: 'FILE' },
    key: { type: 'string', meaning: 'Id of the key the call comes with', value: 'ID' },
    tag: { type: 'string', multiple: true, meaning: 'Tags of the call', value: 'KEY=VALUE' },
    home: { type: 'string', meaning: 'Target that answered the conversation before', value: 'TARGET' },
    'home-tokens': { type: 'string', meaning: 'Tokens of that call', value: 'N' },
    offline: { type: 'boolean', meaning: 'By configuration, route table and what was learned on disk alone' },
    url: { type: 'string', meaning: 'Address of the router (default: the one running here)', value: 'URL' },
  },
  run: async (terminal, args) => {
    const settings = locate(terminal, args)
    const request = requestOf(terminal, args)
    if (request === undefined) return showCeilings(terminal, args, settings)
    const url = args.flag('offline') ? undefined : (args.text('url') ?? terminal.env['WEIGHBRIDGE_URL'] ?? readRunning(settings.dataDir)?.router)
    const explanation = url === undefined ? await fromFiles(terminal, settings, request) : await routerClientAt(url.replace(/\/+$/, ''), terminal.env['WEIGHBRIDGE_KEY']).post('/admin/explain', request, callExplanation)
    terminal.out(args.flag('json') ? `${JSON.stringify(explanation)}\n` : explanationText(explanation, request.system_prompt_hash, terminal))
    return explanation.reasons.length === 0 ? EXIT.gateFailed : EXIT.ok
  },
}

async function fromFiles(terminal: Terminal, settings: Settings, request: ExplainRequest): Promise<CallExplanation> {
  const prices = priceBookIn(settings.dataDir)
  const config = loadConfig(settings.configPath, terminal.env, prices)
  const expected = learningExpectedOutput()
  expected.take((await readExpectations(settings.dataDir)) ?? [])
  return explainRequestWith({ config, table: tableOf(config.settings.routes.source, settings), rules: rulesOf(config), expected, prices, sessions: sessionsOf(config), standing: undefined }, request)
}

/** The published table, where it is a file; a router that is asked knows one from a URL. */
function tableOf(source: string | undefined, settings: Settings): RouteTable | undefined {
  if (source !== undefined && /^https?:/.test(source)) return undefined
  const path = source === undefined ? join(settings.dataDir, 'route-table.json') : resolve(settings.configDir, source)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
  return parseRouteTable(text)
}

async function showCeilings(terminal: Terminal, args: Arguments, settings: Settings): Promise<typeof EXIT.ok> {
  const config = loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir))
  const costs = ceilingCheck(config)
  terminal.out(args.flag('json') ? `${JSON.stringify(costs.map(({ shape, ...cost }) => ({ ...cost, shape: shape.name, usd: cost.usd ?? null, per1kUsd: cost.per1kUsd ?? null, ceiling: cost.ceiling ?? null })))}\n` : ceilingsText(costs, terminal))
  return EXIT.ok
}

/** `undefined`: no call is asked about. Throws `usage`. */
function requestOf(terminal: Terminal, args: Arguments): ExplainRequest | undefined {
  const body = bodyOf(terminal, args)
  const text = args.positionals.length === 0 ? undefined : args.positionals.join(' ')
  const systemPath = args.text('system')
  const home = args.text('home')
  const given = {
    surface: args.text('surface'),
    body,
    text,
    model: args.text('model'),
    effort: args.text('effort'),
    input_tokens: args.number('input-tokens', COUNT),
    max_output_tokens: args.number('max-output-tokens', COUNT),
    messages: args.number('messages', COUNT),
    tools: args.number('tools', COUNT),
    schema: args.flag('schema') ? true : undefined,
    images: args.flag('images') ? true : undefined,
    system_prompt_hash: systemPath === undefined ? undefined : createHash('sha256').update(readText(terminal, systemPath).trim()).digest('hex'),
    key: args.text('key'),
    home: home === undefined ? undefined : { target: home, tokens: args.number('home-tokens', COUNT) },
    headers: headersOf(args),
  }
  const isAsked = Object.entries(given).some(([name, value]) => value !== undefined && (name !== 'headers' || Object.keys(given.headers).length > 0))
  if (!isAsked) return undefined
  const parsed = explainRequest.safeParse(given)
  if (!parsed.success) throw new WeighbridgeError('usage', `The call cannot be asked about: ${parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')}`)
  return parsed.data
}

function headersOf(args: Arguments): Record<string, string> {
  const named = { task: args.text('task'), pin: args.text('pin'), 'max-cost-per-1k': args.text('max-cost-per-1k'), tags: args.list('tag').join(',') || undefined }
  return Object.fromEntries(Object.entries(named).flatMap(([name, value]) => (value === undefined ? [] : [[`x-weighbridge-${name}`, value]])))
}

function bodyOf(terminal: Terminal, args: Arguments): Record<string, unknown> | undefined {
  const path = args.text('body')
  if (path === undefined) return undefined
  let value: unknown
  try {
    value = JSON.parse(readText(terminal, path))
  } catch (cause) {
    if (cause instanceof WeighbridgeError) throw cause
    throw new WeighbridgeError('usage', `${path} is not JSON.`, { cause, remedy: 'Give the body as a client would send it.' })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new WeighbridgeError('usage', `${path} is not a JSON object.`)
  return Object.fromEntries(Object.entries(value))
}

function readText(terminal: Terminal, path: string): string {
  try {
    return readFileSync(resolve(terminal.cwd, path), 'utf8')
  } catch (cause) {
    throw new WeighbridgeError('usage', `${path} cannot be read: ${asWeighbridgeError(cause).message}`, { cause })
  }
}
