// Whether git would take a file into its repository; what is private must not be.
import { execFile } from 'node:child_process'
import { dirname } from 'node:path'

/** `tracked` or `exposed` (not ignored): the file is or would be committed. `ignored`, or `outside` of any repository: it is not. */
export type GitState = 'tracked' | 'exposed' | 'ignored' | 'outside' | 'unknown'

/** Asks git about one file; `unknown` where there is no git. */
export async function gitStateOf(path: string): Promise<GitState> {
  const tracked = await git(['ls-files', '--error-unmatch', '--', path], dirname(path))
  if (tracked === 'missing') return 'unknown'
  if (tracked === 0) return 'tracked'
  const ignored = await git(['check-ignore', '-q', '--', path], dirname(path))
  return ignored === 0 ? 'ignored' : ignored === 1 ? 'exposed' : 'outside'
}

function git(words: readonly string[], cwd: string): Promise<number | 'missing'> {
  return new Promise((resolve) => {
    execFile('git', words, { cwd, timeout: 10_000 }, (error) => {
      if (error === null) resolve(0)
      else resolve(typeof error.code === 'number' ? error.code : 'missing')
    })
  })
}
