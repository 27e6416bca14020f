// A TCP relay in front of ClickHouse that breaks on command: connections refused, requests cut half-way, answers that never arrive.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'

/** `pass`; `refuse`: connections are closed at once; `cut_insert`: an insert's body stops after half of its first chunk; `lose_answer`: an insert reaches the server, the connection dies instead of its answer; `hold_answer`: the answer never comes. */
export type Fault = 'pass' | 'refuse' | 'cut_insert' | 'lose_answer' | 'hold_answer'

export type Relay = {
  readonly url: string
  set(fault: Fault, times?: number): void
  readonly faults: () => number
  /** Resolves when the next insert passes by. */
  nextInsert(): Promise<void>
  close(): Promise<void>
}

/** Starts one in front of an origin; a fault lasts until changed, or for so many inserts. */
export async function startRelay(target: string): Promise<Relay> {
  const { hostname, port } = new URL(target)
  let fault: Fault = 'pass'
  let left = Infinity
  let faults = 0
  const waiting: (() => void)[] = []
  const sockets = new Set<Socket>()
  const spend = (): void => {
    faults += 1
    left -= 1
    if (left <= 0) fault = 'pass'
  }
  const server = createServer((client) => {
    if (fault === 'refuse') {
      client.destroy()
      return
    }
    const upstream = connect(Number(port), hostname)
    let losing = false
    let holding = false
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => {
        sockets.delete(socket)
        client.destroy()
        upstream.destroy()
      })
    }
    client.on('data', (chunk: Buffer) => {
      const insert = chunk.includes('INSERT')
      if (insert) for (const told of waiting.splice(0)) told()
      if (insert && fault === 'cut_insert') {
        spend()
        upstream.write(chunk.subarray(0, chunk.length >> 1), () => client.destroy())
        return
      }
      if (insert && fault === 'lose_answer') {
        spend()
        losing = true
      }
      if (insert && fault === 'hold_answer') {
        spend()
        holding = true
      }
      upstream.write(chunk)
    })
    upstream.on('data', (chunk: Buffer) => {
      if (losing) client.destroy()
      else if (!holding) client.write(chunk)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const relayPort = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${relayPort}`,
    set(next, times = Infinity) {
      fault = next
      left = times
      if (next === 'refuse') for (const socket of sockets) socket.destroy()
    },
    faults: () => faults,
    nextInsert: () => new Promise((resolve) => waiting.push(resolve)),
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
