// Loaded before a router under test (--import): every write to a file takes its time, as on a disk that is busy. It slows the
// system's own write, so that the router's code runs as it is.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const SLOW_MS = 80

const write = fs.write as (...args: unknown[]) => void
// The many forms of fs.write differ only in arguments that pass through here untouched.
fs.write = ((...args: unknown[]) => void setTimeout(() => write(...args), SLOW_MS)) as typeof fs.write
syncBuiltinESMExports()
