import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { csvLine, parseCsv } from '../../../cli/bill/csv.ts'
import { readExport } from '../../../cli/bill/exports/read-export.ts'
import { comparedModel } from '../../../cli/bill/model-names.ts'
import { exactUsd, parseMoney, shownUsd, tokensAt } from '../../../store/bill/money.ts'
import { WeighbridgeError } from '../../../core/errors.ts'

const OPENAI_USAGE_CSV = `start_time,end_time,start_time_iso,end_time_iso,num_model_requests,model,service_tier,batch,input_tokens,output_tokens,input_cached_tokens,a_later_column
1790467200,1790553600,2026-09-27T00:00:00+00:00,2026-09-28T00:00:00+00:00,,,,,,,,
1790553600,1790640000,2026-09-28T00:00:00+00:00,2026-09-29T00:00:00+00:00,5,gpt-5.4-2026-03-05,default,False,1000,200,400,x
1790553600,1790640000,2026-09-28T00:00:00+00:00,2026-09-29T00:00:00+00:00,1,gpt-5.4-2026-03-05,,True,10,2,0,x
`
const OPENAI_COSTS_CSV = `start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,quantity,quantity_unit,line_item,project_id
1790553600,1790640000,2026-09-28T00:00:00,2026-09-29T00:00:00,0.003835980000000000000000000000,usd,1000,tokens,"gpt-5-nano, input_tokens",p
1790553600,1790640000,2026-09-28T00:00:00,2026-09-29T00:00:00,0.5,usd,,,"gpt-5-nano, cached input",p
1790553600,1790640000,2026-09-28T00:00:00,2026-09-29T00:00:00,0.5,eur,,,"gpt-5-nano, output",p
`
const OPENAI_COSTS_JSON = JSON.stringify({ object: 'page', has_more: true, next_page: 'n', data: [{ object: 'bucket', start_time: 1790553600, end_time: 1790640000, results: [{ object: 'organization.costs.result', amount: { value: 0.06, currency: 'usd' }, line_item: 'gpt-5.4, output', project_id: null }] }, { object: 'bucket', start_time: 1790640000, end_time: 1790726400, results: [] }] })
const ANTHROPIC_USAGE_CSV = `usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,usage_output_tokens,web_search_count
2026-09-28,claude-haiku-4-5-20251001,key,Default,standard,≤ 200k,100,20,5,1000,50,0
`
const ANTHROPIC_USAGE_JSON = JSON.stringify({ data: [{ starting_at: '2026-09-28T00:00:00Z', ending_at: '2026-09-29T00:00:00Z', results: [{ uncached_input_tokens: 100, cache_creation: { ephemeral_5m_input_tokens: 20, ephemeral_1h_input_tokens: 5 }, cache_read_input_tokens: 1000, output_tokens: 50, server_tool_use: { web_search_requests: 0 }, model: 'claude-haiku-4-5-20251001', service_tier: 'batch' }] }], has_more: false, next_page: null })
const ANTHROPIC_COSTS_CSV = `usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,cost_usd,list_price_usd,cost_type,inference_geo,speed
2026-09-28,Claude Haiku 4.5,Default,key,message,≤ 200k,input_cache_read,0.10,1.00,token,global,
2026-09-28,Claude Haiku 4.5,Default,key,message,≤ 200k,output,0.3,0.30,token,global,
`
const ANTHROPIC_COSTS_JSON = JSON.stringify({ data: [{ starting_at: '2026-09-28T00:00:00Z', ending_at: '2026-09-29T00:00:00Z', results: [{ amount: '123.45', currency: 'USD', cost_type: 'tokens', token_type: 'cache_creation.ephemeral_1h_input_tokens', model: 'claude-haiku-4-5', service_tier: 'standard' }] }], has_more: false })
const OPENROUTER_GENERATIONS_CSV = `generation_id,created_at,cost_total,cost_cache,byok_usage_inference,tokens_prompt,tokens_completion,tokens_reasoning,tokens_cached,model_permaslug,provider_name,cancelled
gen-1,2026-09-28 23:59:59.713,0.0123,0,0,10389,137,20,5000,deepseek/deepseek-v4,X,false
`
const OPENROUTER_DAYS_CSV = `Date,Slug,Usage,BYOK Usage,Requests,Prompt Tokens,Completion Tokens,Reasoning Tokens
"2026-09-28 00:00:00","deepseek/deepseek-v4","430.07","0","4115","70965665","3009973","0"
`
const day = Date.UTC(2026, 8, 28)

