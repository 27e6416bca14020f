// Where a command finds its configuration and its data: the file, the environment's overrides, and a holder that takes up a
// changed file by itself and keeps the last good one when the new one is wrong.
import { accessSync, constants, mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Logger } from 'pino'
import { readConfigFile, resolveConfig, type Config, type Environment, type Target } from '../../core/config.ts'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import type { PriceNotice } from '../../core/operations.ts'
import { createPriceDrift, type DriftSignal } from '../../core/price-drift.ts'
import { nextChangeMs } from '../../core/price-schedule.ts'
import { BY_THE_CLOCK, createPriceWatch } from '../../core/price-watch.ts'
import type { PriceBook } from '../../core/prices.ts'
import { systemClock, type Clock } from '../../core/seams.ts'
import type { Arguments, Terminal } from '../command.ts'
import { addressAdvice } from '../config/address-advice.ts'
import { checkSchedule } from './schedule.ts'

export const CONFIG_NAME = 'weighbridge.yaml'
export const DATA_NAME = '.weighbridge'
export const DEMO_DATA_NAME = '.weighbridge-demo'

/** A configuration file with where it stands. */
export type Settings = { readonly configPath: string; readonly configDir: string; readonly dataDir: string; readonly demo: boolean }

/**
 * Decides which configuration and data directory a command means: `--config`, else ./weighbridge.yaml, else the demo's.
 * `demo` is true when the data directory is the demo's own; the file may not exist then yet.
 */
export function locate(terminal: Terminal, args: Arguments, wantDemo?: boolean): Settings {
  const given = args.text('config') ?? terminal.env['WEIGHBRIDGE_CONFIG']
  const local = resolve(terminal.cwd, CONFIG_NAME)
  const demo = wantDemo ?? (given === undefined && !exists(local))
  const dataDir = resolve(terminal.cwd, args.text('data') ?? terminal.env['WEIGHBRIDGE_DATA'] ?? (demo ? DEMO_DATA_NAME : DATA_NAME))
  const configPath = given !== undefined ? resolve(terminal.cwd, given) : demo ? resolve(dataDir, CONFIG_NAME) : local
  return { configPath, configDir: dirname(configPath), dataDir, demo }
}

/** Makes the data directory, for its owner only. Throws `usage` when it cannot be made or written. */
export function makeDataDir(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    accessSync(dataDir, constants.W_OK | constants.X_OK)
  } catch (cause) {
    throw new WeighbridgeError('usage', `The data directory ${dataDir} cannot be written: ${asWeighbridgeError(cause).message}`, { cause, remedy: 'Choose another with --data DIR, or correct its permissions.' })
  }
}

/** Reads and resolves the configuration. Throws `config_missing` or `config_invalid`. */
export function loadConfig(path: string, env: Environment, prices: PriceBook): Config {
  return advisedConfig(readConfigText(path), env, prices)
}

/** Resolves the text of a configuration; its warnings include what its addresses cannot mean. Throws `config_invalid`. */
export function advisedConfig(text: string, env: Environment, prices: PriceBook): Config {
  const file = readConfigFile(text)
  const config = resolveConfig(file, env, prices)
  checkSchedule(config.settings.evals)
  return { ...config, warnings: [...config.warnings, ...addressAdvice(file)] }
}

/** The text of a configuration file. Throws `config_missing`. */
export function readConfigText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new WeighbridgeError('config_missing', `There is no configuration at ${path}`, { cause })
  }
}

/** A configuration that follows its file, the price list of its data directory, and the clock where prices change by themselves. */
export type ConfigHolder = {
  current(): Config
  /** Calls back after each accepted change, prices included. */
  subscribe(changed: (config: Config) => void): () => void
  /** Why the file as it stands is not in force; `undefined` when it is. */
  rejected(): string | undefined
  /** Price changes noticed since the start: the last twenty, newest first. */
  priceNotices(): readonly PriceNotice[]
  /** Takes note of what a provider reported for an attempt, beside what our price makes of the same usage. */
  costSeen(target: Target, reportedUsd: number, pricedUsd: number): void
  close(): void
}

/** Prices that may change while the process runs; `refresh` says whether they may have. */
export type FollowablePrices = PriceBook & { refresh?(): boolean; fault?(): string | undefined }

const POLL_MS = 500

