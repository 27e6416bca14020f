// What keeps a check from the rest of the machine, as far as this machine can: namespaces, a read-only file system and limits on
// Linux, Node's permission model anywhere. Finds out once what works by trying it; never assumes.
import { spawn } from 'node:child_process'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Each wall that stands. `node` checks have the permission model besides: files of their own folder only, no processes. */
export type Walls = {
  /** No network but an unconnected loopback. */
  readonly network: boolean
  /** Nothing can be written outside the check's folder; everything the user may read can still be read. */
  readonly files: boolean
  /** No other process is seen or signalled, and none of its own outlives the check. */
  readonly processes: boolean
  /** Limits on memory, CPU time, size and number of open files. */
  readonly limits: boolean
}

/** Programs are looked for here alone, so that a check runs the same whatever the caller's PATH is. */
export const PROGRAM_PATH = '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin'

/**
 * Shell program that stands between the namespaces and the check. `$1`: the check's folder; the rest: what to run. It makes every
 * mount but that folder read-only, drops all capabilities for good, and says on descriptor 3 that the walls are up. The check is
 * the child of a shell, because the first process of a namespace takes no signals, those of its limits included.
 */
const BUILD_WALLS = `set -eu
box=$1; shift
mount --bind "$box" "$box"
while read -r _ _ _ _ point options _; do
  at=$(printf '%b' "$point")
  if [ "$at" != "$box" ]; then mount -o "remount,bind,ro\${options#r?}" "$at" 2>/dev/null || case "$at" in /proc|/proc/*|/sys|/sys/*|/dev|/dev/*) ;; *) exit 1 ;; esac; fi
done < /proc/self/mountinfo
cd "$box"
echo up >&3
exec 3>&-
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all sh -c '"$@"; exit $?' sh "$@"`

const NAMESPACES = ['--map-root-user', '--mount', '--net', '--ipc', '--uts', '--pid', '--fork', '--kill-child', '--mount-proc'] as const

/** Bounds of one check. */
export type Limits = { readonly memoryMb: number; readonly cpuSeconds: number }

/** Longest that a trial of the walls may take; a machine too slow for it is taken to have none. */
const TRIAL_MS = 20_000
const MOST_FILE_BYTES = 64 * 1024 * 1024
const MOST_OPEN_FILES = 256
/** Address space that V8 reserves as data before it runs a line (Node 26: 560 MiB is too little, 600 enough). */
const NODE_RESERVE_MB = 768

/** The command line that runs `argv` in `box` behind the walls there are. `marked`: it says `up` on descriptor 3 first. */
export function behindWalls(walls: Walls, box: string, argv: readonly string[], limits: Limits, isNode: boolean): { readonly argv: readonly string[]; readonly marked: boolean } {
  const bounded = walls.limits
    ? ['prlimit', `--data=${(limits.memoryMb + (isNode ? NODE_RESERVE_MB : 0)) * 1024 * 1024}`, `--cpu=${limits.cpuSeconds}`, `--fsize=${MOST_FILE_BYTES}`, `--nofile=${MOST_OPEN_FILES}`, '--core=0', '--', ...argv]
    : argv
  if (!walls.processes) return { argv: bounded, marked: false }
  return { argv: ['unshare', ...NAMESPACES, '--', 'sh', '-c', BUILD_WALLS, 'sh', box, ...bounded], marked: true }
}

/** Tries each wall. Takes a few tenths of a second; the caller keeps the answer. */
export async function findWalls(): Promise<Walls> {
  const none: Walls = { network: false, files: false, processes: false, limits: false }
  if (process.platform !== 'linux') return none
  const box = await realpath(await mkdtemp(join(tmpdir(), 'weighbridge-walls-')))
  try {
    const limits: Limits = { memoryMb: 256, cpuSeconds: 10 }
    const limited: Walls = { ...none, limits: true }
    const hasLimits = await succeeds(behindWalls(limited, box, ['true'], limits, false).argv, box)
    const all: Walls = { network: true, files: true, processes: true, limits: hasLimits }
    // The walls are believed only when something runs into them: writing beside the folder must fail, writing inside must not.
    const attempt = 'touch inside || exit 1; if touch "$1/outside" 2>/dev/null; then exit 2; fi; [ "$(ls -d /proc/[0-9]* | wc -l)" -lt 8 ]'
    const outside = await mkdtemp(join(tmpdir(), 'weighbridge-outside-'))
    const stands = await succeeds(behindWalls(all, box, ['sh', '-c', attempt, 'sh', outside], limits, false).argv, box)
    await rm(outside, { recursive: true, force: true })
    return stands ? all : hasLimits ? limited : none
  } finally {
    await rm(box, { recursive: true, force: true })
  }
}

/** One sentence on what stands between a check and the machine. */
export function wallsInWords({ network, files, processes, limits }: Walls): string {
  const has = [network ? 'no network' : '', files ? 'no writing outside its own folder' : '', processes ? 'no other processes' : '', limits ? 'limited memory and CPU time' : ''].filter((part) => part !== '')
  const lacks = [network ? '' : 'the network', files ? '' : 'writing your files', processes ? '' : 'your processes', limits ? '' : 'memory'].filter((part) => part !== '')
  return `Checks run with ${has.length === 0 ? 'a time limit only' : has.join(', ')}${lacks.length === 0 ? '' : `; nothing here keeps them from ${lacks.join(', ')}`}.`
}

function succeeds(argv: readonly string[], cwd: string): Promise<boolean> {
  const [program = '', ...rest] = argv
  return new Promise((resolve) => {
    const child = spawn(program, rest, { cwd, env: { PATH: PROGRAM_PATH }, stdio: ['ignore', 'ignore', 'ignore', 'pipe'], timeout: TRIAL_MS, killSignal: 'SIGKILL' })
    child.stdio[3]?.on('data', () => undefined)
    child.once('error', () => resolve(false))
    child.once('exit', (code) => resolve(code === 0))
  })
}
