import { mkdtemp, readFile, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { checkHost } from '../../core/host-guard.ts'
import { COMMANDS } from '../../cli/commands/index.ts'
import { makeSecrets, SECRET_FILES } from '../../cli/deploy/secrets.ts'

type Service = { command?: string[]; ports?: string[]; volumes?: (string | { source: string })[]; environment?: Record<string, string>; depends_on?: Record<string, unknown>; profiles?: string[] }
type Compose = { services: Record<string, Service>; volumes: Record<string, unknown> }

const compose = parse(await readFile(fileURLToPath(new URL('../../docker-compose.yml', import.meta.url)), 'utf8'), { merge: true }) as Compose

describe('makeSecrets', () => {
  it('makes every secret once, and keeps them on the next start', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'wb-secrets-'))
    expect(makeSecrets(dir, 'weighbridge')).toEqual([...SECRET_FILES])
    const first = await readFile(join(dir, 'admin-key'), 'utf8')
    expect(first.length).toBeGreaterThan(32)
    expect(makeSecrets(dir, 'weighbridge')).toEqual([])
    expect(await readFile(join(dir, 'admin-key'), 'utf8')).toBe(first)
    expect(new Set(await Promise.all(SECRET_FILES.map((name) => readFile(join(dir, name), 'utf8')))).size).toBe(SECRET_FILES.length)
  })

  it('gives ClickHouse hashes only, and takes the default account away', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'wb-secrets-'))
    makeSecrets(dir, 'weighbridge')
    const xml = await readFile(join(dir, 'clickhouse-users.d', 'weighbridge.xml'), 'utf8')
    for (const name of SECRET_FILES) expect(xml).not.toContain(await readFile(join(dir, name), 'utf8'))
    expect(xml).toContain('<default remove="remove"/>')
    expect(xml).toContain('REVOKE SELECT ON weighbridge.content')
    expect(await readdir(join(dir, 'clickhouse-config.d'))).toEqual(['cluster-secret.xml'])
  })
})

describe('docker-compose.yml', () => {
  it('opens every port on loopback only', () => {
    const ports = Object.values(compose.services).flatMap((service) => service.ports ?? [])
    expect(ports.length).toBeGreaterThan(0)
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
  })

  it('starts only commands that exist', () => {
    const commands = Object.values(compose.services).flatMap((service) => service.command?.slice(0, 1) ?? [])
    expect(commands.length).toBeGreaterThan(2)
    for (const command of commands) expect(Object.keys(COMMANDS)).toContain(command)
  })

  it('reads only secrets that are made, and mounts only volumes that are declared', () => {
    const files = Object.values(compose.services).flatMap((service) => Object.values(service.environment ?? {}).filter((value) => value.startsWith('/secrets/')))
    expect(files.length).toBeGreaterThan(4)
    for (const file of files) expect(SECRET_FILES).toContain(file.slice('/secrets/'.length))
    const named = Object.values(compose.services).flatMap((service) => (service.volumes ?? []).map((v) => (typeof v === 'string' ? (v.split(':')[0] ?? '') : v.source)))
    for (const name of named.filter((volume) => !volume.startsWith('.'))) expect(Object.keys(compose.volumes)).toContain(name)
  })

  it('lets every server answer to the name that other containers call it by', () => {
    const text = JSON.stringify(compose.services)
    for (const name of ['collector', 'router']) {
      const command = compose.services[name]?.command ?? []
      expect(command[command.indexOf('--allow-host') + 1], name).toBe(name)
      expect(() => checkHost({ host: `${name}:4318` }, { boundHost: '0.0.0.0', allowedHosts: [name] })).not.toThrow()
    }
    expect(text).toContain('http://collector:4318')
  })

  it('keeps the cluster behind its profile', () => {
    expect(Object.entries(compose.services).filter(([, service]) => service.profiles?.includes('cluster')).map(([name]) => name)).toEqual(['keeper', 'clickhouse-1', 'clickhouse-2'])
  })
})
