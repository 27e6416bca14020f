// A collector that takes everything and keeps nothing, so that a router's telemetry is really sent while the collector's own
// work is not measured with it. It counts the bytes, which the bench reads to see that spans did arrive.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

let bytes = 0
const server = createServer((request, response) => {
  request.on('data', (chunk: Buffer) => (bytes += chunk.length))
  request.on('end', () => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end('{}')
  })
})
// A cast to the only form that a TCP server's address has.
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('message', () => process.send?.({ bytes }))
process.on('disconnect', () => process.exit(0))
