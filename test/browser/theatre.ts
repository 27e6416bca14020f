// Everything the browser tests stand on: the pages built once for a file, a database with the fixture, the admin side (scripted routes, and the
// real routes for labels and kept text), and a way to open a page that notices whatever goes wrong in it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { build } from 'vite'
import { expect } from 'vitest'
import { contentMount } from '../../cli/compose/content-mount.ts'
import { systemClock } from '../../core/seams.ts'
import { webMounts, type WebOptions } from '../../dashboards/web/server.ts'
import { storeFixture, HOURS } from '../dashboards/stored-fixture.ts'
import { clickhouseMissing } from '../support/database.ts'
import { findChromium, launch } from './chromium.ts'
import { startLabelling, type LabellingStage } from './labelling-stage.ts'
import { adminScript, startStage, type AdminScript, type Stage } from './stage.ts'

const chromium = findChromium()
/** Why the browser tests cannot run here; `undefined`: they can. */
export const missing = clickhouseMissing() ?? (chromium === undefined ? 'no Chromium found; set CHROMIUM_PATH' : undefined)

const log = pino({ level: 'silent' })
/** A browser on two cores that are busy elsewhere takes its time; nothing here is judged by it. */
const STEP_MS = 40_000
export const PATIENCE = { timeout: 150_000 } as const

export type Opened = { readonly page: Page; readonly problems: string[] }

export type Theatre = {
  readonly stage: Stage
  readonly admin: AdminScript
  readonly labelling: LabellingStage
  readonly stored: Awaited<ReturnType<typeof storeFixture>>
  /** Opens a page; console errors, exceptions and requests to elsewhere gather in `problems`. */
  open(path: string, options?: BrowserContextOptions, url?: string): Promise<Opened>
  /** Nothing may have gone wrong, and nothing may be wider than the window. Keeps a picture where SHOTS names a folder. */
  finish(opened: Opened, name: string): Promise<void>
  /** Another server over the same build. */
  serve(options: Partial<WebOptions> & Pick<WebOptions, 'clickhouse'>): Promise<Stage>
  close(): Promise<void>
}

/** Builds, stores, starts. `nowMs`: the fixture ends there. */
export async function openTheatre(nowMs: number): Promise<Theatre> {
  const distDir = await mkdtemp(join(tmpdir(), 'weighbridge-dist-'))
  const [, stored, browser] = await Promise.all([
    build({ configFile: fileURLToPath(new URL('../../dashboards/web/vite.config.ts', import.meta.url)), build: { outDir: distDir }, logLevel: 'silent' }),
    storeFixture(nowMs),
    launch(chromium ?? ''),
  ])
  const admin = adminScript(nowMs, HOURS)
  const labelling = await startLabelling()
  const stages: Stage[] = []
  const webOf = (options: Partial<WebOptions> & Pick<WebOptions, 'clickhouse'>) => webMounts({ distDir, clock: systemClock, log, simulatedDefault: () => true, whyNotKept: () => 'prompt and answer were not kept: capture.mode is none; to keep them from now on, in weighbridge.yaml: capture: { mode: all }', ...options })
  const serve = async (options: Partial<WebOptions> & Pick<WebOptions, 'clickhouse'>, more: Parameters<typeof startStage>[0] = []): Promise<Stage> => {
    const started = await startStage([...webOf(options), ...more])
    stages.push(started)
    return started
  }
  const stage = await serve({ clickhouse: stored.reader }, [...admin.mounts, labelling.mount, contentMount(stored.all)])
  return {
    stage,
    admin,
    labelling,
    stored,
    serve: (options) => serve(options),
    open: (path, options = {}, url = stage.url) => openPage(browser, url, path, options),
    finish,
    close: async () => {
      await browser.close()
      for (const one of stages) await one.close()
      await labelling.close()
      await stored.close()
      await rm(distDir, { recursive: true, force: true })
    },
  }
}

async function openPage(browser: Browser, url: string, path: string, options: BrowserContextOptions): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, reducedMotion: 'reduce', ...options })
  const page = await context.newPage()
  // A step that never comes is named, instead of the whole test running out.
  page.setDefaultTimeout(STEP_MS)
  const problems: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('request', (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith('blob:')) problems.push(`a request left the page: ${request.url()}`)
  })
  await page.goto(url + path)
  return { page, problems }
}

async function finish({ page, problems }: Opened, name: string): Promise<void> {
  const shots = process.env['SHOTS']
  if (shots !== undefined) await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
  await expectToFit(page)
  expect(problems).toEqual([])
  await page.context().close()
}

/** Nothing is wider than the window. */
export async function expectToFit(page: Page): Promise<void> {
  const wider = Number(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth'))
  expect(wider, 'pixels the page is wider than the window').toBeLessThanOrEqual(0)
}
