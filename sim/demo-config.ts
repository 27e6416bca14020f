// The demo's weighbridge.yaml: four simulated targets at three simulated providers, the five built-in tasks on routes that
// look reasonable and that the evidence will want to change. Pure: an address in, text out.
import { DEMO_MODELS, type ModelProfile } from './profiles.ts'

/** What the demo calls the provider and the target of a simulated model. */
export const providerName = (profile: Pick<ModelProfile, 'provider'>): string => `sim-${profile.provider}`
export const targetName = (profile: Pick<ModelProfile, 'name'>): string => `${profile.name}-sim`

/** The text of the demo's configuration for simulated providers at `simUrl` (without a trailing slash). */
export function demoConfig(simUrl: string): string {
  const providers = [...new Set(DEMO_MODELS.map((profile) => profile.provider))]
  return `# The demo: every provider here is simulated and every answer invented. Nothing in this file costs anything.
# Rates of the simulated models follow published figures where there are any; sim/profiles.ts names each source.
# Prices are those of the real models in USD per million tokens, so that the dollars mean something.

providers:
${providers.map((provider) => `  sim-${provider}: { base_url: "${simUrl}/${provider}/v1", simulated: true }`).join('\n')}

targets:
${DEMO_MODELS.map(targetLines).join('\n')}

# Where a call goes on when a target fails. max_cost_per_1k: blended USD per 1,000 tokens of the request at hand; a short
# question with a long answer costs almost the output price, so these stand a third above it and bite when a price rises.
chains:
  default:
    - { target: kimi-k2.6-sim, max_cost_per_1k: 0.0054 }
    - { target: gpt-5.4-sim, max_cost_per_1k: 0.02 }
    - { target: gpt-5.5-sim, max_cost_per_1k: 0.04 }
    - { target: claude-opus-4.7-sim, max_cost_per_1k: 0.034 }
  high_accuracy:
    - { target: claude-opus-4.7-sim, max_cost_per_1k: 0.034 }
    - { target: gpt-5.5-sim, max_cost_per_1k: 0.04 }
    - { target: gpt-5.4-sim }
    - { target: kimi-k2.6-sim }

# Starting weights as a careful person might choose them without evidence: the newest, dearest name for what matters.
tasks:
  simple_qa:
    description: Short everyday questions
    route: { gpt-5.4-sim: 0.7, kimi-k2.6-sim: 0.2, gpt-5.5-sim: 0.1 }
    chain: default
    value_per_answer_usd: 0.01
  factual_recall:
    description: Facts that must be right
    route: { gpt-5.5-sim: 0.8, claude-opus-4.7-sim: 0.2 }
    chain: high_accuracy
    value_per_answer_usd: 0.20
  code_generation:
    description: Writing and changing code
    route: { gpt-5.5-sim: 0.6, claude-opus-4.7-sim: 0.4 }
    chain: high_accuracy
    value_per_answer_usd: 0.20
  long_context:
    description: Questions about long documents
    route: { gpt-5.4-sim: 0.6, kimi-k2.6-sim: 0.4 }
    chain: default
  agent_tasks:
    description: Several steps with tools
    route: { gpt-5.5-sim: 0.7, gpt-5.4-sim: 0.3 }
    chain: high_accuracy
    value_per_answer_usd: 0.20

# What each probe suite says about which task, and how much. Tasks that no suite informs keep their weights.
suites:
  nonsense: { path: "builtin:nonsense", informs: { agent_tasks: 1, simple_qa: 0.5, factual_recall: 0.5 } }
  factual: { path: "builtin:factual", informs: { factual_recall: 1, simple_qa: 0.5 } }

learning:
  mode: review

evals:
  concurrency: 8
`
}

function targetLines(profile: ModelProfile): string {
  const { input, cacheRead, output } = profile.price.value
  return `  ${targetName(profile)}:
    provider: ${providerName(profile)}
    model: ${profile.name}
    price: { input: ${input}, cache_read: ${cacheRead}, output: ${output} }
    context_window: ${profile.contextWindow.value}`
}
