/** What can be chosen as a period: its key in addresses, its seconds, its text. */
export const spans: [key: string, seconds: number, text: string][] = [
  ['5m', 300, 'Last 5 minutes'],
  ['15m', 900, 'Last 15 minutes'],
  ['1h', 3600, 'Last hour'],
  ['6h', 21_600, 'Last 6 hours'],
  ['1d', 86_400, 'Last day'],
  ['7d', 604_800, 'Last 7 days'],
]

export const isFixed = (range: string) => /^\d+-\d+$/.test(range)

/** `[start, end]` in seconds; empty for all times. */
export function rangeOf(range: string): [number, number] | [] {
  if (isFixed(range)) {
    const [from, to] = range.split('-').map(Number)
    return [from!, to!]
  }
  const found = spans.find(([key]) => key === range)
  if (!found) return []
  const now = Math.floor(Date.now() / 1000)
  return [now - found[1], now]
}

/** How long a chart of this period stays as it is, in milliseconds: until it has moved by about two points, and not below 10 s. */
export function restOf(range: string): number {
  const [from, to] = rangeOf(range)
  return Math.max(10_000, (((to ?? 0) - (from ?? 0)) / 500) * 1000)
}
