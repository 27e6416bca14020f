// `doctor --live`: every enabled target is asked one short question, and what that can cost at most is said first.
import { z } from 'zod'
import type { Config, Target } from '../../core/config.ts'
import { costOf } from '../../core/prices.ts'
import { usageOf } from '../../core/usage.ts'
import type { RouterClient } from '../compose/router-client.ts'
import { duration, usd } from '../output.ts'
import type { Checks } from './check.ts'

const LIVE_OUTPUT_TOKENS = 16
const LIVE_QUESTION = 'Answer with one word: which planet do we live on?'

const liveAnswer = z.looseObject({ model: z.string(), usage: z.looseObject({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish() })

/** Calls each once, pinned, without failover; each is a check. */
export async function callTargets(config: Config, router: RouterClient, checks: Checks): Promise<void> {
  const targets = [...config.targets.values()]
  const most = targets.map((target) => worst(target))
  const unpriced = most.filter((cost) => cost === undefined).length
  const total = most.reduce<number>((sum, cost) => sum + (cost ?? 0), 0)
  checks.remark(`\n  Calling ${targets.length} target(s) once each: at most ${usd(total)} in all${unpriced > 0 ? `, and ${unpriced} unpriced` : ''}.\n`)
  for (const target of targets) {
    await checks.attempt(target.name, async () => {
      const started = performance.now()
      const answer = await router.post(
        '/v1/chat/completions',
        { model: target.name, max_tokens: LIVE_OUTPUT_TOKENS, messages: [{ role: 'user', content: LIVE_QUESTION }] },
        liveAnswer,
        { 'x-weighbridge-pin': target.name, 'x-weighbridge-purpose': 'eval', 'x-weighbridge-failover': 'off', 'x-weighbridge-tags': 'doctor=live' },
      )
      const usage = answer.usage ?? undefined
      const cost = usage === undefined ? undefined : costOf(usageOf({ inputTotal: usage.prompt_tokens, outputTotal: usage.completion_tokens }), target.price)
      return {
        value: undefined,
        said: `answered as ${answer.model} in ${duration(performance.now() - started)}, ${usage === undefined ? 'no usage' : `${usage.prompt_tokens}+${usage.completion_tokens} tokens`}, ${cost === undefined ? 'unpriced' : usd(cost)}${target.provider.simulated ? ' (simulated)' : ''}`,
      }
    })
  }
}

function worst(target: Target): number | undefined {
  return costOf(usageOf({ inputTotal: Buffer.byteLength(LIVE_QUESTION) + 16, outputTotal: LIVE_OUTPUT_TOKENS }), target.price)
}
