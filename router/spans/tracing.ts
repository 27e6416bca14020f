// The OpenTelemetry SDK, started so that nothing in the environment can switch cost accounting off or send data elsewhere:
// sampler, resource, limits and processors are explicit; no metrics, logs, instrumentations or detectors.
import { trace, type Tracer } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { AlwaysOnSampler, TracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace'

export type Tracing = { readonly tracer: Tracer; shutdown(): Promise<void> }

const SCOPE = 'weighbridge'
const LIMITS = {
  attributeCountLimit: 128,
  attributeValueLengthLimit: 65_536,
  eventCountLimit: 128,
  linkCountLimit: 128,
  attributePerEventCountLimit: 64,
  attributePerLinkCountLimit: 64,
}

/** Starts the SDK over one processor. Every span is recorded, also under a parent that says it is not sampled. */
export function startTracing(processor: SpanProcessor, instanceId: string): Tracing {
  const sampler = new AlwaysOnSampler()
  const resource = resourceFromAttributes({ 'service.name': 'weighbridge-router', 'service.instance.id': instanceId })
  const sdk = new NodeSDK({
    autoDetectResources: false,
    resource,
    sampler,
    spanLimits: LIMITS,
    spanProcessors: [processor],
    metricReaders: [],
    logRecordProcessors: [],
    instrumentations: [],
    textMapPropagator: null,
  })
  // The SDK hands its provider out through the API's global only, and the first registration would win for ever.
  trace.disable()
  sdk.start()
  const tracer = trace.getTracer(SCOPE)
  const probe = tracer.startSpan('probe')
  if (probe.isRecording()) return { tracer, shutdown: () => sdk.shutdown() }
  // OTEL_SDK_DISABLED=true makes NodeSDK a no-op. It may silence telemetry, but these spans are the ledger.
  const provider = new TracerProvider({ sampler, resource, spanLimits: LIMITS, spanProcessors: [processor] })
  return { tracer: provider.getTracer(SCOPE), shutdown: () => provider.shutdown() }
}
