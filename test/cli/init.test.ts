import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { modelKind } from '../../cli/init/model-kind.ts'
import { BUILT_IN_TASKS, parseConfig } from '../../core/config.ts'
import { genaiPriceBook } from '../../store/prices/genai.ts'
import { runCommand } from '../support/run-command.ts'

const EXAMPLE = fileURLToPath(new URL('../../weighbridge.example.yaml', import.meta.url))

async function modelServer(models: string[]): Promise<{ url: string; asked: string[]; close: () => void }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ object: 'list', data: models.map((id) => ({ id, object: 'model' })) }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return { url: `http://127.0.0.1:${address.port}/v1`, asked, close: () => server.close() }
}

describe('weighbridge init', () => {
  it('writes a priced configuration with the five built-in tasks for the keys found, and sends nothing', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'wb-init-'))
    const env = { OPENAI_API_KEY: 'sk-test', MOONSHOT_API_KEY: 'mk-test' }
    const { code, out } = await runCommand(['init'], { cwd, env })
    expect(out).toMatch(/2 provider\(s\)/)
    expect(code).toBe(0)
    const text = await readFile(join(cwd, 'weighbridge.yaml'), 'utf8')
    expect(text).not.toMatch(/sk-test|mk-test/)
    const config = parseConfig(text, env, genaiPriceBook())
    expect([...config.tasks.keys()]).toEqual(expect.arrayContaining([...BUILT_IN_TASKS]))
    expect([...config.targets.values()].every((target) => target.price !== undefined)).toBe(true)
    expect((await runCommand(['config', 'check', '--strict'], { cwd, env })).code).toBe(0)
  })

  it('asks a named server for its models only, and takes the price given', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'wb-init-'))
    const server = await modelServer(['tiny/model.gguf'])
    try {
      const { code } = await runCommand(['init', '--base-url', server.url, '--price', '0.5:2'], { cwd, env: {} })
      expect(code).toBe(0)
      expect(server.asked).toEqual(['GET /v1/models'])
      const config = parseConfig(await readFile(join(cwd, 'weighbridge.yaml'), 'utf8'), {}, genaiPriceBook())
      expect(config.targets.get('tiny-model.gguf')).toMatchObject({ model: 'tiny/model.gguf', price: { tiers: [{ input: 0.5, output: 2 }] } })
    } finally {
      server.close()
    }
  })

  it('keeps embedding models out of chains and routes, and leaves out what is neither', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'wb-init-'))
    const server = await modelServer(['text-embedding-3-small', 'BAAI/bge-m3', 'whisper-1', 'text-embedding-3-large', 'bge-reranker-v2-m3', 'gpt-5.4', 'gpt-5.4-mini', 'dall-e-3'])
    try {
      const result = await runCommand(['init', '--base-url', server.url, '--price', '0.5:2'], { cwd, env: {} })
      expect(result).toMatchObject({ code: 0, out: expect.stringMatching(/whisper-1, bge-reranker-v2-m3, dall-e-3/) })
      const config = parseConfig(await readFile(join(cwd, 'weighbridge.yaml'), 'utf8'), {}, genaiPriceBook())
      expect([...config.targets.values()].map((target) => [target.name, target.kind])).toEqual([
        ['text-embedding-3-small', 'embedding'],
        ['BAAI-bge-m3', 'embedding'],
        ['gpt-5.4', 'chat'],
        ['gpt-5.4-mini', 'chat'],
      ])
      const reached = new Set([...config.tasks.values()].flatMap((task) => [...task.route.keys(), ...task.chain.map((link) => link.target)]))
      expect([...reached].sort()).toEqual(['gpt-5.4', 'gpt-5.4-mini'])
      expect(config.warnings).toEqual([])
    } finally {
      server.close()
    }
  })

  it('writes a file for a server that has embedding models alone', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'wb-init-'))
    const { code } = await runCommand(['init', '--base-url', 'http://127.0.0.1:9/v1', '--model', 'nomic-embed-text', '--price', '0:0'], { cwd, env: {} })
    expect(code).toBe(0)
    const config = parseConfig(await readFile(join(cwd, 'weighbridge.yaml'), 'utf8'), {}, genaiPriceBook())
    expect(config.targets.get('nomic-embed-text')?.kind).toBe('embedding')
  })

  it.each([
    ['embedding', ['text-embedding-ada-002', 'text-embedding-v4', 'gemini-embedding-001', 'mistral-embed', 'nomic-embed-text:latest', 'embeddinggemma-300m', 'Qwen/Qwen3-Embedding-8B', 'bge-large-en-v1.5', 'thenlper/gte-large', 'gte-Qwen2-7B-instruct', 'intfloat/multilingual-e5-large', 'e5-mistral-7b-instruct', 'sentence-transformers/all-MiniLM-L6-v2', 'all-mpnet-base-v2', 'voyage-3-large', 'jina-embeddings-v3', 'jina_embeddings_v2']],
    ['chat', ['gpt-5.4', 'kimi-k2.6', 'claude-opus-4-7', 'mixtral-8x7b', 'qwen2.5:7b-instruct', 'gemma3:4b', 'legten-2', 'embedded-coder-7b', 'node5-chat', 'gpt-audio', 'o3-deep-research']],
    ['other', ['whisper-1', 'tts-1-hd', 'gpt-4o-mini-tts', 'gpt-4o-transcribe', 'dall-e-3', 'gpt-image-1', 'omni-moderation-latest', 'bge-reranker-v2-m3', 'rerank-v3.5', 'gpt-realtime', 'sora-2']],
  ])('takes for %s by name what is', (kind, models) => {
    for (const model of models) expect([model, modelKind(model)]).toEqual([model, kind])
  })

  it('knows the second name of the key of Gemini, and takes the first where both are set', async () => {
    expect((await runCommand(['init', '--stdout'], { env: { GOOGLE_API_KEY: 'g' } })).out).toMatch(/google:\n    api: gemini\n.*\n    api_key: \$\{GOOGLE_API_KEY\}/)
    expect((await runCommand(['init', '--stdout'], { env: { GOOGLE_API_KEY: 'g', GEMINI_API_KEY: 'h' } })).out).toMatch(/api_key: \$\{GEMINI_API_KEY\}/)
    expect((await runCommand(['init', '--help'], {})).out).toMatch(/ANTHROPIC_API_KEY[\s\S]*GEMINI_API_KEY/)
  })

  it('leaves a provider out whose models have no price, and says how to write it', async () => {
    const both = await runCommand(['init', '--stdout'], { env: { OPENAI_API_KEY: 'k', DASHSCOPE_API_KEY: 'd' } })
    expect(both).toMatchObject({ code: 0, err: expect.stringMatching(/qwen is left out: the price book knows none of .*--base-url https:\/\/dashscope-intl\.aliyuncs\.com\/compatible-mode\/v1 --name qwen --key-env DASHSCOPE_API_KEY/) })
    expect(both.out).not.toMatch(/qwen/)
    expect(await runCommand(['init'], { env: { DASHSCOPE_API_KEY: 'd' } })).toMatchObject({ code: 2, err: expect.stringMatching(/--key-env DASHSCOPE_API_KEY/) })
    const given = await runCommand(['init', '--stdout', '--base-url', 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1', '--name', 'qwen', '--key-env', 'DASHSCOPE_API_KEY', '--model', 'qwen-plus', '--price', '0.4:1.2'], { env: { DASHSCOPE_API_KEY: 'd' } })
    expect(given).toMatchObject({ code: 0, out: expect.stringMatching(/qwen-plus:/), err: '' })
  })

  it('gives the price of a named server to that server alone', async () => {
    const { out } = await runCommand(['init', '--stdout', '--base-url', 'http://127.0.0.1:9/v1', '--model', 'mine', '--price', '0.5:2'], { env: { OPENAI_API_KEY: 'k' } })
    expect(out.match(/price: \{ input: 0\.5/g)).toHaveLength(1)
  })

  it('keeps an existing file, and says which keys it looks for when there is none', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'wb-init-'))
    expect(await runCommand(['init'], { cwd, env: {} })).toMatchObject({ code: 2, err: expect.stringMatching(/OPENAI_API_KEY.*is set/) })
    await runCommand(['init'], { cwd, env: { OPENAI_API_KEY: 'k' } })
    const again = await runCommand(['init'], { cwd, env: { OPENAI_API_KEY: 'k' } })
    expect(again).toMatchObject({ code: 2, err: expect.stringMatching(/exists already[\s\S]*--force/) })
  })

  it('has an example file that this program accepts', async () => {
    const config = parseConfig(await readFile(EXAMPLE, 'utf8'), { OPENAI_API_KEY: 'k', MOONSHOT_API_KEY: 'k', ANTHROPIC_API_KEY: 'k' }, genaiPriceBook())
    expect(config.warnings).toEqual([])
  })
})

