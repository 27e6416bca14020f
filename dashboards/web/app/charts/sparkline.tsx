// A row's course over the window in a cell of a table: bars on a scale that the whole column shares. Read out by the row's own figures.
export function Sparkline({ values, high, colour, picked, width = 150, height = 24 }: { values: readonly number[]; high: number; colour: string; picked?: number | undefined; width?: number; height?: number }) {
  const step = width / Math.max(1, values.length)
  return (
    <svg class="sparkline" width={width} height={height} aria-hidden="true" viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none">
      <line class="axis" x1="0" x2={width} y1={height - 0.5} y2={height - 0.5} />
      {values.map((value, i) => {
        const tall = high > 0 ? (value / high) * (height - 2) : 0
        return value === 0 ? null : <rect key={i} x={i * step} width={Math.max(0.8, step - (step > 3 ? 0.75 : 0))} y={height - 1 - Math.max(0.8, tall)} height={Math.max(0.8, tall)} fill={colour} opacity={picked === undefined || picked === i ? 1 : 0.35} />
      })}
    </svg>
  )
}
