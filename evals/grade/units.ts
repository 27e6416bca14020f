// Values brought from one unit to another, for the units short answers come in. Pure numbers and names of units.

/** Sizes of units in a common base, by dimension; °C and °F are left to `convert`. */
const UNITS: Readonly<Record<string, { base: string; factor: number }>> = Object.fromEntries(
  (
    [
      ['length', 1, 'm metre metres meter meters'],
      ['length', 1000, 'km kilometre kilometres kilometer kilometers'],
      ['length', 0.01, 'cm centimetre centimetres centimeter centimeters'],
      ['length', 0.001, 'mm millimetre millimetres millimeter millimeters'],
      ['length', 0.3048, 'ft foot feet'],
      ['length', 0.0254, 'inch inches'],
      ['length', 0.9144, 'yd yard yards'],
      ['length', 1609.344, 'mi mile miles'],
      ['mass', 1, 'kg kilogram kilograms'],
      ['mass', 0.001, 'g gram grams'],
      ['mass', 0.45359237, 'lb lbs pound pounds'],
      ['time', 1, 's second seconds'],
      ['time', 60, 'min minute minutes'],
      ['time', 3600, 'h hour hours'],
      ['time', 86400, 'day days'],
      ['pressure', 1, 'pa pascal pascals'],
      ['pressure', 100, 'hpa'],
      ['pressure', 1000, 'kpa'],
      ['pressure', 1e5, 'bar'],
      ['speed', 1, 'm/s'],
      ['speed', 1000, 'km/s'],
      ['speed', 1 / 3.6, 'km/h'],
      ['temperature', 1, '°c c celsius'],
      ['temperature', -1, '°f f fahrenheit'],
      ['temperature', -2, 'k kelvin'],
    ] satisfies [string, number, string][]
  ).flatMap(([base, factor, names]) => names.split(' ').map((name): [string, { base: string; factor: number }] => [name, { base, factor }])),
)

/** Whether both units are known and measure the same thing. */
export function isConvertible(from: string, to: string): boolean {
  const base = UNITS[from.replace(/\s/g, '')]?.base
  return base !== undefined && base === UNITS[to.replace(/\s/g, '')]?.base
}

/** A value in the wanted unit; unchanged when either is unknown or they measure different things (`metres per second` reads as metres). */
export function convert(value: number, from: string, to: string): number {
  const source = UNITS[from.replace(/\s/g, '')]
  const target = UNITS[to.replace(/\s/g, '')]
  if (source === undefined || target === undefined || from === to) return value
  if (source.base !== target.base) return value
  if (source.base !== 'temperature') return source.factor === target.factor ? value : (value * source.factor) / target.factor
  const celsius = source.factor === -1 ? ((value - 32) * 5) / 9 : source.factor === -2 ? value - 273.15 : value
  return target.factor === -1 ? (celsius * 9) / 5 + 32 : target.factor === -2 ? celsius + 273.15 : celsius
}
