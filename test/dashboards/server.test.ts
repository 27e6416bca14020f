// The pages' server: files with their types and rules, JSON with its errors, and nothing from outside the build.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WeighbridgeError } from '../../core/errors.ts'
import { systemClock } from '../../core/seams.ts'
import { webMounts, type WebOptions } from '../../dashboards/web/server.ts'
import { startStage, type Stage } from '../browser/stage.ts'

const log = pino({ level: 'silent' })
const unreachable: WebOptions['clickhouse'] = {
  query: () => Promise.reject(new WeighbridgeError('clickhouse_unreachable', 'No answer from ClickHouse at http://127.0.0.1:1.')),
}

describe('the pages’ server', () => {
  let dir: string
  let stage: Stage
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'weighbridge-web-'))
    await mkdir(join(dir, 'dist', 'assets'), { recursive: true })
    await writeFile(join(dir, 'dist', 'index.html'), '<!doctype html><title>page</title>')
    await writeFile(join(dir, 'dist', 'assets', 'index-abc123.js'), `export const big = '${'x'.repeat(5000)}'`)
    await writeFile(join(dir, 'secret.txt'), 'not for you')
    stage = await startStage(webMounts({ clickhouse: unreachable, distDir: join(dir, 'dist'), clock: systemClock, log, simulatedDefault: () => false }))
  })
  afterAll(async () => {
    await stage.close()
    await rm(dir, { recursive: true, force: true })
  })

  it.each(['/', '/spend', '/quality', '/routes', '/bill', '/evals', '/evals/run-1', '/traces', '/trace/0123456789abcdef0123456789abcdef', '/?data=real'])('answers the page at %s, to be asked for anew each time', async (path) => {
    const answer = await fetch(stage.url + path)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(answer.headers.get('cache-control')).toBe('no-cache')
    expect(await answer.text()).toContain('<title>page</title>')
  })

  it('allows the page nothing from elsewhere and no framing', async () => {
    const policy = (await fetch(stage.url)).headers.get('content-security-policy') ?? ''
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("script-src 'self'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe|https?:|\*/)
  })

  it('sends hashed assets compressed, to be kept for ever', async () => {
    const answer = await fetch(`${stage.url}/assets/index-abc123.js`)
    expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    expect(answer.headers.get('cache-control')).toContain('immutable')
    expect(answer.headers.get('content-encoding')).toBe('gzip')
    expect(await answer.text()).toContain('xxxxx')
    const plain = await fetch(`${stage.url}/assets/index-abc123.js`, { headers: { 'accept-encoding': 'identity' } })
    expect(plain.headers.get('content-encoding')).toBeNull()
  })

  it.each(['/assets/../../secret.txt', '/assets/..%2f..%2fsecret.txt', '/assets/%2e%2e/secret.txt', '/secret.txt', '/assets/nothing.js', '/assets/'])('answers 404 to %s', async (path) => {
    const answer = await fetch(stage.url + path)
    expect(answer.status).toBe(404)
    expect(await answer.text()).not.toContain('not for you')
  })

  it('says what to do when the database does not answer', async () => {
    const answer = await fetch(`${stage.url}/api/ui/overview`)
    expect(answer.status).toBe(503)
    expect(await answer.json()).toEqual({ error: { code: 'clickhouse_unreachable', message: 'No answer from ClickHouse at http://127.0.0.1:1.', remedy: expect.stringContaining('CLICKHOUSE_URL') } })
  })

  it.each([
    ['/api/ui/overview?range=2y', 400, 'bad_request'],
    ['/api/ui/overview?simulated=both', 400, 'bad_request'],
    ['/api/ui/spend?by=colour', 400, 'bad_request'],
    ['/api/ui/bill?month=2026-13', 400, 'bad_request'],
    ['/api/ui/bill?by=taget', 400, 'bad_request'],
    ['/api/ui/evals/..%2F..', 400, 'bad_request'],
    ['/api/ui/evals/run-1/probe?suite=factual', 400, 'bad_request'],
    ['/api/ui/traces?q=statuss:error', 400, 'search_invalid'],
    ['/api/ui/traces?after=somewhere', 400, 'bad_request'],
    ['/api/ui/trace/not-hex', 400, 'bad_request'],
    ['/api/ui/trace/%E0%A4%A', 400, 'bad_request'],
    ['/api/ui/find?id=', 400, 'bad_request'],
    ['/api/ui/nothing', 404, 'route_not_found'],
  ])('answers %s with %i and the code %s', async (path, status, code) => {
    const answer = await fetch(stage.url + path)
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ error: { code, remedy: expect.any(String) } })
  })

  it('only reads: other methods are refused', async () => {
    for (const path of ['/', '/api/ui/overview']) expect((await fetch(stage.url + path, { method: 'POST' })).status).toBe(405)
  })

  it('says how to build the pages when they are not built', async () => {
    const bare = await startStage(webMounts({ clickhouse: unreachable, distDir: join(dir, 'absent'), clock: systemClock, log, simulatedDefault: () => false }))
    try {
      const answer = await fetch(bare.url)
      expect(answer.status).toBe(503)
      expect(await answer.text()).toContain('npm run build:web')
    } finally {
      await bare.close()
    }
  })

  it('asks for the scope read for data and leaves the empty page open', () => {
    const mounts = webMounts({ clickhouse: unreachable, distDir: dir, clock: systemClock, log, simulatedDefault: () => false })
    expect(mounts.map(({ prefix, readScope, writeScope }) => ({ prefix, readScope, writeScope }))).toEqual([
      { prefix: '/api/ui', readScope: 'read', writeScope: 'admin' },
      { prefix: '/', readScope: undefined, writeScope: 'admin' },
    ])
  })
})
