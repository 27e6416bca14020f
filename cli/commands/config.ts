// `weighbridge config check|schema`: is the file right, and what may stand in it.
import { configJsonSchema } from '../../core/config.ts'
import { priceBookIn } from '../../store/prices/kept-prices.ts'
import { EXIT, type Command } from '../command.ts'
import { loadConfig, locate } from '../compose/settings.ts'
import { table, usd } from '../output.ts'

export const check: Command = {
  name: 'config check',
  summary: 'Check weighbridge.yaml: faults, disabled providers, unpriced targets, addresses that cannot work.',
  options: { strict: { type: 'boolean', meaning: 'Fail on warnings as well (unset variables, dropped links, doubtful addresses)' } },
  run: async (terminal, args) => {
    const settings = locate(terminal, args)
    const config = loadConfig(settings.configPath, terminal.env, priceBookIn(settings.dataDir))
    const routed = new Set([...config.tasks.values()].flatMap((task) => [...task.route.keys(), ...task.chain.map((link) => link.target)]))
    const unpriced = [...config.targets.values()].filter((target) => routed.has(target.name) && target.price === undefined).map((target) => target.name)
    const ok = unpriced.length === 0 && !(args.flag('strict') && config.warnings.length > 0)
    if (args.flag('json')) {
      terminal.out(`${JSON.stringify({ ok, path: settings.configPath, hash: config.hash, warnings: config.warnings, unpriced })}\n`)
    } else {
      terminal.out(`${settings.configPath}: ${config.providers.size} provider(s), ${config.targets.size} target(s), ${config.tasks.size} task(s)\n\n`)
      const rows = [...config.targets.values()].map((target) => {
        const tier = target.price?.tiers[0]
        return [target.name, target.evidenceKey, usd(tier?.input), usd(tier?.output), target.price?.version ?? 'unpriced', target.provider.simulated ? 'simulated' : '']
      })
      terminal.out(table(['target', 'is', 'in /1M', 'out /1M', 'price from', ''], rows))
      for (const warning of config.warnings) terminal.out(`! ${warning}\n`)
      if (unpriced.length > 0) terminal.err(`weighbridge: routed without a price: ${unpriced.join(', ')}\n  → Give each a price in targets, or take it out of the route.\n`)
    }
    return ok ? EXIT.ok : EXIT.usage
  },
}

export const schema: Command = {
  name: 'config schema',
  summary: 'Print the JSON Schema of weighbridge.yaml.',
  run: async (terminal) => {
    terminal.out(`${JSON.stringify(configJsonSchema(), undefined, 2)}\n`)
    return EXIT.ok
  },
}
