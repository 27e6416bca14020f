// Builds the peer: otelcol/ is copied to a folder outside the repository and compiled there by the machine's own Go, which fetches
// the pinned modules as its environment says.
import { execFile } from 'node:child_process'
import { access, copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const SOURCE = join(import.meta.dirname, 'otelcol')

/** What `go version` says; `undefined` without a Go toolchain. */
export async function goVersion(): Promise<string | undefined> {
  return run('go', ['version']).then(({ stdout }) => stdout.trim(), () => undefined)
}

/** Puts the collector at `binary`, unless it is there already. Takes some minutes and a gigabyte of Go's caches the first time. */
export async function buildPeer(binary: string): Promise<void> {
  if (await access(binary).then(() => true, () => false)) return
  const dir = await mkdtemp(join(tmpdir(), 'otelcol-build-'))
  try {
    for (const name of ['go.mod', 'main.go']) await copyFile(join(SOURCE, name), join(dir, name))
    // -mod=mod: adds what the pins need to the copy, without the tests of every module as `go mod tidy` would.
    await run('go', ['build', '-mod=mod', '-trimpath', '-ldflags', '-s -w', '-o', resolve(binary), '.'], { cwd: dir, maxBuffer: 1 << 26 })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
