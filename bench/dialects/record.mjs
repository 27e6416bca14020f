// Records what one instrumentation library really sends: calls to a simulated provider through the official client, its spans as
// OTLP/JSON on standard output. Plain JavaScript, run in a folder where the libraries are installed (bench/dialects.sh).
// Vectors and long texts are shortened.
//   node record.mjs LIBRARY PROVIDER_BASE_URL
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

const require = createRequire(join(process.cwd(), 'package.json'))
const [library, baseURL] = process.argv.slice(2)
const { NodeTracerProvider, SimpleSpanProcessor, InMemorySpanExporter } = require('@opentelemetry/sdk-trace-node')
const { JsonTraceSerializer } = require('@opentelemetry/otlp-transformer')
const { resourceFromAttributes, Resource } = require('@opentelemetry/resources')

const isOpenlit = library === 'openlit'
// Counted ids and nothing of this machine: a fixture that is recorded again differs only where the library does.
let ids = 0
const idGenerator = { generateTraceId: () => (ids += 1).toString(16).padStart(32, '0'), generateSpanId: () => (ids += 1).toString(16).padStart(16, '0') }
const kept = new InMemorySpanExporter()
const provider = new NodeTracerProvider({ idGenerator, resource: (resourceFromAttributes ?? ((attributes) => new Resource(attributes)))({ 'service.name': `${library}-app` }), spanProcessors: [new SimpleSpanProcessor(kept)] })
if (!isOpenlit) provider.register()

const MODEL = 'gpt-5.4'
const messages = [{ role: 'system', content: 'Answer in one word.' }, { role: 'user', content: 'What is the capital of Peru?' }]
const tools = [{ type: 'function', function: { name: 'population', description: 'Inhabitants of a city', parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } } }]

async function openaiCalls(instrument) {
  const OpenAI = await instrument()
  const client = new OpenAI({ baseURL, apiKey: 'none', maxRetries: 0 })
  await client.chat.completions.create({ model: MODEL, messages, max_tokens: 50 })
  const stream = await client.chat.completions.create({ model: MODEL, messages, stream: true, stream_options: { include_usage: true } })
  for await (const _ of stream);
  await client.chat.completions.create({ model: MODEL, messages: [{ role: 'user', content: 'How many people live in Lima?' }], tools, tool_choice: 'required' })
  await client.embeddings.create({ model: 'text-embedding-3-small', input: 'Lima' })
  await client.chat.completions.create({ model: 'no-such-model', messages }).catch(() => undefined)
}

const registered = (instrumentation) => async () => {
  const { registerInstrumentations } = require('@opentelemetry/instrumentation')
  registerInstrumentations({ instrumentations: [instrumentation], tracerProvider: provider })
  return require('openai').OpenAI
}

const LIBRARIES = {
  openllmetry: () => openaiCalls(registered(new (require('@traceloop/instrumentation-openai').OpenAIInstrumentation)())),
  'openllmetry-old': () => openaiCalls(registered(new (require('@traceloop/instrumentation-openai').OpenAIInstrumentation)())),
  openinference: () => openaiCalls(registered(new (require('@arizeai/openinference-instrumentation-openai').OpenAIInstrumentation)())),
  'otel-genai': () => openaiCalls(registered(new (require('@opentelemetry/instrumentation-openai').OpenAIInstrumentation)({ captureMessageContent: true }))),
  async openlit() {
    // It insists on a provider and an exporter of its own: what that sends is taken here.
    const bodies = []
    const server = createServer((request, response) => {
      const chunks = []
      request.on('data', (chunk) => chunks.push(chunk)).on('end', () => {
        const bytes = Buffer.concat(chunks)
        if (request.url === '/v1/traces') bodies.push(JSON.parse((request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString()))
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      })
    })
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    const module = require('openlit')
    const openlit = module.default ?? module
    const OpenAI = require('openai').OpenAI
    openlit.init({ applicationName: 'openlit-app', environment: 'test', otlpEndpoint: `http://127.0.0.1:${server.address().port}`, disableBatch: true, disableMetrics: true, disableEvents: true, pricingJson: '{"chat":{"gpt-5.4":{"promptPrice":0.0025,"completionPrice":0.015}},"embeddings":{}}', instrumentations: { openai: require('openai') } })
    await openaiCalls(async () => OpenAI)
    const { trace } = require('@opentelemetry/api')
    await (trace.getTracerProvider().getDelegate?.() ?? trace.getTracerProvider()).forceFlush?.()
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    server.close()
    return { resourceSpans: bodies.flatMap((body) => body.resourceSpans) }
  },
  async 'vercel-ai'() {
    const { generateText, streamText, embed, tool, isStepCount, stepCountIs } = require('ai')
    const { createOpenAI } = require('@ai-sdk/openai')
    const { z } = require('zod')
    const openai = createOpenAI({ baseURL, apiKey: 'none' })
    const telemetry = { isEnabled: true, functionId: 'capital', metadata: { team: 'search' }, tracer: provider.getTracer('ai') }
    const settings = { experimental_telemetry: telemetry, telemetry, maxRetries: 0 }
    const { registerTelemetry, registerTelemetryIntegration } = require('ai')
    try {
      const { OpenTelemetry, LegacyOpenTelemetry } = require('@ai-sdk/otel')
      const Integration = process.env['DIALECT_LEGACY'] === '1' ? LegacyOpenTelemetry : OpenTelemetry
      ;(registerTelemetry ?? registerTelemetryIntegration)(new Integration({ tracer: provider.getTracer('ai') }))
    } catch {
      // Before version 7 the SDK wrote its spans by itself.
    }
    const asked = { model: openai.chat(MODEL), system: 'Answer in one word.', prompt: 'What is the capital of Peru?' }
    await generateText({ ...asked, ...settings })
    const stream = streamText({ ...asked, ...settings })
    for await (const _ of stream.textStream);
    const stop = (isStepCount ?? stepCountIs)(3)
    await generateText({ ...asked, prompt: 'How many people live in Lima?', tools: { population: tool({ description: 'Inhabitants of a city', inputSchema: z.object({ city: z.string() }), execute: async () => 10_000_000 }) }, stopWhen: stop, ...settings })
    await embed({ model: openai.embedding('text-embedding-3-small'), value: 'Lima', ...settings })
    await generateText({ ...asked, model: openai.chat('no-such-model'), ...settings }).catch(() => undefined)
  },
}

const run = LIBRARIES[library]
if (run === undefined) throw new Error(`there is no library ${library}; there are ${Object.keys(LIBRARIES).join(', ')}`)
const sent = await run()
await provider.forceFlush()
const body = sent ?? JSON.parse(Buffer.from(JsonTraceSerializer.serializeRequest(kept.getFinishedSpans())).toString())
// Vectors and long answers say nothing that their beginnings do not.
// Stack traces name the folder that the libraries lie in.
const neutral = (text) => text.replaceAll(process.cwd(), '/app')
const short = (_name, value) => (Array.isArray(value) && value.length > 40 ? value.slice(0, 3) : typeof value !== 'string' ? value : neutral(value).length > 300 ? `${neutral(value).slice(0, 300)}…` : neutral(value))
process.stdout.write(`${JSON.stringify(body, short)}\n`)
process.exit(0)
