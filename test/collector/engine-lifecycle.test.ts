// The embedded engine as a process: real starts, real kills, real locks. Each test has an engine of its own.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { afterEach, describe, expect, test } from 'vitest'
import { engineLibrary, thisMachine } from '../../collector/engine/engine-library.ts'
import { startEngine, type EngineOptions, type RunningEngine } from '../../collector/engine/start-engine.ts'
import { createClickHouse, type ClickHouse, type ClickHouseAddress } from '../../store/clickhouse/clickhouse.ts'
import { clickhouseMissing } from '../support/database.ts'
import { eventually } from '../support/eventually.ts'

const log = pino({ level: 'silent' })
const closers: (() => Promise<unknown>)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'weighbridge-lifecycle-'))
  closers.push(() => rm(path, { recursive: true, force: true, maxRetries: 5 }))
  return path
}

async function start(dataDir: string, options: Partial<EngineOptions> = {}): Promise<RunningEngine> {
  const engine = await startEngine({ dataDir, httpPort: 0, log, ...options })
  closers.push(() => engine.stop())
  return engine
}

function open(address: ClickHouseAddress): ClickHouse {
  const clickhouse = createClickHouse(address)
  closers.push(() => clickhouse.close())
  return clickhouse
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    // Ended but not yet collected by init still has a number.
    return process.platform !== 'linux' || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

function pidOf(engine: RunningEngine): number {
  const pid = engine.pid()
  if (pid === undefined) throw new Error('the engine has no process')
  return pid
}

async function withRows(engine: RunningEngine): Promise<ClickHouse> {
  const migrator = open(engine.migrator)
  await migrator.createDatabase()
  await migrator.command('CREATE TABLE t (n UInt32) ENGINE = MergeTree ORDER BY n SETTINGS fsync_after_insert = 1')
  await migrator.insert('t', '{"n":1}\n{"n":2}', { token: 'a' })
  return migrator
}

// Not about a server of one's own, whose life is not ours.
describe.skipIf(clickhouseMissing() !== undefined || (process.env['CLICKHOUSE_URL'] ?? '') !== '')('the embedded engine', () => {
  test('what was stored is there after a stop and a new start in the same directory', async () => {
    const dataDir = await folder()
    const first = await start(dataDir)
    await withRows(first)
    const pid = pidOf(first)
    await first.stop()
    expect(isAlive(pid)).toBe(false)
    const second = await start(dataDir)
    expect(await open(second.reader).rows('SELECT sum(n) AS total FROM t')).toEqual([{ total: '3' }])
  })

  test('killed, it is started again on the same port with the same accounts and everything it had stored', async () => {
    const engine = await start(await folder())
    const migrator = await withRows(engine)
    const pid = pidOf(engine)
    process.kill(pid, 'SIGKILL')
    await eventually(() => engine.restarts() === 1)
    expect(engine.pid()).not.toBe(pid)
    expect(await migrator.rows('SELECT sum(n) AS total FROM t')).toEqual([{ total: '3' }])
    expect(await open(engine.writer).ping()).toBe(engine.version)
  })

  test('one that keeps dying is given up, and the owner is told once', async () => {
    const engine = await start(await folder(), { maxRestarts: 1 })
    const told: string[] = []
    engine.onExit((error) => told.push(error.code))
    process.kill(pidOf(engine), 'SIGKILL')
    await eventually(() => engine.restarts() === 1)
    process.kill(pidOf(engine), 'SIGKILL')
    await eventually(() => told.length > 0)
    expect(told).toEqual(['engine_failed'])
    expect(engine.pid()).toBeUndefined()
    await engine.stop()
    expect(told).toHaveLength(1)
  })

  test('a stop tells nobody and leaves no process and no password behind', async () => {
    const dataDir = await folder()
    const engine = await start(dataDir)
    const told: unknown[] = []
    engine.onExit((error) => told.push(error))
    const pid = pidOf(engine)
    await Promise.all([engine.stop(), engine.stop()])
    expect(isAlive(pid)).toBe(false)
    expect(told).toEqual([])
    expect((await readdir(dataDir)).filter((name) => name.startsWith('config-'))).toEqual([])
  })

  test('its parent killed, it is gone within moments, and the directory can be taken over at once', async () => {
    const dataDir = await folder()
    const parent = spawn(process.execPath, [fileURLToPath(new URL('../support/engine-parent.ts', import.meta.url)), dataDir], { stdio: ['ignore', 'pipe', 'inherit'] })
    closers.push(async () => parent.kill('SIGKILL'))
    const [line] = await once(createInterface({ input: parent.stdout }), 'line')
    const { pid } = JSON.parse(String(line)) as { pid: number }
    expect(isAlive(pid)).toBe(true)
    parent.kill('SIGKILL')
    const successor = await start(dataDir)
    await eventually(() => !isAlive(pid), 2_000)
    expect((await readdir(dataDir)).filter((name) => name.startsWith('config-'))).toHaveLength(1)
    expect(await open(successor.reader).rows('SELECT 1 AS one').catch((error: { details: unknown }) => error.details)).toMatchObject({ code: 81 })
  })

  test('a second engine on the same directory is refused as data_dir_locked and leaves the first unharmed', async () => {
    const dataDir = await folder()
    const first = await start(dataDir)
    await withRows(first)
    await expect(startEngine({ dataDir, httpPort: 0, log })).rejects.toMatchObject({ code: 'data_dir_locked', message: expect.stringContaining(dataDir) })
    // The writer's password is random per start: it still works only if the second start left users.xml alone.
    expect(await open(first.writer).rows('SELECT sum(n) AS total FROM t')).toEqual([{ total: '3' }])
    expect(first.restarts()).toBe(0)
  })

  test('a port that something else listens on is refused as port_taken, naming it', async () => {
    const stranger = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nOk.\n'))
    stranger.listen(0, '127.0.0.1')
    await once(stranger, 'listening')
    closers.push(async () => stranger.close())
    const address = stranger.address()
    if (address === null || typeof address === 'string') throw new Error('no port')
    await expect(startEngine({ dataDir: await folder(), httpPort: address.port, log })).rejects.toMatchObject({ code: 'port_taken', message: expect.stringContaining(String(address.port)) })
  })

  test("another engine's answer on the port does not count as ours", async () => {
    const other = await start(await folder())
    await expect(startEngine({ dataDir: await folder(), httpPort: other.port, log })).rejects.toMatchObject({ code: 'port_taken' })
    expect(other.restarts()).toBe(0)
  })

  test('a library that cannot be loaded is engine_failed with what the loader said', async () => {
    await expect(startEngine({ dataDir: await folder(), httpPort: 0, log, library: '/nonexistent/libchdb.so' })).rejects.toMatchObject({ code: 'engine_failed', message: expect.stringContaining('nonexistent') })
  })

  test('the files with passwords are readable by their owner alone', async () => {
    const dataDir = await folder()
    await start(dataDir)
    const [name] = (await readdir(dataDir)).filter((entry) => entry.startsWith('config-'))
    if (name === undefined) throw new Error('no configuration folder')
    expect((await stat(join(dataDir, name))).mode & 0o777).toBe(0o700)
    for (const file of ['config.xml', 'users.xml']) expect((await stat(join(dataDir, name, file))).mode & 0o777).toBe(0o600)
  })
})

describe('the library for a machine', () => {
  test.each([
    ['Windows', { platform: 'win32', arch: 'x64', glibc: undefined }, 'win32-x64'],
    ['musl', { platform: 'linux', arch: 'x64', glibc: undefined }, 'musl'],
    ['an unknown processor', { platform: 'linux', arch: 'riscv64', glibc: '2.41' }, 'linux-riscv64'],
  ])('%s is refused as engine_unsupported, naming CLICKHOUSE_URL', (_name, machine, words) => {
    expect(() => engineLibrary(machine)).toThrowError(expect.objectContaining({ code: 'engine_unsupported', message: expect.stringContaining(words), remedy: expect.stringContaining('CLICKHOUSE_URL') }))
  })

  test('a supported machine without the optional package is told to install it', () => {
    const other = thisMachine().platform === 'darwin' ? { platform: 'linux', arch: 'x64', glibc: '2.41' } : { platform: 'darwin', arch: 'arm64', glibc: undefined }
    expect(() => engineLibrary(other)).toThrowError(expect.objectContaining({ code: 'engine_unsupported', message: expect.stringContaining('not installed'), remedy: expect.stringContaining('CLICKHOUSE_URL') }))
  })
})
