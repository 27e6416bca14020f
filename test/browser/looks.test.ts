// Every page and view as it looks: nothing on the console, nothing from elsewhere, nothing wider than the window, and clean by axe (the rules of
// WCAG 2.2 A and AA), in light, in dark and on a phone. SHOTS=DIR keeps a picture of each.
import { join } from 'node:path'
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KEPT_RUN } from './labelling-stage.ts'
import { expectToFit, missing, openTheatre, PATIENCE, type Theatre } from './theatre.ts'

if (missing !== undefined) console.log(`skipped: ${missing}`)
const shots = process.env['SHOTS']
const nowMs = Date.now()

const ALL = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']"
/** All that a theme can change. */
const CONTRAST = "{ type: 'rule', values: ['color-contrast'] }"

type Violation = { readonly id: string; readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[] }

describe.skipIf(missing !== undefined)('the pages, as they look', PATIENCE, () => {
  let theatre: Theatre
  let failedOver: string

  beforeAll(async () => {
    theatre = await openTheatre(nowMs)
    const [row] = await theatre.stored.reader.rows("SELECT trace_id FROM spans WHERE role = 'call' AND is_simulated AND attempts > 1 AND status = 'Ok' ORDER BY started_at DESC LIMIT 1")
    failedOver = String(row?.['trace_id'])
  }, PATIENCE.timeout)
  afterAll(async () => {
    await theatre?.close()
  }, PATIENCE.timeout)

  /** What axe finds, as one line each. */
  async function faults(page: Page, rules: string): Promise<string[]> {
    await page.evaluate(axe.source)
    const violations: Violation[] = await page.evaluate(`axe.run(document, { runOnly: ${rules}, resultTypes: ['violations'] }).then((found) => found.violations)`)
    return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`).join(' | ')}`)
  }

  const PAGES: readonly { readonly name: string; readonly path: () => string; readonly shows: string }[] = [
    { name: 'overview', path: () => '/', shows: 'Did not go straight' },
    { name: 'spend', path: () => '/spend', shows: 'Cost of an accepted answer' },
    { name: 'quality', path: () => '/quality', shows: 'What people did with the answers' },
    { name: 'routes', path: () => '/routes', shows: 'Cost against quality' },
    { name: 'routes-targets', path: () => '/routes?view=targets', shows: 'Drains in force' },
    { name: 'routes-recommendation', path: () => '/routes?view=recommendation', shows: 'What stays as it is' },
    { name: 'routes-history', path: () => '/routes?view=history', shows: 'Published versions' },
    { name: 'routes-whatif', path: () => '/routes?view=whatif&of=gpt-5.4&into=kimi-k2.6', shows: 'What the difference is made of' },
    { name: 'routes-explain', path: () => '/routes?view=explain', shows: 'A call' },
    { name: 'bill', path: () => '/bill', shows: 'Day by day' },
    { name: 'evals', path: () => '/evals', shows: 'Runs' },
    { name: 'run', path: () => `/evals/${KEPT_RUN}`, shows: 'Beside an earlier run' },
    { name: 'run-probes', path: () => `/evals/${KEPT_RUN}?view=probes&suite=factual&probe=factual-true-1`, shows: 'Probe factual-true-1' },
    { name: 'run-label', path: () => `/evals/${KEPT_RUN}?view=label`, shows: 'Who labels?' },
    { name: 'traces', path: () => '/traces', shows: 'How to search' },
    { name: 'trace', path: () => `/trace/${failedOver}?attempts=everything`, shows: 'What was said' },
  ]

  it.each(PAGES)('$name: no fault in light, dark or on a phone', async ({ name, path, shows }) => {
    const opened = await theatre.open(path(), { colorScheme: 'light' })
    const { page } = opened
    await page.getByText(shows, { exact: true }).first().waitFor()
    await page.locator('.loading').first().waitFor({ state: 'detached' })
    expect(await faults(page, ALL), 'light').toEqual([])
    if (shots !== undefined) await page.screenshot({ path: join(shots, `${name}-light.png`), fullPage: true })
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await faults(page, CONTRAST), 'dark').toEqual([])
    if (shots !== undefined) await page.screenshot({ path: join(shots, `${name}-dark.png`), fullPage: true })
    await page.setViewportSize({ width: 390, height: 844 })
    await page.emulateMedia({ colorScheme: 'light' })
    await expectToFit(page)
    await theatre.finish(opened, `${name}-phone`)
  })

  it('a trace of ten thousand spans draws only what can be seen, and can be walked through by keyboard', async () => {
    const traceId = 'ab'.repeat(16)
    const started = BigInt(nowMs - 60_000) * 1_000_000n
    const spans = Array.from({ length: 10_000 }, (_, i) => JSON.stringify({ trace_id: traceId, span_id: (i + 1).toString(16).padStart(16, '0'), parent_span_id: i === 0 ? '' : '0000000000000001', name: `step ${i}`, kind: 'Internal', service: 'agent', role: i === 0 ? 'call' : 'other', is_simulated: true, task: 'agent_tasks', started_at: String(started + BigInt(i) * 1_000_000n), duration_ns: i === 0 ? '10000000000' : '900000', status: 'Ok', ingested_at: new Date(nowMs).toISOString() }))
    await theatre.stored.all.insert('spans', spans.join('\n'), { token: 'ten thousand' })
    const opened = await theatre.open(`/trace/${traceId}`)
    const { page } = opened
    await page.getByRole('button', { name: 'All spans' }).waitFor()
    expect(await page.locator('.falls ol').getAttribute('aria-label')).toBe('10,000 spans')
    expect(await page.locator('.falls li').count()).toBeLessThan(120)
    // To the end and back by keyboard.
    await page.locator('.falls button').first().focus()
    await page.keyboard.press('End')
    await page.getByText('step 9999', { exact: true }).waitFor()
    await page.keyboard.press('Home')
    await page.locator('.falls li.call').waitFor()
    await theatre.finish(opened, 'trace-many')
  })
})
