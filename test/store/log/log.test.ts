import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFile, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { WeighbridgeError } from '../../../core/errors.ts'
import { realDisk } from '../../../store/log/disk.ts'
import type { LogDisk } from '../../../store/log/disk.ts'
import { openSegmentedLog } from '../../../store/log/log.ts'
import type { SegmentedLog, SegmentedLogOptions } from '../../../store/log/log.ts'

const silent = pino({ level: 'silent' })
let dir = ''
let opened: SegmentedLog[] = []

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'weighbridge-log-'))
  opened = []
})
afterEach(async () => {
  for (const log of opened) await log.close()
  await rm(dir, { recursive: true, force: true })
})

async function openLog(options: Partial<SegmentedLogOptions> = {}): Promise<SegmentedLog> {
  const log = await openSegmentedLog({ dir, fsync: false, log: silent, ...options })
  opened.push(log)
  return log
}
const bytes = (text: string): Uint8Array => Buffer.from(text)
async function texts(log: SegmentedLog, after?: number): Promise<string[]> {
  const found: string[] = []
  for await (const entry of log.read(after)) found.push(Buffer.from(entry.record).toString())
  return found
}
async function segmentFiles(): Promise<string[]> {
  return (await readdir(dir)).filter((name) => name.endsWith('.seg')).sort()
}
async function flipByte(path: string, offset: number): Promise<void> {
  const content = await readFile(path)
  content[offset] = (content[offset] ?? 0) ^ 0x40
  await writeFile(path, content)
}

