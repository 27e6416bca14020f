// `weighbridge init`: writes a priced configuration for the provider keys it finds. Lists models where asked to, never calls one.
import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { request } from 'undici'
import { z } from 'zod'
import { parseConfig } from '../../core/config.ts'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import type { TargetPrice } from '../../core/prices.ts'
import { genaiPriceBook } from '../../store/prices/genai.ts'
import { EXIT, type Arguments, type Command, type Terminal } from '../command.ts'
import { CONFIG_NAME } from '../compose/settings.ts'
import { KNOWN_PROVIDERS } from '../init/known-providers.ts'
import { writeConfig, type FoundProvider } from '../init/write-config.ts'

const MAX_LISTED_MODELS = 6

export const command: Command = {
  name: 'init',
  summary: 'Write weighbridge.yaml for the provider keys found in the environment.',
  help: [
    'Looks for the usual variables (OPENAI_API_KEY with OPENAI_BASE_URL, MOONSHOT_API_KEY, DEEPSEEK_API_KEY, …). For any other',
    'OpenAI-compatible server, a local one too, name it with --base-url. No model is called: at most GET /models is asked.',
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
    for (const known of KNOWN_PROVIDERS) {
      if ((terminal.env[known.keyVariable] ?? '') === '') continue
      const moved = known.baseUrlVariable === undefined ? undefined : terminal.env[known.baseUrlVariable]
      const baseUrl = moved ?? known.baseUrl
      const listed = moved === undefined ? undefined : await listModels(baseUrl, terminal.env[known.keyVariable])
      providers.push({
        name: known.name,
        api: known.api,
        baseUrl,
        keyVariable: known.keyVariable,
        targets: (listed ?? known.models).map((model) => foundTarget(book.find({ name: known.name, baseUrl: known.baseUrl }, model), model, moved !== undefined, price)),
      })
    }
    const added = await addServer(terminal, args, price)
    if (added !== undefined) providers.push(added)
    if (providers.length === 0) {
      throw new WeighbridgeError('usage', `None of ${KNOWN_PROVIDERS.map((known) => known.keyVariable).join(', ')} is set`, {
        remedy: 'Set one of them, or name a server: weighbridge init --base-url http://127.0.0.1:8080/v1. Without any, `weighbridge up` runs the demo.',
      })
    }
    const text = writeConfig(providers)
    // The file must be one this very program accepts.
    const config = parseConfig(text, terminal.env, book)
    if (args.flag('stdout')) {
      terminal.out(text)
      return EXIT.ok
    }
    const path = resolve(terminal.cwd, args.text('config') ?? CONFIG_NAME)
    save(path, text, args.flag('force'))
    const targets = [...config.targets.values()]
    if (args.flag('json')) terminal.out(`${JSON.stringify({ path, providers: [...config.providers.keys()], targets: targets.map((t) => t.name), warnings: config.warnings })}\n`)
    else {
      terminal.out(`Wrote ${path}: ${config.providers.size} provider(s), ${targets.length} target(s) (${targets.map((t) => t.name).join(', ')}), 5 tasks.\n`)
      for (const warning of config.warnings) terminal.out(`  ! ${warning}\n`)
      terminal.out('Next: `npx weighbridge up`. Nothing is sent to a provider until you call it.\n')
    }
    return EXIT.ok
  },
}

async function addServer(terminal: Terminal, args: Arguments, price: TargetPrice | undefined): Promise<FoundProvider | undefined> {
  const baseUrl = args.text('base-url')
  if (baseUrl === undefined) return undefined
  if (!URL.canParse(baseUrl)) throw new WeighbridgeError('usage', `--base-url is not an address: "${baseUrl}"`)
  const keyVariable = args.text('key-env')
  const asked = args.list('model')
  const models = asked.length > 0 ? asked : await listModels(baseUrl.replace(/\/+$/, ''), keyVariable === undefined ? undefined : terminal.env[keyVariable])
  const name = args.text('name') ?? 'local'
  const book = genaiPriceBook()
  return { name, api: 'openai-chat', baseUrl, keyVariable, targets: models.map((model) => foundTarget(book.find({ name, baseUrl }, model), model, false, price)) }
}

function foundTarget(booked: TargetPrice | undefined, model: string, moved: boolean, given: TargetPrice | undefined): FoundProvider['targets'][number] {
  return { name: model.replace(/[^A-Za-z0-9._:@-]+/g, '-').replace(/^[^A-Za-z0-9]+/, ''), model, price: given ?? booked, writePrice: given !== undefined || moved }
}

const modelList = z.object({ data: z.array(z.object({ id: z.string().min(1) })).min(1) })

async function listModels(baseUrl: string, key: string | undefined): Promise<string[]> {
  const url = `${baseUrl.replace(/\/+$/, '')}/models`
  try {
    const { statusCode, body } = await request(url, { headers: key === undefined ? {} : { authorization: `Bearer ${key}` }, headersTimeout: 10_000, bodyTimeout: 10_000 })
    const text = await body.text()
    if (statusCode !== 200) throw new WeighbridgeError('provider_unreachable', `GET ${url} answered ${statusCode}`)
    return modelList.parse(JSON.parse(text)).data.slice(0, MAX_LISTED_MODELS).map((model) => model.id)
  } catch (thrown) {
    throw new WeighbridgeError('provider_unreachable', `The models of ${url} cannot be listed: ${asWeighbridgeError(thrown).message}`, {
      remedy: 'Start the server, correct the address, or name the models with --model.',
    })
  }
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
