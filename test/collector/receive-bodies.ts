// OTLP bodies for the collector's tests: spans as our router sends them, and as any other sender might.
import { randomBytes } from 'node:crypto'
import { GEN_AI, WB } from '../../core/attributes.ts'

export type TestSpan = { readonly traceId: string; readonly spanId: string; readonly [field: string]: unknown }

type Plain = string | number | boolean | readonly string[]
/** One attribute as OTLP/JSON. */
export function attribute(key: string, value: Plain): unknown {
  if (typeof value === 'string') return { key, value: { stringValue: value } }
  if (typeof value === 'boolean') return { key, value: { boolValue: value } }
  if (typeof value === 'number') return { key, value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value } }
  return { key, value: { arrayValue: { values: value.map((member) => ({ stringValue: member })) } } }
}
export const attributes = (values: Readonly<Record<string, Plain>>): unknown[] => Object.entries(values).map(([key, value]) => attribute(key, value))

export const hex = (bytes: number): string => randomBytes(bytes).toString('hex')

/** An attempt of ours, started now. */
export function attemptSpan(more: Readonly<Record<string, Plain>> = {}, fields: Readonly<Record<string, unknown>> = {}): TestSpan {
  const start = BigInt(Date.now()) * 1_000_000n
  return {
    traceId: hex(16),
    spanId: hex(8),
    parentSpanId: hex(8),
    name: 'chat gpt-5.4',
    kind: 3,
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 1_500_000_000n),
    attributes: attributes({
      [WB.role]: 'attempt',
      [WB.task]: 'simple_qa',
      [WB.taskSource]: 'caller',
      [WB.target]: 'gpt-5.4',
      [WB.attempt]: 1,
      [WB.reason]: 'weighted',
      [WB.propensity]: 0.7,
      [WB.routeVersion]: 3,
      [WB.costUsd]: 0.001234567891,
      [WB.costSource]: 'priced',
      [WB.purpose]: 'production',
      [WB.tags]: ['eval_run=r1', 'team=search'],
      [WB.simulated]: true,
      [WB.ttftMs]: 210.5,
      [GEN_AI.operationName]: 'chat',
      [GEN_AI.providerName]: 'openai',
      [GEN_AI.requestModel]: 'gpt-5.4',
      [GEN_AI.requestStream]: true,
      [GEN_AI.finishReasons]: ['stop'],
      [GEN_AI.inputTokens]: 1200,
      [GEN_AI.outputTokens]: 80,
      [GEN_AI.httpStatus]: 200,
      'app.colour': 'green',
      ...more,
    }),
    status: { code: 1 },
    ...fields,
  }
}

/** An ExportTraceServiceRequest as JSON. */
export function tracesBody(spans: readonly unknown[], resource: Readonly<Record<string, Plain>> = { 'service.name': 'weighbridge-router' }): string {
  return JSON.stringify({ resourceSpans: [{ resource: { attributes: attributes(resource) }, scopeSpans: [{ scope: { name: 'test' }, spans }] }] })
}

/** Posts a body to a collector. */
export function post(url: string, path: string, body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  // The type of fetch's body leaves out shared memory, which a test's bytes never are.
  return fetch(`${url}${path}`, { method: 'POST', body: body as string | Uint8Array<ArrayBuffer>, headers: { 'content-type': 'application/json', ...headers } })
}
