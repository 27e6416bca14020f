// What the program itself puts into, and clears out of, the engine's directory: configuration and leftovers of earlier runs.
// It must not disturb an engine that holds the directory at that moment.
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { engineConfigXml, engineUsersXml, type EngineConfig } from './engine-config.ts'

const CONFIG_PREFIX = 'config-'

/** Writes both files, readable by the owner alone, and gives their folder. Each start has its own: the engine rereads users.xml when it changes, and a second start must not change it for the first. */
export async function writeConfig(config: EngineConfig): Promise<string> {
  const configDirectory = join(config.directory, `${CONFIG_PREFIX}${randomBytes(6).toString('hex')}`)
  await mkdir(config.directory, { recursive: true, mode: 0o700 })
  await mkdir(configDirectory, { mode: 0o700 })
  await writeFile(join(configDirectory, 'config.xml'), engineConfigXml(config, join(configDirectory, 'users.xml')), { mode: 0o600 })
  await writeFile(join(configDirectory, 'users.xml'), engineUsersXml(config), { mode: 0o600 })
  return configDirectory
}

/** Called once the directory's lock is ours: what other starts left behind is nobody's. */
export async function removeOldConfigs(directory: string, current: string): Promise<void> {
  for (const entry of await readdir(directory)) {
    const path = join(directory, entry)
    if (entry.startsWith(CONFIG_PREFIX) && path !== current) await rm(path, { recursive: true, force: true })
  }
}

/** The query log is in memory; the shell of it that an earlier run left behind can keep the engine from starting. */
export async function removeSystemTables(directory: string): Promise<void> {
  const status = await readFile(join(directory, 'status'), 'utf8').catch(() => '')
  const owner = Number(/^PID: (\d+)/m.exec(status)?.[1] ?? 0)
  // A living owner's files are left alone; the start that follows will find the lock.
  if (owner > 0 && (await isEngineOf(owner, directory))) return
  await rm(join(directory, 'data', 'system'), { recursive: true, force: true })
}

/** Process numbers are used again, soon so in containers: where /proc tells, the command line must name the directory. */
async function isEngineOf(pid: number, directory: string): Promise<boolean> {
  if (process.platform === 'linux') {
    const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return commandLine.split('\0').includes(directory)
  }
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
