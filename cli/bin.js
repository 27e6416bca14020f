#!/usr/bin/env node
// The published command. Many machines still have an older Node than the product needs, so this plain script, which any
// Node runs, starts cli/main.ts under the Node that the package brings. It must not use anything newer than Node 18.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NEEDED_MAJOR = 26
const main = join(dirname(fileURLToPath(import.meta.url)), 'main.ts')

function bundledNode() {
  const require = createRequire(import.meta.url)
  for (const name of [`node-${process.platform}-${process.arch}`, `node-bin-${process.platform}-${process.arch}`]) {
    try {
      const path = join(dirname(require.resolve(`${name}/package.json`)), 'bin', 'node')
      if (existsSync(path)) return path
    } catch {
      // Not installed for this platform: try the next name.
    }
  }
  return undefined
}

const own = Number(process.versions.node.split('.')[0]) >= NEEDED_MAJOR
const node = own ? process.execPath : bundledNode()
if (node === undefined) {
  console.error(`weighbridge needs Node ${NEEDED_MAJOR} and found ${process.version}; no bundled Node fits ${process.platform}-${process.arch}. Install Node ${NEEDED_MAJOR} and try again.`)
  process.exit(4)
}
const child = spawn(node, ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)], { stdio: 'inherit' })
// A terminal's Ctrl-C reaches the child by itself; this process only stays to report how it ended.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 4) : 128 + (signal === 'SIGINT' ? 2 : 15)))
