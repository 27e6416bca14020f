// `weighbridge init`: writes a priced configuration for the provider keys it finds. Lists models where asked to, never calls one.
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { request } from 'undici'
import { z } from 'zod'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import type { TargetPrice } from '../../core/prices.ts'
import { genaiPriceBook } from '../../store/prices/genai.ts'
import { EXIT, type Arguments, type Command, type Terminal } from '../command.ts'
import { advisedConfig, CONFIG_NAME } from '../compose/settings.ts'
import { keyVariableIn, KNOWN_PROVIDERS, type KnownProvider } from '../init/known-providers.ts'
import { modelKind, type ModelKind } from '../init/model-kind.ts'
import { writeConfig, type FoundProvider } from '../init/write-config.ts'

/** How many models of a list are written: enough for a chain, few enough to read. */
const MOST_LISTED = { chat: 6, embedding: 2 } as const

export const command: Command = {
  name: 'init',
  summary: 'Write weighbridge.yaml for the provider keys found in the environment.',
  help: [
    'Looks for the usual variables: OPENAI_API_KEY (with OPENAI_BASE_URL), ANTHROPIC_API_KEY, GEMINI_API_KEY or GOOGLE_API_KEY,',
    `${rest(['openai', 'anthropic', 'google'])}.`,
    'For any other OpenAI-compatible server, a local one too, name it with --base-url. No model is called: at most GET /models is asked.',
    'Embedding models are told by their names (embed…, bge, gte, e5, MiniLM, mpnet, voyage): they serve /v1/embeddings and stand in no chain.',
  ].join('\n'),
  options: {
    'base-url': { type: 'string', meaning: 'OpenAI-compatible server to add', value: 'URL' },
    name: { type: 'string', meaning: 'Its provider name (default local)', value: 'NAME' },
    'key-env': { type: 'string', meaning: 'Variable that holds its key, where it needs one', value: 'VARIABLE' },
    model: { type: 'string', multiple: true, meaning: 'Models to write for it (default: what GET /models lists)', value: 'MODEL' },
    price: { type: 'string', meaning: 'Its price in USD per million tokens, input:output', value: 'IN:OUT' },
    force: { type: 'boolean', meaning: 'Replace an existing file' },
    stdout: { type: 'boolean', meaning: 'Print the file instead of writing it' },
  },
  run: async (terminal, args) => {
    const book = genaiPriceBook()
    const price = parsePrice(args.text('price'))
    const providers: FoundProvider[] = []
    const notes: string[] = []
    for (const known of KNOWN_PROVIDERS) {
      const keyVariable = keyVariableIn(known, terminal.env)
      if (keyVariable === undefined) continue
      // Set to nothing moves nothing.
      const moved = known.baseUrlVariable === undefined ? undefined : terminal.env[known.baseUrlVariable] || undefined
      const baseUrl = moved ?? known.baseUrl
      const models = moved === undefined ? known.models : await listModels(baseUrl, terminal.env[keyVariable], notes)
      const targets = models.map((model) => foundTarget(book.find({ name: known.name, baseUrl: known.baseUrl }, model), model, moved !== undefined, moved === undefined ? undefined : price))
      if (moved === undefined && targets.every((target) => target.price === undefined)) notes.push(unpricedNote(known, keyVariable))
      else providers.push({ name: known.name, api: known.api, baseUrl, keyVariable, targets })
    }
    const added = await addServer(terminal, args, price, notes)
    if (added !== undefined) providers.push(added)
    // What is named on the command line is not left out.
    const said = notes.filter((note) => added === undefined || !note.startsWith(`${added.name} is left out`))
    if (providers.length === 0) {
      throw new WeighbridgeError('usage', said[0] ?? `None of ${KNOWN_PROVIDERS.flatMap((known) => known.keyVariables).join(', ')} is set`, {
        remedy: 'Set one of them, or name a server: weighbridge init --base-url http://127.0.0.1:8080/v1. Without any, `weighbridge up` runs the demo.',
      })
    }
    const text = writeConfig(providers)
    // The file must be one this very program accepts.
    const config = advisedConfig(text, terminal.env, book)
    const warnings = [...config.warnings, ...said]
    if (args.flag('stdout')) {
      terminal.out(text)
      for (const warning of warnings) terminal.err(`! ${warning}\n`)
      return EXIT.ok
    }
    const path = resolve(terminal.cwd, args.text('config') ?? CONFIG_NAME)
    save(path, text, args.flag('force'))
    const targets = [...config.targets.values()]
    if (args.flag('json')) terminal.out(`${JSON.stringify({ path, providers: [...config.providers.keys()], targets: targets.map((t) => t.name), warnings })}\n`)
    else {
      terminal.out(`Wrote ${path}: ${config.providers.size} provider(s), ${targets.length} target(s) (${targets.map((t) => t.name).join(', ')}), ${config.tasks.size - 1} tasks.\n`)
      for (const warning of warnings) terminal.out(`  ! ${warning}\n`)
      terminal.out('Next: `npx weighbridge up`. Nothing is sent to a provider until you call it.\n')
    }
    return EXIT.ok
  },
}

