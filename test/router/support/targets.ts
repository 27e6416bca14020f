// Targets and errors for tests of pure functions, without a configuration.
import type { Provider, Target } from '../../../core/config.ts'
import { WeighbridgeError, type ErrorCode } from '../../../core/errors.ts'

export function providerWith(over: Partial<Provider> = {}): Provider {
  return {
    name: 'p', api: 'openai-chat', dialect: undefined, baseUrl: 'http://127.0.0.1:1/v1', apiKeys: [], retries: 1, headers: {},
    timeouts: { connectMs: 100, firstTokenMs: 100, idleMs: 100, totalMs: 1_000 }, maxConnections: 4, simulated: false, ...over,
  }
}

export function targetWith(over: Partial<Target> = {}): Target {
  const provider = over.provider ?? providerWith()
  const model = over.model ?? 'm'
  return { name: 't', provider, model, effort: undefined, price: undefined, contextWindow: undefined, kind: 'chat', lacks: new Set(), evidenceKey: `${provider.name}/${model}`, ...over }
}

export function failure(code: ErrorCode, options: { retryAfterMs?: number; status?: number } = {}): WeighbridgeError {
  return new WeighbridgeError(code, 'It failed.', { ...(options.retryAfterMs === undefined ? {} : { retryAfterMs: options.retryAfterMs }), ...(options.status === undefined ? {} : { details: { status: options.status } }) })
}
