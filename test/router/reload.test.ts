import { mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sealRouteTable, type RouteTable } from '../../core/route-table.ts'
import { answering, scriptedProvider, type ScriptedProvider } from './support/scripted-provider.ts'
import { eventually, parse, running, twoProviders, type Running } from './support/running.ts'

let provider: ScriptedProvider
let up: Running | undefined
let dataDir: string
beforeEach(async () => {
  provider = await scriptedProvider(answering('hi'))
  dataDir = await mkdtemp(join(tmpdir(), 'weighbridge-reload-'))
})
afterEach(async () => {
  await up?.close()
  up = undefined
  await provider.close()
  await rm(dataDir, { recursive: true, force: true })
})

const yaml = (extra = ''): string => twoProviders(provider.url, provider.url, extra)
function table(version: number, weights: Record<string, number>, text = yaml()): RouteTable {
  const configHash = parse(text).tasks.get('general')?.configHash ?? ''
  return sealRouteTable({
    schema: 1, version, parent: version - 1, created_at: '2026-11-20T00:00:00Z', author: 'test', rule: 'test', simulated: false,
    tasks: { general: { weights, excluded: {}, config_hash: configHash, exploration: 0, rule: 'test', evidence: {} } },
  })
}
async function publish(content: string): Promise<void> {
  await writeFile(join(dataDir, 'route-table.json.tmp'), content)
  await rename(join(dataDir, 'route-table.json.tmp'), join(dataDir, 'route-table.json'))
}
const readyz = async (): Promise<Record<string, unknown>> => (await (await fetch(`${up?.router.url}/readyz`)).json()) as Record<string, unknown>
const version = (wanted: number): Promise<true> => eventually(async () => ((await readyz())['route_version'] === wanted ? true : undefined))

describe('the route table', () => {
  it('takes effect without a restart, and later spans carry its version', async () => {
    up = await running(yaml(), { dataDir })
    expect((await up.chat({ model: 'auto' })).headers.get('x-weighbridge-target')).toBe('alpha')
    await publish(JSON.stringify(table(7, { beta: 1 })))
    await version(7)
    const response = await up.chat({ model: 'auto' })
    expect(response.headers.get('x-weighbridge-target')).toBe('beta')
    expect(response.headers.get('x-weighbridge-route-version')).toBe('7')
    const { call, attempts } = await up.trace(response.headers.get('x-weighbridge-trace-id'))
    expect([call.attributes['weighbridge.route.version'], attempts[0]?.attributes['weighbridge.route.version']]).toEqual([7, 7])
    expect(JSON.parse(String(call.attributes['weighbridge.decision']))).toMatchObject({ weights_source: 'table', route_version: 7 })
  })

  it('stays the last good one while a new one is invalid, also over a restart', async () => {
    up = await running(yaml(), { dataDir })
    await publish(JSON.stringify(table(2, { beta: 1 })))
    await version(2)
    await publish(JSON.stringify({ ...table(3, { alpha: 1 }), version: 4 }))
    await eventually(async () => ((await readyz())['route_table'] as { fault: string | null }).fault ?? undefined)
    expect((await up.chat({ model: 'auto' })).headers.get('x-weighbridge-target')).toBe('beta')
    await up.close()
    up = await running(yaml(), { dataDir })
    expect(await readyz()).toMatchObject({ route_version: 2, route_table: { from_copy: true } })
    const [copy] = (await readdir(dataDir)).filter((name) => name.startsWith('route-table.last-good.'))
    expect(JSON.parse(await readFile(join(dataDir, copy ?? ''), 'utf8'))).toMatchObject({ version: 2 })
  })

  it('yields to the configuration for a task that a person has changed since, and /readyz says so', async () => {
    await publish(JSON.stringify(table(2, { beta: 1 })))
    up = await running(yaml(), { dataDir })
    expect(await readyz()).toMatchObject({ tasks: { general: { source: 'table', weights: { beta: 1 } } } })
    up.reconfigure(yaml('tasks: { general: { route: { alpha: 1 } } }'))
    expect(await readyz()).toMatchObject({ tasks: { general: { source: 'config', note: expect.stringContaining('changed in the config'), weights: { alpha: 1 } } } })
    expect((await up.chat({ model: 'auto' })).headers.get('x-weighbridge-target')).toBe('alpha')
  })

  it('may come from a URL, and survives that address being down', async () => {
    let text = JSON.stringify(table(5, { beta: 1 }))
    const server = createServer((request, response) => {
      if (request.headers['if-none-match'] === `"${text.length}"`) return void response.writeHead(304).end()
      response.writeHead(200, { etag: `"${text.length}"` }).end(text)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const source = `http://127.0.0.1:${(server.address() as AddressInfo).port}/route-table.json`
    up = await running(yaml(`routes: { source: "${source}" }`), { dataDir })
    await version(5)
    text = JSON.stringify(table(60, { alpha: 1 }))
    await version(60)
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
    await eventually(async () => ((await readyz())['route_table'] as { fault: string | null }).fault ?? undefined)
    expect(await readyz()).toMatchObject({ route_version: 60 })
  })
})

describe('the configuration', () => {
  it('takes effect on the next call, providers included', async () => {
    up = await running(yaml(), { dataDir })
    const other = await scriptedProvider(answering('elsewhere'))
    up.reconfigure(twoProviders(other.url, other.url, 'tasks: { new_task: {} }'))
    expect((await up.chat({ model: 'task:new_task' })).status).toBe(200)
    expect([provider.asked.length, other.asked.length]).toEqual([0, 1])
    await other.close()
  })

  it('makes the router ready or not, whatever else is up', async () => {
    up = await running('{}', { dataDir, collectorUrl: 'http://127.0.0.1:1' })
    expect((await fetch(`${up.router.url}/readyz`)).status).toBe(503)
    expect((await fetch(`${up.router.url}/healthz`)).status).toBe(200)
    up.reconfigure(yaml())
    expect((await fetch(`${up.router.url}/readyz`)).status).toBe(200)
  })
})
