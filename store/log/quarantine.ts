// Copies of damaged segments, for a person to look at. They are never what fills a disk: a few of the newest are kept, and none when
// there is no room left for records.
import { copyFile, readdir, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'

const SUFFIX = '.corrupt'
const MOST_COPIES = 3

async function copies(dir: string): Promise<{ readonly path: string; readonly atMs: number }[]> {
  const found = (await readdir(dir)).filter((name) => name.endsWith(SUFFIX)).map((name) => join(dir, name))
  const all = await Promise.all(found.map(async (path) => ({ path, atMs: (await stat(path)).mtimeMs })))
  return all.toSorted((a, b) => b.atMs - a.atMs)
}

async function keepNewest(dir: string, most: number): Promise<void> {
  for (const { path } of (await copies(dir)).slice(most)) await unlink(path)
}

/** Copies a segment aside unless that was done before. Throws Node's file errors; a copy that did not fit is taken away again. */
export async function setCopyAside(dir: string, segmentPath: string): Promise<void> {
  const aside = `${segmentPath}${SUFFIX}`
  if (await stat(aside).then(() => true, () => false)) return
  await keepNewest(dir, MOST_COPIES - 1)
  try {
    await copyFile(segmentPath, aside)
  } catch (error) {
    await unlink(aside).catch(() => undefined)
    throw error
  }
}

/** Lets go of all copies. */
export async function dropCopies(dir: string): Promise<void> {
  await keepNewest(dir, 0).catch(() => undefined)
}
