// The text of a first weighbridge.yaml from the providers found: priced targets, a cheap-first and a strong-first chain, the
// five built-in tasks. Pure. Every number that is a guess says so in a comment, because the file is the reader's to change.
import { BUILT_IN_TASKS } from '../../core/config.ts'
import type { Wire } from '../../core/model-request.ts'
import { blendedPer1k, costOf, type TargetPrice } from '../../core/prices.ts'
import { usageOf } from '../../core/usage.ts'

export type FoundTarget = {
  readonly name: string
  readonly model: string
  /** Embedding targets stand in no chain and no route. */
  readonly kind: 'chat' | 'embedding'
  /** `undefined`: unknown to the price book; the file then asks for a price. */
  readonly price: TargetPrice | undefined
  /** Whether the price has to be written into the file, because the book does not have it at this address. */
  readonly writePrice: boolean
}

export type FoundProvider = {
  readonly name: string
  readonly api: Wire
  readonly baseUrl: string
  /** `undefined`: the provider takes no key. */
  readonly keyVariable: string | undefined
  readonly targets: readonly FoundTarget[]
}

/**
 * Headroom of a written ceiling over today's output price, which a short question with a long answer all but reaches: no
 * request is over it today, and a rise beyond it makes the router look for a cheaper link.
 */
const CEILING_HEADROOM = 1.3

/** Which chain each built-in task starts on, until evidence says otherwise. */
const STARTS: Record<(typeof BUILT_IN_TASKS)[number], { chain: 'default' | 'high_accuracy'; about: string }> = {
  simple_qa: { chain: 'default', about: 'short questions with short answers' },
  code_generation: { chain: 'high_accuracy', about: 'writing and changing code' },
  factual_recall: { chain: 'high_accuracy', about: 'facts that must be right' },
  long_context: { chain: 'default', about: 'long documents' },
  agent_tasks: { chain: 'high_accuracy', about: 'many steps with tools' },
}

/** Writes the file. Chat targets of all providers are ordered by blended price; unpriced ones come last. Without any there are no chains. */
export function writeConfig(providers: readonly FoundProvider[]): string {
  const targets = providers.flatMap((provider) => provider.targets.map((target) => ({ ...target, provider })))
  const ranked = targets.filter((target) => target.kind === 'chat').sort((a, b) => (typicalPer1k(a.price) ?? Infinity) - (typicalPer1k(b.price) ?? Infinity))
  const lines: string[] = [
    '# Weighbridge: what a person intends. What the evidence says inside it stands in route-table.json.',
    '# `npx weighbridge config check` checks this file; `npx weighbridge config schema` prints its schema for editors.',
    '',
    'providers:',
  ]
  for (const provider of providers) {
    lines.push(`  ${provider.name}:`, `    api: ${provider.api}`, `    base_url: ${quoted(provider.baseUrl)}`)
    if (provider.keyVariable !== undefined) lines.push(`    api_key: \${${provider.keyVariable}}`)
  }
  lines.push('', '# A target is provider + model + reasoning effort. Prices are USD per million tokens; where none stands here the price book has it.', 'targets:')
  for (const target of targets) {
    lines.push(`  ${quoted(target.name)}:`, `    provider: ${target.provider.name}`, `    model: ${quoted(target.model)}`)
    if (target.kind === 'embedding') lines.push('    kind: embedding')
    const tier = target.price?.tiers[0]
    if (target.writePrice && tier !== undefined) lines.push(`    price: { input: ${tier.input}, ${tier.cacheRead === undefined ? '' : `cache_read: ${tier.cacheRead}, `}output: ${tier.output} }`)
    else if (tier !== undefined) lines.push(`    # price book: input ${tier.input}, output ${tier.output}`)
    else lines.push('    # The price book does not know this model. Without a price its calls are counted as unpriced and it passes no ceiling:', '    # price: { input: 1.0, output: 4.0 }')
  }
  if (ranked.length === 0) return [...lines, '', '# No chat model was found: /v1/embeddings is served. Chains and tasks come with the first chat target.', ''].join('\n')
  const chain = (members: typeof ranked): string[] =>
    members.map((target) => {
      const tier = target.price?.tiers[0]
      const highest = tier === undefined ? 0 : Math.max(tier.input, tier.output) / 1000
      return `    - { target: ${quoted(target.name)}${highest === 0 ? '' : `, max_cost_per_1k: ${roundUp(highest * CEILING_HEADROOM)}`} }`
    })
  lines.push(
    '',
    '# Where a call goes on when a target fails, in this order. max_cost_per_1k is in blended USD per 1,000 tokens of the request at hand;',
    `# these are ${CEILING_HEADROOM} times today's output price, so that no request is over them until a price rises.`,
    'chains:',
    '  default:',
    ...chain(ranked),
    '  high_accuracy:',
    ...chain([...ranked].reverse()),
    '',
    '# Starting weights are a guess: the dearest target for work that must be right, the cheapest for the rest. Evals replace the guess.',
    'tasks:',
  )
  const cheapest = ranked[0]
  const dearest = ranked.findLast((target) => target.price !== undefined) ?? cheapest
  for (const task of BUILT_IN_TASKS) {
    const start = STARTS[task]
    const first = start.chain === 'default' ? cheapest : dearest
    lines.push(`  ${task}:`, `    description: ${start.about}`, `    route: { ${quoted(first?.name ?? '')}: 1 }`, `    chain: ${start.chain}`)
  }
  lines.push(
    '',
    '# What each probe suite says about which task, and how much.',
    'suites:',
    '  nonsense: { path: builtin:nonsense, informs: { simple_qa: 0.5, agent_tasks: 0.5, factual_recall: 0.5 } }',
    '  factual: { path: builtin:factual, informs: { factual_recall: 1, simple_qa: 1 } }',
    '',
    'learning:',
    '  mode: review   # observe: only watch; review: recommend, a person applies',
    '',
    'evals:',
    '  # Evals on real targets spend money: nothing runs without this or --budget-usd.',
    '  # budget_usd: 1.00',
    '  concurrency: 8',
    '',
  )
  return lines.join('\n')
}

/** Blended dollars per 1,000 tokens of a typical request: three tokens in for one out. */
function typicalPer1k(price: TargetPrice | undefined): number | undefined {
  const cost = costOf(usageOf({ inputTotal: 750, outputTotal: 250 }), price)
  return cost === undefined ? undefined : blendedPer1k(750, 250, cost)
}

/** Two significant digits, rounded up. */
function roundUp(value: number): number {
  if (value === 0) return 0
  const unit = 10 ** (Math.floor(Math.log10(value)) - 1)
  return Number((Math.ceil(value / unit) * unit).toPrecision(2))
}

function quoted(text: string): string {
  return /^[A-Za-z][A-Za-z0-9._/-]*$/.test(text) ? text : JSON.stringify(text)
}