describe('a provider’s export', () => {
  it.each([
    ['OpenAI usage', OPENAI_USAGE_CSV, 'openai', { model: 'gpt-5.4-2026-03-05', requests: 5, input: 1000, cacheRead: 400, output: 200, tier: 'default', usd: undefined }],
    ['OpenAI costs', OPENAI_COSTS_CSV, 'openai', { model: 'gpt-5-nano', usd: 3_835_980_000n, usdOf: 'input', input: undefined }],
    ['OpenAI costs', OPENAI_COSTS_JSON, 'openai', { model: 'gpt-5.4', usd: 60_000_000_000n, usdOf: 'output' }],
    ['Anthropic usage', ANTHROPIC_USAGE_CSV, 'anthropic', { input: 1125, cacheRead: 1000, cacheWrite: 25, output: 50, tier: 'standard', requests: undefined }],
    ['Anthropic usage', ANTHROPIC_USAGE_JSON, 'anthropic', { input: 1125, cacheRead: 1000, cacheWrite: 25, output: 50, tier: 'batch' }],
    ['Anthropic costs', ANTHROPIC_COSTS_CSV, 'anthropic', { model: 'Claude Haiku 4.5', usd: 100_000_000_000n, usdOf: 'cacheRead', tier: 'standard' }],
    ['Anthropic costs', ANTHROPIC_COSTS_JSON, 'anthropic', { usd: 1_234_500_000_000n, usdOf: 'cacheWrite' }],
    ['OpenRouter generations', OPENROUTER_GENERATIONS_CSV, 'openrouter', { requests: 1, input: 10389, cacheRead: 5000, output: 137, usd: 12_300_000_000n }],
    ['OpenRouter activity', OPENROUTER_DAYS_CSV, 'openrouter', { requests: 4115, input: 70_965_665, output: 3_009_973, usd: 430_070_000_000_000n, cacheRead: undefined }],
  ] as const)('is told by its columns: %s', (kind, text, provider, line) => {
    const found = readExport(`\u{feff}${text.replaceAll('\n', '\r\n')}`, undefined)
    expect(found).toMatchObject({ kind, provider })
    expect(found.lines[0]).toMatchObject(line)
    expect(Math.floor((found.lines[0]?.atMs ?? 0) / 86_400_000) * 86_400_000).toBe(day)
  })

  it('covers days without usage, counts what it leaves out, and says when pages are missing', () => {
    expect(readExport(OPENAI_USAGE_CSV, undefined)).toMatchObject({ fromMs: day - 86_400_000, toMs: day + 86_400_000, skipped: [] })
    expect(readExport(OPENAI_COSTS_JSON, undefined)).toMatchObject({ toMs: day + 2 * 86_400_000, notes: [expect.stringMatching(/has_more/)] })
    expect(readExport(OPENAI_COSTS_CSV, undefined).skipped).toEqual(['1 line(s) without a readable figure in dollars or tokens'])
    expect(readExport(OPENAI_USAGE_CSV, undefined).lines[1]).toMatchObject({ tier: 'batch' })
    expect(readExport(ANTHROPIC_COSTS_CSV, undefined).halfUnit).toBe(5_000_000_000n)
    expect(readExport(ANTHROPIC_COSTS_JSON, undefined).halfUnit).toBe(0n)
  })

  it('that is none is refused without quoting a cell', () => {
    for (const text of ['', '[]', '{', 'a,b\nsecret,2\n', '"open', '{"data":[{"secret":1}]}']) {
      try {
        readExport(text, undefined)
        expect.unreachable()
      } catch (error) {
        expect(error).toBeInstanceOf(WeighbridgeError)
        expect(String(error)).not.toMatch(/secret,/)
      }
    }
    expect(() => readExport(OPENAI_USAGE_CSV, 'openrouter')).toThrow(/no export of openrouter/)
  })

  it('never throws anything but a usage error, whatever the bytes', () => {
    const pieces = fc.constantFrom('start_time', 'num_model_requests', 'usage_date_utc', 'cost_usd', 'generation_id', ',', '\n', '"', '1790553600', '-1', '1e400', '{"data":[', '{"results":[null]}', ']}', 'NaN', '2026-99-99')
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 40 }), (parts) => {
        try {
          for (const line of readExport(parts.join(''), undefined).lines) expect(Number.isFinite(line.atMs)).toBe(true)
        } catch (error) {
          expect(error).toBeInstanceOf(WeighbridgeError)
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('cells and amounts', () => {
  it('survive writing and reading', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.string().filter((text) => !/^[=+\-@\t\r]/.test(text)), { minLength: 2, maxLength: 5 }), { minLength: 1 }), (records) => {
        expect(parseCsv(records.map(csvLine).join('').replace(/^/, '\u{feff}'))).toEqual(records)
      }),
    )
    fc.assert(fc.property(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), (value) => void expect(parseMoney(exactUsd(value))).toBe(value)))
  })

  it('are read with any line end, and a quote that breaks off is a fault with its line', () => {
    expect(parseCsv('\u{feff}a,b\r\n1,"2\n3"\r4,5\n\n6\n')).toEqual([['a', 'b'], ['1', '2\n3'], ['4', '5'], ['6']])
    expect(parseCsv('a,b\n1,2\n"x,1\n')).toEqual({ line: 3, fault: 'a quoted cell does not end' })
    expect(parseCsv('a,b\n"x"y,1\n')).toMatchObject({ line: 2 })
  })

  it('are never run as a formula by a spreadsheet', () => {
    expect(csvLine(['=1+1', '@x', '-12.5', 'ok'])).toBe("'=1+1,'@x,-12.5,ok\r\n")
  })

  it('are read in every form that exports use, and rounded once', () => {
    expect([parseMoney('$1,234.50'), parseMoney('1e-7'), parseMoney('0.0000000000005'), parseMoney('-0.01'), parseMoney('.5')]).toEqual([1_234_500_000_000_000n, 100_000n, 1n, -10_000_000_000n, 500_000_000_000n])
    for (const text of ['', '.', 'x', '1e', '--1', '1 2', 'NaN', 'Infinity', '1e999']) expect([text, parseMoney(text)]).toEqual([text, undefined])
    expect([shownUsd(12_345_000_000_000n), shownUsd(1_234_560_000n), shownUsd(undefined), shownUsd(0n)]).toEqual(['$12.35', '$0.001235', '–', '$0.00'])
    expect(tokensAt(1_000_000, 0.022)).toBe(22_000_000_000n)
  })

  it('models are one model under every spelling of theirs', () => {
    expect(new Set(['Claude Haiku 4.5', 'claude-haiku-4-5-20251001', 'claude-haiku-4.5', 'claude-haiku-4-5-latest'].map(comparedModel)).size).toBe(1)
    expect(comparedModel('gpt-5.4-2026-03-05')).toBe(comparedModel('gpt-5.4'))
    expect(comparedModel('gpt-5.4-mini')).not.toBe(comparedModel('gpt-5.4'))
    expect(comparedModel('openai/gpt-oss:free')).toBe('openai/gpt-oss')
  })
})