describe('the command line', () => {
  it('lists its commands, and answers an unknown one with exit 2', async () => {
    expect(await runCommand(['--help'], {})).toMatchObject({ code: 0, out: expect.stringMatching(/routes recommend/) })
    expect(await runCommand(['rotues'], {})).toMatchObject({ code: 2, err: expect.stringMatching(/no command "rotues"/) })
    expect(await runCommand(['trace', '--nope'], {})).toMatchObject({ code: 2, err: expect.stringMatching(/nope/) })
    expect(await runCommand(['up', '--port', 'x'], {})).toMatchObject({ code: 2, err: expect.stringMatching(/--port takes a whole number/) })
  })

  it('answers errors as JSON when asked to', async () => {
    const { code, err } = await runCommand(['config', 'check', '--config', '/nowhere.yaml', '--json'], {})
    expect(code).toBe(2)
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'config_missing', remedy: expect.any(String) } })
  })

  it('runs under whatever Node starts it, through bin.js', async () => {
    const child = spawn(process.execPath, [fileURLToPath(new URL('../../cli/bin.js', import.meta.url)), 'config', 'schema'], { stdio: ['ignore', 'pipe', 'inherit'] })
    let out = ''
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
    const [code] = await once(child, 'close')
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ type: 'object' })
  })
})

describe('a configuration that init wrote', () => {
  it('has no ceiling below what its own target charges for output, so that weights mean what they say', async () => {
    const cwd = await mkdtemp(join(tmpdir(), 'wb-init-'))
    const env = { OPENAI_API_KEY: 'k', MOONSHOT_API_KEY: 'k', DEEPSEEK_API_KEY: 'k', ANTHROPIC_API_KEY: 'k', GROQ_API_KEY: 'k', MISTRAL_API_KEY: 'k', XAI_API_KEY: 'k' }
    expect((await runCommand(['init'], { cwd, env })).code).toBe(0)
    const config = parseConfig(await readFile(join(cwd, 'weighbridge.yaml'), 'utf8'), env, genaiPriceBook())
    const links = [...config.tasks.values()].flatMap((task) => task.chain)
    expect(links.length).toBeGreaterThan(20)
    for (const link of links) {
      const tier = config.targets.get(link.target)?.price?.tiers[0]
      expect(tier, link.target).toBeDefined()
      expect(link.maxCostPer1k ?? Infinity, link.target).toBeGreaterThan((tier?.output ?? Infinity) / 1000)
    }
  })
})
