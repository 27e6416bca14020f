// The pages in a real Chromium, over a real server, a real database and a scripted admin side: what a person sees and clicks.
// SHOTS=DIR keeps a picture of each page.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../core/seams.ts'
import { webMounts } from '../../dashboards/web/server.ts'
import { fixtureTargets } from '../dashboards/fixture-rows.ts'
import { HOURS, storeFixture, storeNothing } from '../dashboards/stored-fixture.ts'
import { clickhouseMissing } from '../support/database.ts'
import { findChromium, launch } from './chromium.ts'
import { type AdminScript, adminScript, startStage, type Stage } from './stage.ts'

const chromium = findChromium()
const missing = clickhouseMissing() ?? (chromium === undefined ? 'no Chromium found; set CHROMIUM_PATH' : undefined)
if (missing !== undefined) console.log(`skipped: ${missing}`)
const shots = process.env['SHOTS']
const log = pino({ level: 'silent' })
const nowMs = Date.now()

type Opened = { readonly page: Page; readonly problems: string[] }

describe.skipIf(missing !== undefined)('the pages in a browser', () => {
  let browser: Browser
  let distDir: string
  let stored: Awaited<ReturnType<typeof storeFixture>>
  let stage: Stage
  let admin: AdminScript
  const stages: Stage[] = []

  beforeAll(async () => {
    distDir = await mkdtemp(join(tmpdir(), 'weighbridge-dist-'))
    await build({ configFile: fileURLToPath(new URL('../../dashboards/web/vite.config.ts', import.meta.url)), build: { outDir: distDir }, logLevel: 'silent' })
    stored = await storeFixture(nowMs)
    admin = adminScript(nowMs, HOURS)
    stage = await startStage([...webMounts({ clickhouse: stored.reader, distDir, clock: systemClock, log, simulatedDefault: () => true }), admin.mount])
    stages.push(stage)
    browser = await launch(chromium ?? '')
  })
  afterAll(async () => {
    await browser.close()
    for (const one of stages) await one.close()
    await stored.close()
    await rm(distDir, { recursive: true, force: true })
  })

  const open = async (path: string, options: BrowserContextOptions = {}, at = stage.url): Promise<Opened> => {
    const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, ...options })
    const page = await context.newPage()
    const problems: string[] = []
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
    })
    page.on('pageerror', (error) => problems.push(error.message))
    page.on('request', (request) => {
      if (!request.url().startsWith(at)) problems.push(`a request left the page: ${request.url()}`)
    })
    await page.goto(at + path)
    return { page, problems }
  }
  const finish = async ({ page, problems }: Opened, name: string): Promise<void> => {
    if (shots !== undefined) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
    const wider = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
    expect(wider, 'pixels the page is wider than the window').toBe(0)
    expect(problems).toEqual([])
    await page.context().close()
  }

  const figure = (page: Page, name: string): Promise<string> => page.locator('.figure', { has: page.getByText(name, { exact: true }) }).locator('.value').innerText()

  for (const [name, options] of [
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['phone', { colorScheme: 'light', viewport: { width: 390, height: 844 } }],
  ] as const) {
    it(`show the overview without a fault: ${name}`, async () => {
      const opened = await open('/', options)
      const { page } = opened
      await page.getByRole('heading', { name: 'Weights in force' }).waitFor()
      await page.getByText('v2', { exact: true }).first().waitFor()
      expect(await figure(page, 'Calls')).toMatch(/^\d{3}$/)
      expect(await page.locator('.quality .row').count()).toBe(1 + fixtureTargets(true).length)
      expect(await page.locator('.stack rect:not(.hit)').count()).toBeGreaterThan(20)
      await finish(opened, `overview-${name}`)
    })

    it(`show a trace without a fault: ${name}`, async () => {
      const opened = await open('/?calls=failovers', options)
      const { page } = opened
      // One click from the overview to the trace of a failover.
      await page.locator('a.cover').first().click()
      await page.getByRole('heading', { name: 'Waterfall' }).waitFor()
      expect(page.url()).toMatch(/\/trace\/[0-9a-f]{32}/)
      expect(await page.locator('.falls li.attempt').count()).toBe(2)
      expect(await page.locator('.falls li.attempt.failed').count()).toBeGreaterThan(0)
      expect(await page.getByText(/^✕ provider_/).count()).toBeGreaterThan(0)
      expect(await page.getByRole('heading', { name: 'Decision' }).count()).toBe(1)
      expect(await page.locator('tr.drawn').count()).toBe(1)
      await finish(opened, `trace-${name}`)
    })
  }

  it('show simulated or real, and nothing of the other', async () => {
    const opened = await open('/')
    const { page } = opened
    const simulated = fixtureTargets(true)
    const real = fixtureTargets(false)
    await page.getByRole('heading', { name: 'Weights in force' }).waitFor()
    await page.getByText(real[0] ?? '').waitFor({ state: 'detached' })
    expect(await page.locator('.band').innerText()).toMatch(/simulated/i)
    expect(await page.locator('main').innerText()).toContain(simulated[0])
    await page.getByRole('button', { name: 'Real', exact: true }).click()
    await page.locator('main').getByText(real[1] ?? '').first().waitFor()
    expect(page.url()).toContain('data=real')
    const text = await page.locator('main').innerText()
    for (const name of simulated) expect(text).not.toContain(name)
    expect(await page.locator('.band').count()).toBe(0)
    // The address alone brings the same side back.
    await page.reload()
    await page.locator('main').getByText(real[1] ?? '').first().waitFor()
    expect(await page.locator('main').innerText()).not.toContain(simulated[0])
    await finish(opened, 'overview-real')
  })

  it('mark a rate on few probes as too few, and an unpriced call as unpriced', async () => {
    const opened = await open('/?data=real')
    const { page } = opened
    await page.locator('.dot-interval.few').first().waitFor()
    expect(await page.locator('.rows').getByText('unpriced').count()).toBeGreaterThan(0)
    expect(await figure(page, 'Spend')).toContain('≥')
    await finish(opened, 'overview-few')
  })

  it('find a trace by its response id, and say so when there is none', async () => {
    const opened = await open('/')
    const { page } = opened
    const [call] = await stored.reader.rows("SELECT trace_id, response_id FROM spans WHERE role = 'attempt' AND is_simulated AND response_id != '' LIMIT 1")
    await page.getByRole('searchbox').fill(String(call?.['response_id']))
    await page.getByRole('searchbox').press('Enter')
    await page.waitForURL(`**/trace/${String(call?.['trace_id'])}*`)
    await page.getByRole('heading', { name: 'Waterfall' }).waitFor()
    await page.goBack()
    await page.getByRole('heading', { name: 'Recent calls' }).waitFor()
    expect(opened.problems).toEqual([])
    await page.getByRole('searchbox').fill('req_nobody_has')
    await page.getByRole('searchbox').press('Enter')
    await page.getByText(/has this trace, response or request id/).waitFor()
    await page.context().close()
  })

  it('read a bar of the spend chart by keyboard', async () => {
    const opened = await open('/')
    const { page } = opened
    const chart = page.getByRole('group', { name: /Spend over time/ })
    await chart.focus()
    await page.keyboard.press('ArrowLeft')
    await page.locator('.ledger caption').getByText(/^From /).waitFor()
    await finish(opened, 'overview-keyboard')
  })

  it('keep a chosen theme', async () => {
    const opened = await open('/', { colorScheme: 'light' })
    const { page } = opened
    const ground = (): Promise<unknown> => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const light = await ground()
    await page.getByRole('button', { name: /^Theme: system/ }).click()
    await page.getByRole('button', { name: /^Theme: light/ }).click()
    expect(await ground()).not.toBe(light)
    await page.reload()
    await page.getByRole('button', { name: /^Theme: dark/ }).waitFor()
    expect(await ground()).not.toBe(light)
    await page.context().close()
  })

  it('wait for a trace that is not there yet', async () => {
    const opened = await open(`/trace/${'0'.repeat(32)}`)
    await opened.page.getByText('Not here yet.').waitFor()
    expect(await opened.page.getByText(/looks again every 2 seconds/).count()).toBe(1)
    await opened.page.context().close()
  })

  it('say what to do where the admin routes do not answer, and show the stored versions', async () => {
    admin.fail = { status: 503 }
    try {
      const { page } = await open('/')
      await page.getByText('The learner does not run here.').first().waitFor()
      await page.getByText('as stored; the admin route does not answer').waitFor()
      expect(await page.locator('.versions li').count()).toBe(2)
      expect(await page.getByRole('button', { name: 'Roll back' }).count()).toBe(0)
      await page.context().close()
    } finally {
      admin.fail = undefined
    }
  })

  it('ask for a key where one is needed', async () => {
    admin.fail = { status: 401 }
    try {
      const { page } = await open('/')
      await page.getByLabel(/Key with the scope read/).waitFor()
      await page.context().close()
    } finally {
      admin.fail = undefined
    }
  })

  it('say how calls get here when nothing is stored', async () => {
    const nothing = await storeNothing()
    const bare = await startStage(webMounts({ clickhouse: nothing.reader, distDir, clock: systemClock, log, simulatedDefault: () => false }))
    try {
      const { page } = await open('/', {}, bare.url)
      await page.getByText(/No real calls/).waitFor()
      expect(await page.getByText(/base_url = /).count()).toBe(1)
      if (shots !== undefined) await page.screenshot({ path: join(shots, 'overview-empty.png'), fullPage: true })
      await page.context().close()
    } finally {
      await bare.close()
      await nothing.close()
    }
  })

  // Last: it publishes, which the other tests would see.
  it('apply a recommendation only after a confirmation, and roll it back', async () => {
    const opened = await open('/')
    const { page } = opened
    await page.getByRole('button', { name: 'Apply all 2 moves' }).click()
    expect(admin.posted).toEqual([])
    await page.getByRole('button', { name: 'Cancel' }).click()
    expect(admin.posted).toEqual([])
    await page.getByLabel('apply to simple_qa').uncheck()
    await page.getByRole('button', { name: 'Apply 1 of 2 moves' }).click()
    await page.getByRole('button', { name: 'Apply now' }).click()
    await page.getByText(/Version 3 is published/).waitFor()
    expect(admin.posted).toEqual([{ path: '/apply', body: { id: 'rec-1', tasks: ['factual_recall'] } }])
    await page.getByText('Nothing waits for a decision.').waitFor()
    await page.getByRole('button', { name: 'Roll back', exact: true }).click()
    await page.getByRole('button', { name: 'Roll back now' }).click()
    await page.getByText('Rolled back, published as version 4.').waitFor()
    expect(admin.posted.at(-1)).toEqual({ path: '/rollback', body: {} })
    await finish(opened, 'overview-applied')
  })
})
