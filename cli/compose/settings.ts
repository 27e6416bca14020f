// Where a command finds its configuration and its data: the file, the environment's overrides, and a holder that takes up a
// changed file by itself and keeps the last good one when the new one is wrong.
import { accessSync, constants, mkdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Logger } from 'pino'
import { parseConfig, type Config, type Environment } from '../../core/config.ts'
import { asWeighbridgeError, WeighbridgeError } from '../../core/errors.ts'
import type { PriceBook } from '../../core/prices.ts'
import type { Arguments, Terminal } from '../command.ts'

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
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    throw new WeighbridgeError('config_missing', `There is no configuration at ${path}`, { cause })
  }
  return parseConfig(text, env, prices)
}

/** A configuration that follows its file. */
export type ConfigHolder = {
  current(): Config
  /** Calls back after each accepted change. */
  subscribe(changed: (config: Config) => void): () => void
  /** Why the file as it stands is not in force; `undefined` when it is. */
  rejected(): string | undefined
  close(): void
}

const POLL_MS = 500

/** Follows the file by its modification time and size; a faulty new version is logged once and the old one stays. */
export function followConfig(path: string, env: Environment, prices: PriceBook, log: Logger): ConfigHolder {
  let config = loadConfig(path, env, prices)
  let stamp = stampOf(path)
  let rejected: string | undefined
  const subscribers = new Set<(config: Config) => void>()
  const timer = setInterval(() => {
    const now = stampOf(path)
    if (now === stamp || now === '') return
    stamp = now
    try {
      config = loadConfig(path, env, prices)
      rejected = undefined
      log.info({ configHash: config.hash }, 'configuration reloaded')
      for (const warning of config.warnings) log.warn(warning)
      for (const changed of subscribers) changed(config)
    } catch (thrown) {
      rejected = asWeighbridgeError(thrown).message
      log.error({ reason: rejected }, 'the changed configuration is faulty; the last good one stays in force')
    }
  }, POLL_MS)
  timer.unref()
  return {
    current: () => config,
    subscribe: (changed) => {
      subscribers.add(changed)
      return () => void subscribers.delete(changed)
    },
    rejected: () => rejected,
    close: () => clearInterval(timer),
  }
}

function stampOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat === undefined ? '' : `${stat.mtimeMs}:${stat.size}:${stat.ino}`
}

function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}
