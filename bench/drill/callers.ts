// Callers of the drill: streamed calls at a steady rate whatever the answers do, spread over the routers that live. Like callers behind a
// load balancer, one whose router died under it asks the other; a call fails when it has no whole answer after that.
import { request } from 'undici'

export type Call = {
  readonly phase: string
  readonly router: string
  readonly startedMs: number
  /** To the first and to the last byte of the answer. */
  readonly firstMs: number
  readonly totalMs: number
  /** The provider that answered; `undefined`: none did. */
  readonly provider: string | undefined
  /** Asked a second router because the first died. */
  readonly moved: boolean
  readonly fault: string | undefined
}

export class Callers {
  readonly calls: Call[] = []
  phase = 'start'
  routers: readonly { readonly name: string; readonly url: string }[] = []
  #timer: NodeJS.Timeout | undefined
  #turn = 0
  readonly #underWay = new Set<Promise<void>>()

  start(perSecond: number): void {
    this.#timer = setInterval(() => {
      const work: Promise<void> = this.#one().finally(() => this.#underWay.delete(work))
      this.#underWay.add(work)
    }, 1000 / perSecond)
  }

  /** Stops asking and waits for the answers still to come. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#underWay)
  }

  async #one(): Promise<void> {
    const { phase, routers } = this
    const turn = (this.#turn += 1)
    const startedMs = performance.now()
    let fault: string | undefined
    for (let tries = 0; tries < 2; tries += 1) {
      // Of the second try the list is read anew: a dead router has left it by then, or the other one is next in it.
      const list = tries === 0 ? routers : this.routers
      const router = list[(turn + tries) % list.length]
      if (router === undefined) break
      try {
        const { provider, firstMs } = await ask(router, startedMs)
        this.calls.push({ phase, router: router.name, startedMs, firstMs, totalMs: performance.now() - startedMs, provider, moved: tries > 0, fault: undefined })
        return
      } catch (error) {
        fault = error instanceof Error ? error.message : String(error)
      }
    }
    this.calls.push({ phase, router: '', startedMs, firstMs: Number.NaN, totalMs: performance.now() - startedMs, provider: undefined, moved: true, fault: fault ?? 'no router' })
  }
}

async function ask(router: { readonly name: string; readonly url: string }, startedMs: number): Promise<{ provider: string; firstMs: number }> {
  const answer = await request(`${router.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'auto', stream: true, user: router.name, messages: [{ role: 'user', content: 'What is on the scale?' }] }),
  })
  let text = ''
  let firstMs = Number.NaN
  for await (const chunk of answer.body) {
    if (text === '') firstMs = performance.now() - startedMs
    text += String(chunk)
  }
  const [, provider] = /"content":"(first|second): "/.exec(text) ?? []
  if (answer.statusCode !== 200 || provider === undefined || !text.includes('scale.') || !text.trimEnd().endsWith('data: [DONE]')) throw new Error(`HTTP ${answer.statusCode}: ${text.slice(0, 200)}`)
  return { provider, firstMs }
}