async function addServer(terminal: Terminal, args: Arguments, price: TargetPrice | undefined, notes: string[]): Promise<FoundProvider | undefined> {
  const baseUrl = args.text('base-url')
  if (baseUrl === undefined) return undefined
  if (!URL.canParse(baseUrl)) throw new WeighbridgeError('usage', `--base-url is not an address: "${baseUrl}"`)
  const keyVariable = args.text('key-env')
  const asked = args.list('model')
  const models = asked.length > 0 ? asked : await listModels(baseUrl.replace(/\/+$/, ''), keyVariable === undefined ? undefined : terminal.env[keyVariable], notes)
  const name = args.text('name') ?? 'local'
  const book = genaiPriceBook()
  return { name, api: 'openai-chat', baseUrl, keyVariable, targets: models.map((model) => foundTarget(book.find({ name, baseUrl }, model), model, false, price)) }
}

function foundTarget(booked: TargetPrice | undefined, model: string, moved: boolean, given: TargetPrice | undefined): FoundProvider['targets'][number] {
  const kind = modelKind(model) === 'embedding' ? 'embedding' : 'chat'
  return { name: model.replace(/[^A-Za-z0-9._:@-]+/g, '-').replace(/^[^A-Za-z0-9]+/, ''), model, kind, price: given ?? booked, writePrice: given !== undefined || moved }
}

const modelList = z.object({ data: z.array(z.object({ id: z.string().min(1) })).min(1) })

/** The first models that a server lists, of each kind that has a use here; `notes` gets what was left out. Throws `provider_unreachable`. */
async function listModels(baseUrl: string, key: string | undefined, notes: string[]): Promise<string[]> {
  const url = `${baseUrl.replace(/\/+$/, '')}/models`
  try {
    const { statusCode, body } = await request(url, { headers: key === undefined ? {} : { authorization: `Bearer ${key}` }, headersTimeout: 10_000, bodyTimeout: 10_000 })
    const text = await body.text()
    if (statusCode !== 200) throw new WeighbridgeError('provider_unreachable', `GET ${url} answered ${statusCode}`)
    return chosenModels(modelList.parse(JSON.parse(text)).data.map((model) => model.id), url, notes)
  } catch (thrown) {
    throw new WeighbridgeError('provider_unreachable', `The models of ${url} cannot be listed: ${asWeighbridgeError(thrown).message}`, {
      remedy: 'Start the server, correct the address, or name the models with --model.',
    })
  }
}

function chosenModels(listed: readonly string[], url: string, notes: string[]): string[] {
  const of = (kind: ModelKind): string[] => listed.filter((model) => modelKind(model) === kind)
  const taken = new Set([...of('chat').slice(0, MOST_LISTED.chat), ...of('embedding').slice(0, MOST_LISTED.embedding)])
  const others = of('other')
  if (others.length > 0) notes.push(`of ${url}, neither chat nor embedding models by their names: ${firstOf(others)}`)
  const more = listed.filter((model) => !taken.has(model) && !others.includes(model))
  if (more.length > 0) notes.push(`of ${url}, not written for want of room: ${firstOf(more)}; name those you want with --model`)
  return listed.filter((model) => taken.has(model))
}

/** As many names as a line holds. */
function firstOf(names: readonly string[]): string {
  return `${names.slice(0, 8).join(', ')}${names.length > 8 ? ` and ${names.length - 8} more` : ''}`
}

function unpricedNote(known: KnownProvider, keyVariable: string): string {
  const write = `weighbridge init --base-url ${known.baseUrl} --name ${known.name} --key-env ${keyVariable} --model MODEL --price IN:OUT`
  return `${known.name} is left out: the price book knows none of its models (${known.models.join(', ')}), and without a price nothing about cost holds. With your price: ${write}`
}

/** Variables of the known providers but these. */
function rest(but: readonly string[]): string {
  return KNOWN_PROVIDERS.filter((known) => !but.includes(known.name)).map((known) => known.keyVariables.join(' or ')).join(', ')
}

function parsePrice(text: string | undefined): TargetPrice | undefined {
  if (text === undefined) return undefined
  const [input, output, rest] = text.split(':').map(Number)
  if (input === undefined || output === undefined || rest !== undefined || !(input >= 0) || !(output >= 0))
    throw new WeighbridgeError('usage', `--price takes two numbers such as 0.5:2 (USD per million tokens, input:output), not "${text}"`)
  return { tiers: [{ fromInputTokens: 0, input, output, cacheRead: undefined, cacheWrite: undefined, cacheWrite1h: undefined }], perRequest: 0, version: 'given' }
}

function save(path: string, text: string, force: boolean): void {
  try {
    writeFileSync(path, text, { flag: force ? 'w' : 'wx' })
  } catch (cause) {
    throw new WeighbridgeError('usage', `${path} cannot be written${cause instanceof Error && 'code' in cause && cause.code === 'EEXIST' ? ': it exists already' : ''}`, {
      cause,
      remedy: 'Pass --force to replace it, --config FILE for another place, or --stdout.',
    })
  }
}