/**
 * Follows the file by its modification time and size; a faulty new version is logged once and the old one stays. Prices are
 * resolved again when the price list changes and at every effective date and time of day at which a target's price changes;
 * what changed, and which chain links exceed their ceilings since, is logged at once and kept.
 */
export function followConfig(path: string, env: Environment, prices: FollowablePrices, log: Logger, options: { readonly clock?: Clock; readonly pollMs?: number } = {}): ConfigHolder {
  const clock = options.clock ?? systemClock
  const watch = createPriceWatch()
  const drift = createPriceDrift()
  let text = readConfigText(path)
  const resolve = (from: string): Config => {
    const config = advisedConfig(from, env, prices)
    const fault = prices.fault?.()
    return fault === undefined ? config : { ...config, warnings: [...config.warnings, `the kept price list is not usable, the prices before it stay in force: ${fault}`] }
  }
  let config = resolve(text)
  let stamp = stampOf(path)
  let boundaryMs = nextPriceChange(config, clock.nowMs())
  let rejected: string | undefined
  const subscribers = new Set<(config: Config) => void>()

  const accept = (next: Config, cause: string): void => {
    const now = clock.nowMs()
    const notices = watch.note(config, next, cause, now)
    config = next
    boundaryMs = nextPriceChange(config, now)
    for (const { target, before, after, over } of notices) log.warn({ target, before, after, cause, over }, `the price of ${target} changed${over.length === 0 ? '' : ': chain links now exceed their ceilings'}`)
    for (const changed of subscribers) changed(config)
  }
  const look = (): void => {
    const now = stampOf(path)
    if (now !== stamp && now !== '') {
      stamp = now
      try {
        const newText = readConfigText(path)
        prices.refresh?.()
        accept(resolve(newText), 'configuration')
        text = newText
        rejected = undefined
        log.info({ configHash: config.hash }, 'configuration reloaded')
        for (const warning of config.warnings) log.warn(warning)
      } catch (thrown) {
        rejected = asWeighbridgeError(thrown).message
        log.error({ reason: rejected }, 'the changed configuration is faulty; the last good one stays in force')
      }
      return
    }
    const cause = prices.refresh?.() === true ? 'price list' : clock.nowMs() >= boundaryMs ? BY_THE_CLOCK : undefined
    if (cause === undefined) return
    const fault = prices.fault?.()
    if (fault !== undefined) log.error({ reason: fault }, 'the changed price list is faulty; the last good prices stay in force')
    // The text was good when it was taken up, and prices cannot make it faulty: even so nothing here may end the process.
    try {
      accept(resolve(text), cause)
    } catch (thrown) {
      log.error({ reason: asWeighbridgeError(thrown).message }, 'the new prices could not be taken up; the last good ones stay in force')
    }
  }
  const timer = setInterval(look, options.pollMs ?? POLL_MS)
  timer.unref()
  return {
    current: () => config,
    subscribe: (changed) => {
      subscribers.add(changed)
      return () => void subscribers.delete(changed)
    },
    rejected: () => rejected,
    priceNotices: () => watch.recent(),
    costSeen(target, reportedUsd, pricedUsd) {
      const signal = drift.note(target, reportedUsd, pricedUsd)
      if (signal === undefined) return
      watch.add(driftNotice(signal, clock.nowMs()))
      log.warn(signal, `${signal.target}: its provider reports other costs than our price makes of the same usage, ${signal.calls} calls running; set a price for it, or update the price list`)
    },
    close: () => clearInterval(timer),
  }
}

/** When the first of the targets' prices changes by itself; Infinity: never. */
function nextPriceChange(config: Config, nowMs: number): number {
  return Math.min(Infinity, ...[...config.targets.values()].map((target) => (target.price === undefined ? Infinity : nextChangeMs(target.price, nowMs))))
}

function driftNotice({ target, calls, reportedUsd, pricedUsd }: DriftSignal, nowMs: number): PriceNotice {
  const sum = (usd: number): string => `$${Number(usd.toPrecision(6))} for ${calls} calls`
  return { target, at: Math.round(nowMs), cause: 'cost reported by the provider', before: `${sum(pricedUsd)} at our price`, after: `${sum(reportedUsd)} reported`, over: [] }
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.mtimeMs}:${stat.size}:${stat.ino}`
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}
