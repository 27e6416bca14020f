// A streamed answer on its way out: the surface's writer makes bytes of parts, the response takes them at the client's pace.
// The terminal event waits until it is known that the answer is whole and its spans are on disk.
import type { ServerResponse } from 'node:http'
import type { WeighbridgeError } from '../../core/errors.ts'
import type { AnswerFacts } from '../../core/model-answer.ts'
import type { ClientGone } from '../execute/client-gone.ts'
import type { AnswerSink, Committed } from '../execute/dependencies.ts'
import type { ShownError, StreamPart } from '../providers/adapter.ts'
import { closeUnlessRead, READ_OUT_MS } from './answer.ts'
import type { AnswerContext, Surface, SurfaceWriter } from './surfaces/surface.ts'

export type StreamOptions = {
  readonly response: ServerResponse
  readonly surface: Surface
  readonly gone: ClientGone
  /** Headers and context of the answer, once it is known who gives it. */
  readonly describe: (committed: Committed) => { readonly headers: Readonly<Record<string, string>>; readonly context: AnswerContext }
  /** How long a client may take to read what waits for it. Default READ_OUT_MS. */
  readonly readOutMs?: number
}

export class AnswerStream implements AnswerSink {
  readonly #options: StreamOptions
  #writer: SurfaceWriter | undefined
  #isOwn = false

  constructor(options: StreamOptions) {
    this.#options = options
  }

  begun(): boolean {
    return this.#writer !== undefined
  }

  begin(committed: Committed): void {
    const { response, surface, describe } = this.#options
    const { headers, context } = describe(committed)
    this.#writer = surface.writer(context)
    this.#isOwn = committed.wire === surface.wire
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache', 'x-accel-buffering': 'no' })
  }

  part(part: StreamPart): Promise<void> | undefined {
    const { response, gone } = this.#options
    if (gone.aborted || this.#writer === undefined) return undefined
    const text = this.#isOwn ? this.#writer.own(part) : this.#writer.translated(part)
    if (text === '' || response.write(text)) return undefined
    return new Promise((resolve) => {
      // The attempt waits here, deaf to its deadlines: a client that stopped reading must not hold it for ever.
      const timer = setTimeout(() => response.destroy(), this.#options.readOutMs ?? READ_OUT_MS)
      const go = (): void => {
        clearTimeout(timer)
        response.off('drain', go)
        gone.forget(go)
        resolve()
      }
      response.once('drain', go)
      gone.listen(go)
    })
  }

  /** Writes the rest of a whole answer, or the error that tells a client its answer is not whole. */
  end(facts: AnswerFacts | undefined, error: WeighbridgeError | undefined, shown: ShownError | undefined): void {
    const { response } = this.#options
    if (this.#writer === undefined || response.destroyed) return
    if (error !== undefined) response.end(this.#writer.fail(error, shown))
    else if (facts !== undefined) response.end(this.#writer.end(facts))
    else return void response.destroy()
    closeUnlessRead(response, this.#options.readOutMs)
  }
}
