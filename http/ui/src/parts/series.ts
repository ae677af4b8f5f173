import { ApiError, post, type Schemas } from '../api/client'
import { isAdministrator } from '../state/session'
import { labels, t } from '../text'

export type Point = [time: number, value: number]
export interface Course {
  label: string
  points: Point[]
  /** Seconds of the stretches of which these points are the least and the greatest. */
  stretch?: number
}

export const same = (a: Record<string, string>, b: Record<string, string>) => labels(a) === labels(b)

/** So many series of a name are drawn in a chart of a host. */
export const mostSingle = 10
/** So many values the trial of a rule looks at; there is one a second at most. */
const mostTold = 200_000
const isTold = (series: number, range: [number, number]) => series * (range[1] - range[0]) <= mostTold

type Item = Schemas['check_rule']['data_list'][number]

/** The courses of what an item of a rule takes, up to 240 values of each: what everybody may ask of the hosts that he sees. */
async function courses(host: string, item: Item, range: [number, number], signal?: AbortSignal): Promise<{ label: Record<string, string>; points: Point[] }[]> {
  const rule = { check_item: 'drawn', data_list: [item], condition: '$0 < 0' }
  try {
    // A host tries few rules at a time, whoever asks.
    const reply = await patiently(() => post('/check/rule/test', { host_id: host, rule, time_range: range }, { signal }), signal)
    return (reply.parts ?? []).map((p) => ({ label: p.labels ?? {}, points: p.values.map((v) => [v.time, Number(v.value)]) }))
  } catch (problem) {
    // A host that has not answered since.
    if (problem instanceof ApiError && problem.detail.startsWith('time_range:')) return []
    throw problem
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

/** So many points of a series are asked for, unless a chart is wider: two for each pixel of the usual one. */
export const usualPoints = 1000
/** How long a stretch is of which the node tells the least and the greatest. */
export const stretchOf = (range: [number, number], points = usualPoints) => (range[1] - range[0]) / (points / 2)

/** Asks again a little later where the node is busy. */
export async function patiently<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let pause = 200; ; pause *= 2) {
    try {
      return await work()
    } catch (problem) {
      if (!(problem instanceof ApiError) || problem.code !== 1001 || pause > 2000) throw problem
      await new Promise((go) => setTimeout(go, pause))
      signal?.throwIfAborted()
    }
  }
}

let last: Promise<unknown> = Promise.resolve()
/** One after the other: a host judges few at a time. */
export function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const mine = last.then(work)
  last = mine.catch(() => undefined)
  return mine
}

/** The samples of some series of a host, by name and label; of many the node tells as many as are drawn. */
export async function samples(host: string, wanted: { name: string; label: Record<string, string> }[], range: [number, number], signal?: AbortSignal, points = usualPoints): Promise<Map<string, Point[]>> {
  const found = new Map<string, Point[]>()
  if (!wanted.length) return found
  const asked = new Set(wanted.map((x) => x.name + labels(x.label)))
  const body = { time_range: range, data_infos: { [host]: wanted.map((x) => ({ name: x.name, type: 'kpi', label: x.label })) }, most_points: points }
  const reply = await patiently(() => post('/check/series/data/get', body, { signal }), signal)
  for (const entry of reply.result[host]?.succeed_list ?? []) {
    const key = entry.name + labels(entry.label)
    if (asked.has(key)) found.set(key, (entry.values as [number, string][]).map(([at, v]) => [at, Number(v)]))
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

/** Whether a run that is over worked on some hosts: that changes no more. */
const touched = new Map<string, boolean>()
const mostRuns = 20

/** The newest runs that changed something on these hosts in a period, for administrators. */
export async function deployments(hosts: string[], range: [number, number], signal?: AbortSignal): Promise<Band[]> {
  if (!isAdministrator.value || !hosts.length) return []
  const runs = (await post('/manage/task/result/get', { time_range: range, sort: 'time', direction: 'desc', page: 1, per_page: mostRuns }, { signal })).executions
  const bands = await Promise.all(
    runs.filter((r) => !r.check && r.started).map(async (r): Promise<Band[]> => {
      const key = `${r.execution_id} ${hosts.join()}`
      let here = touched.get(key)
      if (here === undefined) {
        const reply = await post('/manage/task/result/hosts', { execution_id: r.execution_id, host_list: hosts, page: 1, per_page: 1 }, { signal })
        here = reply.total_count > 0
        if (r.ended && touched.size < 1000) touched.set(key, here)
      }
      return here ? [{ from: r.started!, to: r.ended ?? Date.now() / 1000, text: `${t('Deployment')}: ${r.task_name}`, tone: r.state === 'failed' ? 'warn' : 'info' }] : []
    }),
  )
  return bands.flat()
}
