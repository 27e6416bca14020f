// Just enough HTTP/1.1 over a bare socket for the bench's provider: whole requests in (by content-length or chunks), nothing
// else. It costs a fraction of node:http, so that the two cores are left to what is measured. Not for use outside the bench.

const HEAD_END = Buffer.from('\r\n\r\n')
const CHUNKS_END = Buffer.from('\r\n0\r\n\r\n')

/** Cuts a connection's bytes into requests; `onBody` gets each body (still in chunked form where it came so). */
export function requestReader(onBody: (body: Buffer) => void): (bytes: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0)
  return (bytes) => {
    pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes])
    for (;;) {
      const headEnd = pending.indexOf(HEAD_END)
      if (headEnd === -1) return
      const bodyStart = headEnd + HEAD_END.length
      const head = pending.toString('latin1', 0, headEnd)
      const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
      let end = bodyStart + Number(length ?? 0)
      if (length === undefined && /\r\ntransfer-encoding: *chunked/i.test(head)) {
        const last = pending.indexOf(CHUNKS_END, bodyStart - 2)
        if (last === -1) return
        end = last + CHUNKS_END.length
      }
      if (pending.length < end) return
      const body = pending.subarray(bodyStart, end)
      pending = pending.subarray(end)
      onBody(body)
    }
  }
}
