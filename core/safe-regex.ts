// Regular expressions that come from outside (a configuration, a price list): whether one is safe to run on any text. Pure.

/**
 * Whether a text is a regular expression that cannot take exponential time on a hostile name: no repeated group that itself
 * repeats, leaves out or chooses, however deep inside.
 */
export function isSafeRegex(source: string): boolean {
  try {
    if (!(new RegExp(source) instanceof RegExp)) return false
  } catch {
    return false
  }
  // Escapes and classes stand for one character each; what is left is groups, choices and repetitions.
  const bones = source.replace(/\\[^]|\[(?:\\[^]|[^\]\\])*\]/g, 'x').replace(/\(\?(?:[:=!]|<[=!]|<[^>]*>)/g, '(')
  const varies: boolean[] = []
  for (const [at, sign] of [...bones].entries()) {
    if (sign === '(') varies.push(false)
    else if ('*+?{|'.includes(sign)) varies.fill(true)
    else if (sign === ')' && varies.pop() === true && '*+{'.includes(bones[at + 1] ?? ' ')) return false
  }
  return true
}
