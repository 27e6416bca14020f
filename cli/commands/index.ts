// All commands by name, each loaded only when it is called.
import type { Command } from '../command.ts'

type Entry = { readonly summary: string; readonly load: () => Promise<Command> }

export const COMMANDS: Readonly<Record<string, Entry>> = {
  up: { summary: 'Run everything in one process (the demo without a configuration)', load: async () => (await import('./up.ts')).command },
  init: { summary: 'Write weighbridge.yaml for the provider keys found', load: async () => (await import('./init.ts')).command },
  doctor: { summary: 'Check configuration, keys and every hop; --live calls each target once', load: async () => (await import('./doctor.ts')).command },
  router: { summary: 'Run the router alone', load: async () => (await import('./router.ts')).command },
  collector: { summary: 'Run the collector alone', load: async () => (await import('./collector.ts')).command },
  sim: { summary: 'Run the simulated providers alone', load: async () => (await import('./sim.ts')).command },
  learn: { summary: 'Recommend route weights from the evidence', load: async () => (await import('./routes.ts')).learn },
  migrate: { summary: 'Bring the ClickHouse schema up to date', load: async () => (await import('./migrate.ts')).command },
  'config check': { summary: 'Check weighbridge.yaml', load: async () => (await import('./config.ts')).check },
  'config schema': { summary: 'Print the JSON Schema of weighbridge.yaml', load: async () => (await import('./config.ts')).schema },
  'eval run': { summary: 'Replay probe suites against targets and grade the answers', load: async () => (await import('./eval.ts')).run },
  'eval report': { summary: 'Show an eval run: per target, with intervals', load: async () => (await import('./eval.ts')).report },
  'eval grade': { summary: 'Grade recorded answers from a JSONL file', load: async () => (await import('./eval.ts')).grade },
  'routes show': { summary: 'Weights in force, and where each comes from', load: async () => (await import('./routes.ts')).show },
  'routes recommend': { summary: 'What the evidence says the weights should be', load: async () => (await import('./routes.ts')).recommend },
  'routes apply': { summary: 'Put the recommendation in force', load: async () => (await import('./routes.ts')).apply },
  'routes rollback': { summary: 'Go back to an earlier version', load: async () => (await import('./routes.ts')).rollback },
  'routes history': { summary: 'Published versions: who, when, why', load: async () => (await import('./routes.ts')).history },
  'prices show': { summary: 'What targets cost, and where each price comes from', load: async () => (await import('./prices.ts')).show },
  'prices diff': { summary: 'What another price list would change', load: async () => (await import('./prices.ts')).diff },
  'prices update': { summary: 'Fetch, check and take up a price list', load: async () => (await import('./prices.ts')).update },
  'prices backfill': { summary: 'Price stored attempts again whose cost was unknown', load: async () => (await import('./prices-backfill.ts')).backfill },
  models: { summary: 'Per target and task: cost, latency, failures, eval results', load: async () => (await import('./models.ts')).command },
  trace: { summary: 'One call with its attempts, costs and decision', load: async () => (await import('./trace.ts')).command },
  status: { summary: 'How each target stands, where traffic goes, what is drained', load: async () => (await import('./status.ts')).command },
  drain: { summary: 'Take a target or a provider out of traffic for a while', load: async () => (await import('./drain.ts')).command },
  undrain: { summary: 'Put a target or a provider back into traffic', load: async () => (await import('./undrain.ts')).command },
  'keys create': { summary: 'Make a key', load: async () => (await import('./keys.ts')).create },
  'keys list': { summary: 'List keys', load: async () => (await import('./keys.ts')).list },
  'keys revoke': { summary: 'Revoke a key', load: async () => (await import('./keys.ts')).revoke },
  'dashboards build': { summary: 'Write the Grafana dashboards as JSON', load: async () => (await import('./dashboards.ts')).build },
  secrets: { summary: "Make a deployment's secrets on first start", load: async () => (await import('./secrets.ts')).command },
}
