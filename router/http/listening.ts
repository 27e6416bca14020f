// A server's way in and out: bound to its port, and closed with what is under way let to its end.
import type { Server } from 'node:http'
import { WeighbridgeError } from '../../core/errors.ts'

/** How often connections that have become idle are closed meanwhile. */
const SWEEP_MS = 50

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

/**
 * Takes no more connections. Answers under way get `graceMs` to end; requests that still come on open connections are answered
 * and told to go elsewhere (`connection: close`), and a connection ends once it is idle.
 */
export function closeServer(server: Server, graceMs: number): Promise<void> {
  if (!server.listening) return Promise.resolve()
  server.prependListener('request', (_request, response) => {
    response.shouldKeepAlive = false
  })
  return new Promise((done) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs)
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS)
    server.close(() => {
      clearTimeout(timer)
      clearInterval(sweep)
      done()
    })
    server.closeIdleConnections()
  })
}