describe('a segmented log', () => {
  it('gives back what was appended, in order, across a reopening', async () => {
    const log = await openLog({ segmentBytes: 100 })
    const wanted = Array.from({ length: 40 }, (_, n) => `record ${n}`)
    for (const text of wanted) await log.append(bytes(text))
    expect(await texts(log)).toEqual(wanted)
    const { id } = log
    await log.close()
    const again = await openLog({ segmentBytes: 100 })
    expect(again.id).toBe(id)
    expect(await texts(again)).toEqual(wanted)
    expect((await segmentFiles()).length).toBeGreaterThan(3)
  })

  it('starts after the last released record, and deletes the segments that are done with', async () => {
    const log = await openLog({ segmentBytes: 100 })
    const positions: number[] = []
    for (let n = 0; n < 20; n += 1) positions.push(await log.append(bytes(`record ${n}`)))
    const before = (await segmentFiles()).length
    await log.release(positions[14] ?? 0)
    expect((await segmentFiles()).length).toBeLessThan(before)
    expect(log.stats().records).toBe(5)
    await log.close()
    const again = await openLog()
    expect(await texts(again)).toEqual(['record 15', 'record 16', 'record 17', 'record 18', 'record 19'])
    expect(again.stats().records).toBe(5)
  })

  it('never gives a position twice, even when everything was released', async () => {
    const first = await openLog()
    const last = await first.append(bytes('a'))
    await first.release(last)
    await first.close()
    const again = await openLog()
    expect(await again.append(bytes('b'))).toBeGreaterThan(last)
    expect(await texts(again)).toEqual(['b'])
  })

  it('puts everything queued behind a write into the next one', async () => {
    let writes = 0
    const disk: LogDisk = { ...realDisk, write: (...args) => ((writes += 1), realDisk.write(...args)) }
    const log = await openLog({ disk })
    await Promise.all(Array.from({ length: 500 }, (_, n) => log.append(bytes(`${n}`))))
    expect(writes).toBe(1)
    expect((await texts(log)).length).toBe(500)
  })

  it('takes an append made by the very continuation of another append', async () => {
    const log = await openLog()
    for (let round = 0; round < 50; round += 1) await log.append(bytes('one')).then(() => log.append(bytes('two')))
    expect(log.stats().records).toBe(100)
  })

  it('syncs before it acknowledges when asked to', async () => {
    const order: string[] = []
    const disk: LogDisk = {
      ...realDisk,
      write: async (...args) => {
        await realDisk.write(...args)
        order.push('write')
      },
      sync: async (file) => {
        await realDisk.sync(file)
        order.push('sync')
      },
    }
    const log = await openLog({ disk, fsync: true })
    await log.append(bytes('a')).then(() => order.push('acknowledged'))
    expect(order).toEqual(['write', 'sync', 'acknowledged'])
  })

  it('cuts an unfinished last write off, wherever it stopped', async () => {
    const log = await openLog()
    for (const text of ['a', 'b', 'the last one']) await log.append(bytes(text))
    await log.close()
    const [name] = await segmentFiles()
    const whole = await readFile(join(dir, name ?? ''))
    const lastStart = whole.length - 20 - 'the last one'.length
    for (let cut = lastStart + 1; cut < whole.length; cut += 1) {
      for (const file of await segmentFiles()) await rm(join(dir, file))
      await writeFile(join(dir, name ?? ''), whole.subarray(0, cut))
      const again = await openLog()
      expect(await texts(again)).toEqual(['a', 'b'])
      await again.append(bytes('c'))
      expect(await texts(again)).toEqual(['a', 'b', 'c'])
      expect(again.stats().corruptSegments).toBe(0)
      await again.close()
    }
  })

  it('sets a damaged segment aside, counts it and keeps every other record, whichever byte flipped', async () => {
    const log = await openLog()
    for (const text of ['first', 'second', 'third']) await log.append(bytes(text))
    await log.close()
    const [name] = await segmentFiles()
    const path = join(dir, name ?? '')
    const whole = await readFile(path)
    for (let offset = 25; offset < 25 + 26; offset += 1) {
      for (const file of (await readdir(dir)).filter((file) => file.includes('.seg'))) await rm(join(dir, file))
      await writeFile(path, whole)
      await flipByte(path, offset)
      const again = await openLog()
      expect(await texts(again)).toEqual(['first', 'third'])
      expect(again.stats()).toMatchObject({ corruptSegments: 1, lostBytes: 26, records: 2 })
      expect(await readdir(dir)).toContain(`${name}.corrupt`)
      await again.close()
    }
  })

  it('finds damage that came after it was opened', async () => {
    const log = await openLog()
    for (const text of ['first', 'second', 'third']) await log.append(bytes(text))
    const [name] = await segmentFiles()
    await flipByte(join(dir, name ?? ''), 25 + 22)
    expect(await texts(log)).toEqual(['first', 'third'])
    expect(log.stats().corruptSegments).toBe(1)
  })

  it('gives nothing of a log in which all is damaged, and lets go of it when released to its end', async () => {
    const log = await openLog()
    for (const text of ['first', 'second']) await log.append(bytes(text))
    const [name] = await segmentFiles()
    const path = join(dir, name ?? '')
    await writeFile(path, (await readFile(path)).fill(0))
    expect(await texts(log)).toEqual([])
    expect(log.end()).toBeGreaterThan(log.released())
    await log.release(log.end())
    expect(log.stats()).toMatchObject({ records: 0, bytes: 0, corruptSegments: 1 })
    await log.append(bytes('third'))
    expect(await texts(log)).toEqual(['third'])
  })

  it('does not take bytes inside a damaged record for a record', async () => {
    const log = await openLog()
    await log.append(bytes('inner'))
    const [name] = await segmentFiles()
    const frame = await readFile(join(dir, name ?? ''))
    await log.append(Buffer.concat([bytes('outer '), frame]))
    await log.append(bytes('after'))
    await log.close()
    await flipByte(join(dir, name ?? ''), frame.length + 21)
    expect(await texts(await openLog())).toEqual(['inner', 'after'])
  })

  it('refuses with disk_full while the disk is full, stores nothing of the refused, and recovers', async () => {
    let full = false
    const disk: LogDisk = {
      ...realDisk,
      async write(file, content, offset) {
        if (!full) return realDisk.write(file, content, offset)
        await realDisk.write(file, content.subarray(0, content.length >> 1), offset)
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
      },
    }
    const log = await openLog({ disk })
    await log.append(bytes('before'))
    full = true
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const refused = await log.append(bytes('lost')).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(WeighbridgeError)
      expect(refused).toMatchObject({ code: 'disk_full', details: { errno: 'ENOSPC' } })
    }
    expect(await texts(log)).toEqual(['before'])
    full = false
    await log.append(bytes('after'))
    expect(await texts(log)).toEqual(['before', 'after'])
    await log.close()
    expect(await texts(await openLog())).toEqual(['before', 'after'])
  })

  it('does not acknowledge what could not be synced', async () => {
    let failing = true
    const disk: LogDisk = {
      ...realDisk,
      async sync(file) {
        if (failing) throw Object.assign(new Error('i/o error'), { code: 'EIO' })
        await realDisk.sync(file)
      },
    }
    const log = await openLog({ disk, fsync: true })
    await expect(log.append(bytes('lost'))).rejects.toMatchObject({ code: 'disk_full', details: { errno: 'EIO' } })
    failing = false
    await log.append(bytes('kept'))
    await log.close()
    expect(await texts(await openLog())).toEqual(['kept'])
  })

  it('rejects at its bound, and takes records again once some are released', async () => {
    const log = await openLog({ maxBytes: 1000, segmentBytes: 200 })
    const positions: number[] = []
    for (let n = 0; n < 10; n += 1) positions.push(await log.append(Buffer.alloc(80)))
    await expect(log.append(bytes('x'))).rejects.toMatchObject({ code: 'disk_full', details: { bound: true } })
    await log.release(positions[1] ?? 0)
    await log.append(bytes('x'))
    await expect(log.append(Buffer.alloc(2000))).rejects.toMatchObject({ code: 'body_too_large' })
  })

  it('drops the oldest segments at its bound when told to, and counts the records', async () => {
    const log = await openLog({ maxBytes: 1000, segmentBytes: 200, whenFull: 'drop_oldest' })
    for (let n = 0; n < 50; n += 1) await log.append(Buffer.from(`${n}`.padStart(80, '0')))
    const kept = (await texts(log)).map(Number)
    expect(kept.at(-1)).toBe(49)
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, n) => 50 - kept.length + n))
    expect(log.stats().dropped).toBe(50 - kept.length)
    expect(log.stats().bytes).toBeLessThanOrEqual(1000)
  })

  it('keeps released segments for the stated time, unless their room is needed', async () => {
    let now = 1_000_000
    const clock = { nowMs: () => now, monotonicMs: () => now }
    const log = await openLog({ clock, keepMs: 60_000, segmentBytes: 100, maxBytes: 2000 })
    for (let n = 0; n < 10; n += 1) await log.release(await log.append(Buffer.alloc(80)))
    expect((await texts(log, 0)).length).toBe(10)
    expect(await texts(log)).toEqual([])
    now += 60_001
    await log.release(await log.append(Buffer.alloc(80)))
    expect((await texts(log, 0)).length).toBeLessThan(4)
    for (let n = 0; n < 40; n += 1) await log.append(Buffer.alloc(20))
    expect(log.stats().records).toBe(40)
  })

  it('keeps its files when the cursor is unreadable, and delivers again', async () => {
    const log = await openLog()
    await log.release(await log.append(bytes('a')))
    await log.append(bytes('b'))
    await log.close()
    await writeFile(join(dir, 'cursor.json'), '{"released":')
    expect(await texts(await openLog())).toEqual(['a', 'b'])
  })

  it('wakes a waiting reader on append, on abort and on close', async () => {
    const log = await openLog()
    const appended = log.waitBeyond(log.end())
    const position = await log.append(bytes('a'))
    await appended
    const abort = new AbortController()
    const aborted = log.waitBeyond(position, abort.signal)
    abort.abort()
    await aborted
    const closed = log.waitBeyond(position)
    await log.close()
    await closed
  })

  it('belongs to one owner at a time', async () => {
    const log = await openLog()
    await expect(openSegmentedLog({ dir, fsync: false, log: silent })).rejects.toMatchObject({ code: 'data_dir_locked' })
    await log.close()
    await openLog()
  })

  it('loses no acknowledged record to kill -9, at any moment', async () => {
    const acknowledged = new Set<string>()
    for (let round = 0; round < 3; round += 1) {
      acknowledged.clear()
      const target = join(dir, `round-${round}`)
      const child = spawn(process.execPath, [join(import.meta.dirname, 'writer-child.ts'), target], { stdio: ['ignore', 'pipe', 'inherit'] })
      let tail = ''
      child.stdout.on('data', (chunk: Buffer) => {
        const lines = (tail + chunk.toString()).split('\n')
        tail = lines.pop() ?? ''
        for (const line of lines) acknowledged.add(line)
        if (acknowledged.size > 300 * (round + 1)) child.kill('SIGKILL')
      })
      await once(child, 'close')
      const log = await openSegmentedLog({ dir: target, fsync: false, log: silent })
      const found = (await texts(log)).map((text) => text.split(':', 2).join(':'))
      await log.close()
      expect(new Set(found).size).toBe(found.length)
      expect([...acknowledged].filter((name) => !found.includes(name))).toEqual([])
      expect(acknowledged.size).toBeGreaterThan(300)
    }
  }, 60_000)

  it('behaves like a plain list under any mix of appends, releases, failures, crashes and reopenings', async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant('append' as const), sizes: fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 8 }) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('release' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('fail' as const) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('reopen' as const), torn: fc.uint8Array({ maxLength: 30 }) }) },
    )
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const place = await mkdtemp(join(dir, 'model-'))
        let failing = false
        const disk: LogDisk = {
          ...realDisk,
          async write(file, content, offset) {
            if (!failing) return realDisk.write(file, content, offset)
            await realDisk.write(file, content.subarray(0, 7), offset)
            throw Object.assign(new Error('full'), { code: 'ENOSPC' })
          },
        }
        const start = (): Promise<SegmentedLog> => openSegmentedLog({ dir: place, fsync: false, segmentBytes: 500, log: silent, disk })
        let log = await start()
        let model: { position: number; text: string }[] = []
        let serial = 0
        for (const action of steps) {
          if (action.do === 'append') {
            const batch = action.sizes.map((size) => `${(serial += 1)}:${'y'.repeat(size)}`)
            const positions = await Promise.all(batch.map((text) => log.append(bytes(text))))
            model.push(...batch.map((text, index) => ({ text, position: positions[index] ?? -1 })))
          } else if (action.do === 'release') {
            const upTo = model[Math.floor(action.share * (model.length - 1))]?.position ?? 0
            await log.release(upTo)
            model = model.filter((entry) => entry.position > upTo)
          } else if (action.do === 'fail') {
            failing = true
            await expect(log.append(bytes('never'))).rejects.toMatchObject({ code: 'disk_full' })
            failing = false
          } else {
            await log.close()
            const last = (await readdir(place)).filter((name) => name.endsWith('.seg')).sort().at(-1)
            if (last !== undefined) await appendFile(join(place, last), action.torn)
            log = await start()
          }
          expect(await texts(log)).toEqual(model.map((entry) => entry.text))
          expect(log.stats().records).toBe(model.length)
        }
        await log.close()
        await rm(place, { recursive: true })
      }),
      { numRuns: 40 },
    )
  }, 60_000)

  it('reads a record larger than its read window', async () => {
    const log = await openLog()
    const large = Buffer.alloc(3 * 1024 * 1024, 'z')
    await log.append(bytes('small'))
    await log.append(large)
    await log.append(bytes('small again'))
    expect((await texts(log)).map((text) => text.length)).toEqual([5, large.length, 11])
    const handle = await open(join(dir, (await segmentFiles())[0] ?? ''))
    expect((await handle.stat()).size).toBe(large.length + 5 + 11 + 60)
    await handle.close()
  })
})
