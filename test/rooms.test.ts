// The borders between the rooms, held by reading every import.
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: ['core'],
  store: ['store', 'core'],
  router: ['router', 'core', 'store'],
  collector: ['collector', 'core', 'store'],
  evals: ['evals', 'core', 'store'],
  dashboards: ['dashboards', 'core', 'store'],
  sim: ['sim', 'core', 'store'],
}

function sources(dir: string): string[] {
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name)
    if (statSync(path).isDirectory()) return name === 'node_modules' || name === 'dist' ? [] : sources(path)
    return /\.tsx?$/.test(name) ? [path] : []
  })
}

function imports(path: string): string[] {
  const text = readFileSync(path, 'utf8')
  return [...text.matchAll(/(?:from|import\()\s*['"](\.[^'"]+)['"]/g)].map((match) => relative(ROOT, resolve(dirname(path), match[1] ?? '')))
}

describe('the rooms', () => {
  for (const [room, allowed] of Object.entries(MAY_IMPORT)) {
    it(`${room}/ imports only ${allowed.join(', ')}`, () => {
      const files = sources(join(ROOT, room))
      expect(files.length).toBeGreaterThan(0)
      const foreign = files.flatMap((file) => imports(file).filter((target) => !allowed.includes(target.split('/')[0] ?? '')).map((target) => `${relative(ROOT, file)} → ${target}`))
      expect(foreign).toEqual([])
    })
  }

  it('nothing that a command can load is a development dependency', () => {
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
    const seen = new Set<string>()
    const packages = new Map<string, string>()
    const visit = (file: string): void => {
      if (seen.has(file)) return
      seen.add(file)
      const text = readFileSync(file, 'utf8')
      for (const match of text.matchAll(/^(?:import|export)(?! type)[^'"]*?from '([^']+)'|import\('([^']+)'\)/gm)) {
        const target = match[1] ?? match[2] ?? ''
        if (target.startsWith('.')) {
          if (target.endsWith('.ts')) visit(resolve(dirname(file), target))
        } else if (!target.startsWith('node:')) packages.set(target.split('/').slice(0, target.startsWith('@') ? 2 : 1).join('/'), relative(ROOT, file))
      }
    }
    visit(join(ROOT, 'cli/main.ts'))
    expect(seen.size).toBeGreaterThan(100)
    expect([...packages].filter(([name]) => !(name in dependencies))).toEqual([])
  })

  it('only cli/ reads the environment or the arguments of the process', () => {
    const readers = Object.keys(MAY_IMPORT).flatMap((room) => sources(join(ROOT, room)).filter((file) => /process\.(env|argv)\b/.test(readFileSync(file, 'utf8'))))
    // The engine's launcher is a program of its own, started by collector/engine with its arguments.
    expect(readers.map((file) => relative(ROOT, file)).filter((file) => file !== 'collector/engine/launcher.ts' && !file.startsWith('evals/grade/train/'))).toEqual([])
  })
})
