import { post, type Schemas } from '../api/client'
import { isAdministrator } from '../state/session'
import { labels } from '../text'

export type Point = [time: number, value: number]
export interface Course {
  label: string
  points: Point[]
}

/** As a condition names one series. */
export function selector(name: string, label: Record<string, string>): string {
  const parts = Object.entries(label).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
  return parts.length ? `${name}{${parts.join(',')}}` : name
}

export const same = (a: Record<string, string>, b: Record<string, string>) => labels(a) === labels(b)

/** The samples of some series of a host, by label. */
export async function samples(
  host: string,
  wanted: { name: string; label: Record<string, string> }[],
  range: [number, number],
  signal?: AbortSignal,
): Promise<Map<string, Point[]>> {
  const found = new Map<string, Point[]>()
  if (!wanted.length) return found
  if (isAdministrator.value) {
    const body = { time_range: range, data_infos: { [host]: wanted.map((x) => ({ name: x.name, type: 'kpi', label: x.label })) } }
    const reply = await post('/data/data/get', body, { signal })
    for (const entry of reply.result[host]?.succeed_list ?? []) {
      const isWanted = wanted.some((x) => x.name === entry.name && same(x.label, entry.label))
      if (isWanted) found.set(entry.name + labels(entry.label), (entry.values as [number, string][]).map(([at, v]) => [at, Number(v)]))
    }
    return found
  }
  // What an ordinary user may ask of the hosts that he sees: up to 240 values of each.
  for (const x of wanted) {
    const condition = `${selector(x.name, x.label)} >= 0 || true`
    const reply = await post('/check/condition/eval', { host_id: host, condition, time_range: range }, { signal }).catch(() => undefined)
    const part = reply?.parts.find((p) => same(p.labels, x.label)) ?? reply?.parts[0]
    if (part) found.set(x.name + labels(x.label), part.values.map((p) => [p.time, Number(p.value)]))
  }
  return found
}

/** Increase per second; a drop is a restart of the counter. */
export function rate(points: Point[]): Point[] {
  const out: Point[] = []
  for (let i = 1; i < points.length; ++i) {
    const [t0, v0] = points[i - 1]!
    const [t1, v1] = points[i]!
    if (t1 > t0) out.push([t1, (v1 >= v0 ? v1 - v0 : v1) / (t1 - t0)])
  }
  return out
}

export const isCounter = (name: string) => name.endsWith('_total')

/** What the values are counted in, as far as the name says so. */
export function unitOf(name: string, isRate: boolean): string {
  const unit = /_(bytes|seconds|ratio|celsius|volts|hertz|percent)(?:_total)?$/.exec(name)?.[1] ?? ''
  if (!isRate) return unit
  return unit === 'seconds' ? 's/s' : unit ? `${unit}/s` : '/s'
}

/** At most so many points: of each stretch its least and its greatest, so no peak is lost. */
export function reduced(points: Point[], most: number): Point[] {
  if (points.length <= most) return points
  const out: Point[] = []
  const step = points.length / (most / 2)
  for (let i = 0; i < most / 2; ++i) {
    const piece = points.slice(Math.floor(i * step), Math.floor((i + 1) * step))
    if (!piece.length) continue
    let low = piece[0]!
    let high = low
    for (const p of piece) {
      if (p[1] < low[1]) low = p
      if (p[1] > high[1]) high = p
    }
    out.push(...(low === high ? [low] : low[0] < high[0] ? [low, high] : [high, low]))
  }
  return out
}

export interface Band {
  from: number
  to: number
  text: string
  tone: 'bad' | 'warn' | 'info'
}

export function bandsOf(results: Schemas['check_result'][]): Band[] {
  return results
    .filter((r) => r.value === 'Abnormal')
    .map((r) => ({
      from: r.start,
      to: r.end,
      text: r.check_item + labels(r.labels),
      tone: r.severity === 'critical' ? 'bad' : r.severity === 'info' ? 'info' : 'warn',
    }))
}
