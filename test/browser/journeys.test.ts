// What people come for, click by click in a real Chromium: find a call, read why it went where, compare, share, decide, label, and be told what to do
// where something is missing.
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fixtureTargets } from '../dashboards/fixture-rows.ts'
import { storeNothing } from '../dashboards/stored-fixture.ts'
import { KEPT_RUN } from './labelling-stage.ts'
import { missing, openTheatre, PATIENCE, type Theatre } from './theatre.ts'

if (missing !== undefined) console.log(`skipped: ${missing}`)
const nowMs = Date.now()

describe.skipIf(missing !== undefined)('with the pages a person can', PATIENCE, () => {
  let theatre: Theatre
  beforeAll(async () => {
    theatre = await openTheatre(nowMs)
  }, PATIENCE.timeout)
  afterAll(async () => {
    await theatre?.close()
  }, PATIENCE.timeout)
  const figure = (page: Page, name: string): Promise<string> => page.locator('.figure', { has: page.getByText(name, { exact: true }) }).locator('.value').innerText()

  it('find a failed-over call from the overview in one click, read why it went there, compare its attempts, and ask where it would go now', async () => {
    const opened = await theatre.open('/')
    const { page } = opened
    await page.locator('.calls-list li.over a').first().click()
    await page.getByRole('heading', { name: 'Waterfall' }).waitFor()
    expect(page.url()).toMatch(/\/trace\/[0-9a-f]{32}/)
    expect(await page.locator('.falls li.attempt').count()).toBe(2)
    expect(await page.locator('.falls li.attempt.failed').count()).toBe(1)
    expect(await page.locator('.story').first().innerText()).toMatch(/Failed over from [\s\S]+\(.+\)/)
    expect(await page.getByRole('region', { name: 'Why it went there' }).or(page.locator('[aria-label="Why it went there"]')).first().innerText()).toMatch(/was chosen by the weights, with probability \d+%/)
    expect(await page.locator('tr.drawn').count()).toBe(1)
    // Attempt against attempt: only what differs.
    await page.getByRole('button', { name: 'What differs' }).click()
    await page.waitForURL(/attempts=differences/)
    const rows = await page.locator('.attempts tbody tr').count()
    expect(rows).toBeGreaterThan(3)
    expect(await page.locator('.attempts tbody tr.differs').count()).toBe(rows)
    await page.getByRole('button', { name: 'Explain this route now' }).click()
    await page.getByText(/It would go to/).waitFor()
    const asked = theatre.admin.posted.at(-1)
    expect(asked?.path).toBe('/explain')
    expect(JSON.stringify(asked?.body)).toContain('x-weighbridge-task')
    expect(await page.locator('.not-kept code').innerText()).toBe('capture: { mode: all }')
    await theatre.finish(opened, 'journey-trace')
  })

  it('search with a typo and get a suggestion, narrow by a facet, and share exactly what is seen', async () => {
    const opened = await theatre.open('/traces', { permissions: ['clipboard-read', 'clipboard-write'] })
    const { page } = opened
    const query = page.getByRole('combobox', { name: 'Search calls' })
    await query.fill('statuss:error')
    await query.press('Enter')
    await page.getByText(/there is no field statuss/i).waitFor()
    await page.getByRole('button', { name: 'Did you mean status?' }).click()
    await page.waitForURL(/q=status%3Aerror/)
    const failed = page.locator('ol.calls li')
    await failed.first().waitFor()
    expect(await page.locator('ol.calls li.failed').count()).toBe(await failed.count())
    // A facet shows what else could be chosen, and choosing it is a term of the query.
    const facet = page.getByRole('group', { name: 'Task', exact: true }).getByRole('button').first()
    const [task, calls] = (await facet.innerText()).split('\n')
    await facet.click()
    await page.waitForURL(new RegExp(`task%3A${task ?? ''}`))
    await expect.poll(() => page.locator('ol.calls li').count(), { timeout: PATIENCE.timeout }).toBe(Number(calls))
    const seen = await page.locator('ol.calls li').allInnerTexts()
    await page.getByRole('button', { name: /^Share/ }).click()
    const shared = String(await page.evaluate('navigator.clipboard.readText()'))
    expect(shared).toMatch(/from=.+&to=.+&q=/)
    const other = await theatre.open(shared.slice(theatre.stage.url.length))
    await other.page.locator('ol.calls li').first().waitFor()
    expect((await other.page.locator('ol.calls li').allInnerTexts()).map((text) => text.split('\n').slice(1).join())).toEqual(seen.map((text) => text.split('\n').slice(1).join()))
    await theatre.finish(other, 'journey-shared')
    await theatre.finish(opened, 'journey-search')
  })

  it('label an answer blind, by keyboard, and find it kept', async () => {
    const opened = await theatre.open(`/evals/${KEPT_RUN}?view=label`)
    const { page } = opened
    await page.getByLabel('Your name or initials').fill('ann')
    await page.getByRole('button', { name: 'Begin' }).click()
    await page.locator('.label-task blockquote').waitFor()
    expect(await page.locator('.label-task .question').innerText()).toMatch(/bridge number/)
    const before = await page.locator('.progress').innerText()
    expect(before).toMatch(/^0 of /)
    await page.keyboard.press(String((await page.locator('.verdicts button').allInnerTexts()).findIndex((face) => face.endsWith('incorrect')) + 1))
    await page.getByText(/Said incorrect/).waitFor()
    await page.getByText(/\b1 of \d/).waitFor()
    expect(await theatre.labelling.labels()).toMatchObject([{ run: KEPT_RUN, label: 'incorrect', by: 'ann', via: 'web' }])
    await theatre.finish(opened, 'journey-label')
  })

  it('lay a run beside the one before, and a probe’s answers side by side', async () => {
    const opened = await theatre.open(`/evals/${KEPT_RUN}`)
    const { page } = opened
    await page.getByText(/McNemar/).waitFor()
    await page.getByRole('link', { name: 'Probe by probe' }).click()
    await page.getByRole('button', { name: 'All', exact: true }).click()
    await page.goto(`${theatre.stage.url}/evals/${KEPT_RUN}?view=probes&show=all&suite=factual&probe=factual-true-1`)
    await page.getByText('In which year did bridge number 1 open?').waitFor()
    await page.locator('.side-by-side li blockquote').first().waitFor()
    expect(await page.locator('.side-by-side li blockquote').count()).toBe(fixtureTargets(true).length)
    await theatre.finish(opened, 'journey-answers')
  })

  it('read a kept prompt and answer, and see what was changed in an answer that was sent back', async () => {
    const rows = await theatre.stored.reader.rows("SELECT trace_id, span_id FROM spans WHERE role = 'call' AND is_simulated AND status = 'Ok' ORDER BY started_at LIMIT 2")
    const [before, after] = rows.map((row) => ({ trace_id: String(row['trace_id']), span_id: String(row['span_id']) }))
    if (before === undefined || after === undefined) throw new Error('the fixture has no calls')
    const at = new Date(nowMs - 1_000).toISOString()
    const text = (of: typeof before, kind: string, body: unknown): string => JSON.stringify({ ...of, at, kind, body: JSON.stringify(body), is_simulated: true, attributes: { 'weighbridge.content.form': 'full' }, ingested_at: at })
    const said = 'The ferry to Gotland leaves from Nynäshamn at nine.'
    await theatre.stored.all.insert('content', [text(before, 'prompt', { messages: [{ role: 'user', parts: [{ kind: 'text', text: 'Which ferry goes to Gotland?' }] }] }), text(before, 'answer', { parts: [{ kind: 'text', text: said }] }), text(after, 'prompt', { messages: [{ role: 'assistant', parts: [{ kind: 'text', text: said.replace('nine', 'ten') }] }, { role: 'user', parts: [{ kind: 'text', text: 'Thanks.' }] }] })].join('\n'), { token: 'words' })
    await theatre.stored.all.insert('signals', JSON.stringify({ signal_id: 'edited', at, kind: 'edit', ...before, by_trace_id: after.trace_id, value: 0.1, is_simulated: true, attributes: { 'weighbridge.signal.survival': '0.9' }, ingested_at: at }), { token: 'edited' })
    const opened = await theatre.open(`/trace/${before.trace_id}`)
    const { page } = opened
    await page.getByText('Which ferry goes to Gotland?').waitFor()
    await page.getByRole('button', { name: 'Show what was changed' }).last().click()
    expect(await page.locator('.diff del').innerText()).toBe('nine')
    expect(await page.locator('.diff ins').innerText()).toBe('ten')
    await theatre.finish(opened, 'journey-words')
  })

  it('see simulated or real and nothing of the other, with unknown costs and few probes said', async () => {
    const opened = await theatre.open('/')
    const { page } = opened
    await page.locator('.ledger').getByText(fixtureTargets(true)[0] ?? '').first().waitFor()
    expect(await page.locator('.band').innerText()).toMatch(/simulated/i)
    await page.getByRole('button', { name: 'Real', exact: true }).click()
    await page.locator('.ledger').getByText(fixtureTargets(false)[1] ?? '').first().waitFor()
    expect(page.url()).toContain('data=real')
    const text = await page.locator('main').innerText()
    for (const name of fixtureTargets(true)) expect(text).not.toContain(name)
    expect(await figure(page, 'Spend')).toContain('≥')
    expect(await page.locator('.dot-rule.few').count()).toBeGreaterThan(0)
    expect(await page.getByText('unpriced').count()).toBeGreaterThan(0)
    await theatre.finish(opened, 'journey-real')
  })

  it('read a bar by keyboard, bill by two dimensions, and keep a theme', async () => {
    const opened = await theatre.open('/bill', { colorScheme: 'light' })
    const { page } = opened
    await page.getByRole('group', { name: /US dollars per day/ }).focus()
    await page.keyboard.press('ArrowLeft')
    await page.locator('[aria-label="Day by day"] .note').getByText(/:/).waitFor()
    await page.getByRole('button', { name: 'task', exact: true }).click()
    await page.waitForURL(/by=target%2Ctask/)
    await page.getByRole('columnheader', { name: 'task' }).waitFor()
    const ground = (): Promise<unknown> => page.evaluate('getComputedStyle(document.body).backgroundColor')
    const light = await ground()
    await page.getByRole('button', { name: /^Theme: system/ }).click()
    await page.getByRole('button', { name: /^Theme: light/ }).click()
    expect(await ground()).not.toBe(light)
    await page.reload()
    await page.getByRole('button', { name: /^Theme: dark/ }).waitFor()
    await theatre.finish(opened, 'journey-bill')
  })

  it('be told what to do: an id nobody has, a trace on its way, no learner, a key that is missing, a database that does not answer', async () => {
    const opened = await theatre.open(`/trace/${'0'.repeat(32)}`)
    const { page } = opened
    await page.getByText('Not here yet.').waitFor()
    await page.getByRole('searchbox').fill('req_nobody_has_1')
    await page.getByRole('searchbox').press('Enter')
    await page.getByText(/has this trace, response or request id/).waitFor()
    theatre.admin.fail = { status: 503 }
    await page.goto(`${theatre.stage.url}/routes?view=history`)
    await page.getByText('The learner does not run here.').first().waitFor()
    await page.getByText('as stored; the admin route does not answer').waitFor()
    expect(await page.getByRole('button', { name: 'Roll back' }).count()).toBe(0)
    theatre.admin.fail = { status: 401 }
    await page.goto(`${theatre.stage.url}/routes`)
    await page.getByLabel(/Key with the scope read/).waitFor()
    theatre.admin.fail = undefined
    await page.context().close()
  })

  it('learn how calls get here when nothing is stored', async () => {
    const nothing = await storeNothing()
    const bare = await theatre.serve({ clickhouse: nothing.reader, simulatedDefault: () => false })
    try {
      const { page } = await theatre.open('/', {}, bare.url)
      await page.getByText(/No real calls/).waitFor()
      expect(await page.getByText(/base_url=/).count()).toBe(1)
      await page.getByRole('link', { name: 'Evals' }).click()
      await page.getByText(/No real run is stored/).waitFor()
      await page.getByRole('link', { name: 'Traces' }).click()
      await page.getByText('No calls in this window.').waitFor()
      await page.context().close()
    } finally {
      await nothing.close()
    }
  })

  // Last: it publishes, which the other tests would see.
  it('apply a recommendation only after a confirmation, and roll it back', async () => {
    const opened = await theatre.open('/')
    const { page } = opened
    const sent = (): unknown[] => theatre.admin.posted.filter(({ path }) => path !== '/explain')
    await page.getByRole('link', { name: 'Weigh and apply' }).click()
    await page.getByRole('button', { name: 'Apply all 2 moves' }).click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    expect(sent()).toEqual([])
    await page.getByLabel('apply to simple_qa').uncheck()
    await page.getByRole('button', { name: 'Apply 1 of 2 moves' }).click()
    await page.getByRole('button', { name: 'Apply now' }).click()
    await page.getByText(/Version 3 is published/).waitFor()
    expect(sent()).toEqual([{ path: '/apply', body: { id: 'rec-1', tasks: ['factual_recall'] } }])
    await page.getByText('Nothing waits for a decision.').waitFor()
    await page.getByRole('link', { name: 'History' }).click()
    await page.getByText(/did the provider change the model/).waitFor()
    await page.getByRole('button', { name: 'Roll back', exact: true }).click()
    await page.getByRole('button', { name: 'Roll back now' }).click()
    await page.getByText('Rolled back, published as version 4.').waitFor()
    expect(sent().at(-1)).toEqual({ path: '/rollback', body: {} })
    await theatre.finish(opened, 'journey-applied')
  })
})
