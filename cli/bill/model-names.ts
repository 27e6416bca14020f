// One spelling for a model that an export and our rows spell differently: dated snapshots, display names, vendors' prefixes. Pure.

/**
 * The name that both sides are compared by: lower case, dots, blanks and underscores as hyphens, without a date or `-latest` at the
 * end and without a variant (`:free`). `Claude Haiku 4.5` and `claude-haiku-4-5-20251001` are one model; so are two dated snapshots.
 * Vendor prefixes stay: at a router of routers they tell models apart.
 */
export function comparedModel(name: string): string {
  const plain = name.trim().toLowerCase().replace(/:[a-z0-9-]+$/, '').replaceAll(/[\s._]+/g, '-')
  return plain.replace(/-(latest|20\d{2}-?\d{2}-?\d{2})$/, '')
}
