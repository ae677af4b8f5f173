import { ApiError, post, type Schemas } from '../api/client'
import { isAdministrator } from '../state/session'
import { labels } from '../text'

export type Point = [time: number, value: number]
export interface Course {
  label: string
  points: Point[]
}

export const same = (a: Record<string, string>, b: Record<string, string>) => labels(a) === labels(b)

/** So many series of a name are drawn for who asks for each by itself. */
export const mostSingle = 10
/** So many values the trial of a rule looks at; there is one a second at most. */
const mostTold = 200_000
const isTold = (series: number, range: [number, number]) => series * (range[1] - range[0]) <= mostTold

type Item = Schemas['check_rule']['data_list'][number]

/** The courses of what an item of a rule takes, up to 240 values of each: what everybody may ask of the hosts that he sees. */
async function courses(host: string, item: Item, range: [number, number], signal?: AbortSignal): Promise<{ label: Record<string, string>; points: Point[] }[]> {
  const rule = { check_item: 'drawn', data_list: [item], condition: '$0 < 0' }
  for (let pause = 200; ; pause *= 2) {
    try {
      const reply = await post('/check/rule/test', { host_id: host, rule, time_range: range }, { signal })
      return (reply.parts ?? []).map((p) => ({ label: p.labels ?? {}, points: p.values.map((v) => [v.time, Number(v.value)]) }))
    } catch (problem) {
      // A host that has not answered since.
      if (problem instanceof ApiError && problem.detail.startsWith('time_range:')) return []
      // A host tries few rules at a time, whoever asks.
      if (!(problem instanceof ApiError) || problem.code !== 1001 || pause > 2000) throw problem
      await new Promise((go) => setTimeout(go, pause))
      signal?.throwIfAborted()
    }
  }
}

/** Sums of the series of a name, by the values of a label; the node adds them up. */
export async function sums(host: string, name: string, by: string, values: string[], range: [number, number], signal?: AbortSignal): Promise<Course[]> {
  const found: Course[] = []
  const add = async (match: Record<string, string>, wanted: string[]) => {
    for (const x of await courses(host, { name, match, agg: 'sum', by: [by] }, range, signal))
      if (wanted.includes(x.label[by] ?? '')) found.push({ label: x.label[by] ?? '', points: x.points })
  }
  if (isTold(values.length, range)) await add({}, values)
  else for (const value of values.slice(0, mostSingle)) await add({ [by]: value }, [value])
  return found
}

/**
 * The samples of some series of a host, by label. Where nothing but trials may be asked, one is asked of each name, or of each of
 * its first ten series when the period is too long for that.
 *
 * @param known All series of the host.
 */
export async function samples(
  host: string,
  wanted: { name: string; label: Record<string, string> }[],
  range: [number, number],
  known: Schemas['series_info'][],
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
  for (const name of new Set(wanted.map((x) => x.name))) {
    const mine = wanted.filter((x) => x.name === name)
    if (mine.length > 1 && isTold(known.filter((x) => x.name === name).length, range)) {
      for (const x of await courses(host, { name, match: {} }, range, signal)) found.set(name + labels(x.label), x.points)
      continue
    }
    for (const x of mine.slice(0, mostSingle)) {
      const [one] = await courses(host, { name, label: x.label }, range, signal)
      if (one) found.set(name + labels(x.label), one.points)
    }
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
