// What a person may write down that parses and yet cannot work: each is a warning that names what to write instead.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { addressAdvice } from '../../cli/config/address-advice.ts'
import { readConfigFile } from '../../core/config.ts'
import { KNOWN_ADDRESSES } from '../../router/providers/openai-chat/addresses.ts'
import { runCommand } from '../support/run-command.ts'

const advice = (provider: string): string[] => addressAdvice(readConfigFile(`providers: { p: ${provider} }`))

describe('advice on the address of a provider', () => {
  it.each([
    ['{ base_url: "https://gateway.example/v1/chat/completions" }', 'https://gateway.example/v1'],
    ['{ base_url: "https://gateway.example/v1/chat/completions/" }', 'https://gateway.example/v1'],
    ['{ base_url: "https://gateway.example/v1/embeddings" }', 'https://gateway.example/v1'],
    ['{ api: openai-responses, base_url: "https://gateway.example/v1/responses" }', 'https://gateway.example/v1'],
    ['{ api: anthropic-messages, base_url: "https://gateway.example/v1/messages" }', 'https://gateway.example/v1'],
    ['{ api: gemini, base_url: "https://gateway.example/v1beta/models/gemini-2.5-flash:generateContent" }', 'https://gateway.example/v1beta'],
    ['{ api: gemini, base_url: "https://gateway.example/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse" }', 'https://gateway.example/v1beta'],
    ['{ api: anthropic-messages, base_url: "https://gateway.example/messages" }', 'https://gateway.example/v1'],
    ['{ api: anthropic-messages, base_url: "https://gateway.example" }', 'https://gateway.example/v1'],
    ['{ api: anthropic-messages, base_url: "https://gateway.example/anthropic/" }', 'https://gateway.example/anthropic/v1'],
    ['{ api: gemini, base_url: "https://gateway.example/google" }', 'https://gateway.example/google/v1beta'],
    ['{ base_url: "https://api.groq.com", api_key: k }', 'https://api.groq.com/openai/v1'],
    ['{ base_url: "https://res.openai.azure.com", api_key: k }', 'https://res.openai.azure.com/openai/v1'],
  ])('%s: write %s', (provider, meant) => {
    expect(advice(provider)).toEqual([expect.stringMatching(/^provider p: base_url /)])
    expect(advice(provider)[0]).toMatch(new RegExp(`write ${meant.replaceAll('.', '\\.')}$`))
  })

  it.each([
    ['{ base_url: "https://api.openai.com/v1" }', /api\.openai\.com .*api_key: \$\{OPENAI_API_KEY\}/],
    ['{ base_url: "https://api.openai.com/v1", api_key: "" }', /api\.openai\.com/],
    ['{ api: anthropic-messages, base_url: "https://api.anthropic.com/v1" }', /api\.anthropic\.com .*\$\{ANTHROPIC_API_KEY\}/],
    ['{ api: gemini, base_url: "https://generativelanguage.googleapis.com/v1beta" }', /generativelanguage\.googleapis\.com .*\$\{GEMINI_API_KEY\}/],
    ['{ base_url: "https://api.together.xyz/v1" }', /api\.together\.xyz .*\$\{P_API_KEY\}/],
  ])('%s: a key is missing', (provider, expected) => {
    expect(advice(provider)).toEqual([expect.stringMatching(expected)])
  })

  it.each(['anthropic-messages', 'gemini', 'openai-responses'])('a dialect of Chat Completions means nothing to %s', (api) => {
    expect(advice(`{ api: ${api}, dialect: qwen, base_url: "https://gateway.example/v1" }`)).toEqual([expect.stringMatching(new RegExp(`dialect qwen .*api: openai-chat.*${api}`))])
  })

  it('is silent about what works: every known address with a key, in a header too, and servers without one', () => {
    for (const { baseUrl } of KNOWN_ADDRESSES) expect(advice(`{ base_url: "${baseUrl}", api_key: k }`), baseUrl).toEqual([])
    for (const provider of [
      '{ base_url: "https://api.deepseek.com", api_key: k }',
      '{ base_url: "http://127.0.0.1:8000/v1" }',
      '{ base_url: "http://127.0.0.1:11434/v1", dialect: ollama }',
      '{ base_url: "https://api.openai.com/v1", headers: { Authorization: "Bearer ${TOKEN}" } }',
      '{ api: anthropic-messages, base_url: "https://api.anthropic.com/v1", api_keys: ["${A}", "${B}"] }',
      '{ api: gemini, base_url: "https://x-aiplatform.googleapis.com/v1beta1/projects/p/locations/x/publishers/google", headers: { authorization: "${TOKEN}" } }',
      '{ base_url: "https://res.services.ai.azure.com/models", api_key: k }',
      '{ base_url: "https://api.openai.com.example/v1" }',
    ])
      expect(advice(provider), provider).toEqual([])
  })

  it('is printed by config check, fails it with --strict, and never shows a key', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'wb-advice-'))
    writeFileSync(
      join(cwd, 'weighbridge.yaml'),
      `providers: { p: { base_url: "https://user:secret@gateway.example/v1/chat/completions", api_key: sk-secret } }
targets: { t: { provider: p, model: m, price: { input: 1, output: 1 } } }
chains: { default: [{ target: t }] }`,
    )
    const shown = await runCommand(['config', 'check'], { cwd })
    expect(shown).toMatchObject({ code: 0, out: expect.stringMatching(/! provider p: base_url ends in \/chat\/completions/) })
    expect(shown.out).not.toMatch(/secret/)
    expect((await runCommand(['config', 'check', '--strict'], { cwd })).code).toBe(2)
  })
})
