// The runbook that alerts link to: served as it stands, an anchor per alert, nothing of it run as a page of ours.
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ALERT_RULES } from '../../dashboards/grafana/alerts.ts'
import { runbookMount, runbookPage } from '../../dashboards/web/runbook.ts'
import { startStage, type Stage } from '../browser/stage.ts'

describe('the runbook', () => {
  let stage: Stage
  beforeAll(async () => {
    stage = await startStage([runbookMount(fileURLToPath(new URL('../../docs/runbook.md', import.meta.url))), { ...runbookMount('/nowhere/runbook.md'), prefix: '/elsewhere', handle: (request, response) => runbookMount('/nowhere/runbook.md').handle(request, response, new URL('http://x/runbook')) }])
  })
  afterAll(() => stage.close())

  it('has an entry for every alert rule, under the name that its link ends in', async () => {
    const answer = await fetch(`${stage.url}/runbook`)
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'")
    const text = await answer.text()
    for (const { name } of ALERT_RULES) expect(text).toContain(`<pre id="${name}">`)
  })

  it('shows its text and runs none of it', () => {
    const page = runbookPage('# A\n<script>x</script>\n<a id="an-entry"></a>\n## B & C\n`<b>`\n')
    expect(page).toContain('&lt;script&gt;x&lt;/script&gt;')
    expect(page).toContain('<pre id="an-entry">## B &amp; C\n`&lt;b&gt;`\n</pre>')
    expect(page).not.toContain('<script>')
  })

  it('is read and not written, at its own address alone, and says where there is none', async () => {
    expect((await fetch(`${stage.url}/runbook`, { method: 'HEAD' })).status).toBe(200)
    expect((await fetch(`${stage.url}/runbook/x`)).status).toBe(404)
    expect((await fetch(`${stage.url}/elsewhere`)).status).toBe(404)
    expect((await fetch(`${stage.url}/runbook`, { method: 'DELETE' })).status).not.toBe(200)
  })
})
