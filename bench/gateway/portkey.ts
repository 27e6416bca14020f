// Installs Portkey's gateway for the comparison, into a temporary folder and never into the project. Answers nothing when the
// registry cannot be reached: the bench then goes on without it and says so.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const VERSION = '1.15.2'
/** Its dependency range admits releases that its own code does not start with; this one it was published against. */
const NODE_SERVER = '1.13.8'
const INSTALL_MS = 120_000

/** The gateway's script, installed in `dir` unless it is there; `undefined` with the reason printed when it cannot be had. */
export async function installPortkey(dir: string): Promise<string | undefined> {
  const script = join(dir, 'node_modules/@portkey-ai/gateway/build/start-server.js')
  if (existsSync(script)) return script
  mkdirSync(dir, { recursive: true })
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies: { '@portkey-ai/gateway': VERSION }, overrides: { '@hono/node-server': NODE_SERVER } }))
  process.stderr.write(`installing @portkey-ai/gateway ${VERSION} from npm …\n`)
  const npm = spawn('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel', 'error'], { cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] })
  const timer = setTimeout(() => npm.kill(), INSTALL_MS)
  let complaint = ''
  npm.stderr.on('data', (chunk: Buffer) => (complaint = `${complaint}${chunk.toString()}`.slice(-2000)))
  const code = await once(npm, 'close').then(([exit]: unknown[]) => exit, () => 'npm is missing')
  clearTimeout(timer)
  if (code === 0 && existsSync(script)) return script
  process.stderr.write(`portkey is left out: npm could not install it (${String(code)}). ${/npm error (?!A complete log).*/.exec(complaint)?.[0] ?? ''}\n`)
  return undefined
}
