// A server's way in and out: bound to its port, and closed with what is under way let to its end.
import type { Server } from 'node:http'
import { WeighbridgeError } from '../../core/errors.ts'

const CLOSE_GRACE_MS = 10_000

/** The port it listens on. Throws `port_taken`. */
export function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolvePort, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new WeighbridgeError('port_taken', `Port ${port} on ${host} is taken.`, { cause: error }) : error)
    })
    server.listen(port, host, () => {
      const address = server.address()
      resolvePort(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

/** Takes no more requests; those under way get ten seconds. */
export function closeServer(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve()
  return new Promise((done) => {
    const timer = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS)
    server.close(() => {
      clearTimeout(timer)
      done()
    })
    server.closeIdleConnections()
  })
}
