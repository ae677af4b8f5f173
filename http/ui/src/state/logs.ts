import { base, post, type Schemas } from '../api/client'
import { rangeOf } from '../parts/range'

/** Lines that hosts logged; docs/logs.md says what a query finds. */
export type Line = Schemas['log_line']
export type Missing = Schemas['missing_lines']
interface Signalled { signal?: AbortSignal }

/** What is looked for: of which hosts, and when. */
export interface Wanted {
  query: string
  host_list: string[]
  /** Seconds, the end not included; empty: all times. */
  time_range: [number, number] | []
}

/** So many lines are asked for at once, and so many are shown before a search has to be made narrower. */
export const perPage = 200
export const mostShown = 2000

/** Severities from the worst on; what is not told is none of them. */
export const severities = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const

/** A query and what is chosen beside it: both must be so. */
export const both = (query: string, more: string) => (!more ? query : query.trim() ? `(${query}) ${more}` : more)

/** As it is written in a query. */
export const quoted = (text: string) => (/^[\p{L}\p{N}_][\p{L}\p{N}_./:@-]*$/u.test(text) && !/^(AND|OR|NOT)$/.test(text) ? text : `"${text.replace(/[\\"]/g, '\\$&')}"`)

/** @returns The period with its last second; lines that came just now belong to the last hour. */
export function periodOf(range: string): [number, number] | [] {
  const [from, to] = rangeOf(range)
  return from === undefined || to === undefined ? [] : [from, to + (/-/.test(range) ? 0 : 1)]
}

export const search = (what: Wanted, order: string, after: string, options: Signalled = {}) =>
  post('/logs/search', { ...what, order: order as 'newest', limit: perPage, ...(after ? { after_line: after } : {}) }, options)
export const histogram = (what: Wanted & { time_range: [number, number] }, buckets: number, options: Signalled = {}) =>
  post('/logs/histogram', { ...what, buckets }, options)
export const context = (line_id: string, before: number, after: number, options: Signalled = {}) =>
  post('/logs/context', { line_id, before, after }, options)

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400]
/** Stretches of a round length, where the period has such. */
export function bucketsOf(from: number, to: number): number {
  const step = steps.find((s) => (to - from) / s <= 96 && (to - from) % s === 0)
  return step && (to - from) / step >= 24 ? (to - from) / step : 60
}

/** What a query looks for in messages, and does not rule out. */
function termsOf(query: string): string[] {
  const found: string[] = []
  let depth = 0
  let ruledOut: number | undefined
  let isNot = false
  for (const piece of query.match(/-?(?:[\w.]+:)?"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+/g) ?? []) {
    if (piece === '(') {
      ++depth
      if (isNot) ruledOut ??= depth
      isNot = false
    } else if (piece === ')') {
      if (ruledOut === depth) ruledOut = undefined
      --depth
    } else if (piece === 'NOT' || piece === '-') isNot = true
    else if (piece !== 'AND' && piece !== 'OR') {
      const [, minus, field, text] = /^(-?)(?:(message|source|program|pid|facility|host|severity|fields\.[^:]+):)?(.*)$/s.exec(piece)!
      if (!isNot && !minus && ruledOut === undefined && (!field || field === 'message'))
        found.push(text!.startsWith('"') ? text!.slice(1, -1).replace(/\\(.)/g, '$1') : text!)
      isNot = false
    }
  }
  return found.filter(Boolean)
}

/** Matches what a query has found in a text; whole words, as the node finds them. */
export function marksOf(query: string): RegExp | undefined {
  const inWord = '[\\p{L}\\p{N}_]'
  const terms = termsOf(query).map((term) => {
    const isBegin = term.endsWith('*')
    const plain = (isBegin ? term.slice(0, -1) : term).trim()
    if (!plain) return ''
    const text = plain.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&').replace(/\s+/g, '\\s+')
    const isOpen = /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Hangul}]/u.test(plain)
    return isOpen ? text : `(?<!${inWord})${text}${isBegin ? `${inWord}*` : `(?!${inWord})`}`
  })
  const all = terms.filter(Boolean).sort((a, b) => b.length - a.length)
  try {
    return all.length ? new RegExp(all.join('|'), 'giu') : undefined
  } catch {
    return undefined
  }
}

/** A text in pieces, of which every other one is marked. */
export function pieces(text: string, marks: RegExp | undefined): string[] {
  if (!marks) return [text]
  const out: string[] = []
  let at = 0
  for (const hit of text.matchAll(marks)) {
    if (!hit[0]) continue
    out.push(text.slice(at, hit.index), hit[0])
    at = hit.index + hit[0].length
    if (out.length > 400) break
  }
  out.push(text.slice(at))
  return out
}

export interface Heard {
  line: (line: Line) => void
  /** So many came faster than they could be told; undefined: nobody knows how many. */
  dropped: (count: number | undefined) => void
  /** Nodes that do not tell what they get. */
  missing: (nodes: Missing[]) => void
  state: (state: 'open' | 'away') => void
  /** It has begun anew: what came meanwhile is not told. */
  gap: () => void
  /** The node would not have it. It is asked again after a while, but for what is wrong with the question. */
  refused: () => void
}

/** Lines as they come, until it is closed. The browser comes back by itself, after the last line; where it gives up, it is begun anew. */
export function followLines(query: string, hosts: string[], heard: Heard): () => void {
  let source: EventSource | undefined
  let timer: number | undefined
  let pause = 1000
  let isOver = false
  let isAnew = false
  function begin() {
    const what = new URLSearchParams({ query, ...(hosts.length ? { host_list: hosts.join(',') } : {}) })
    const opened = (source = new EventSource(`${base}/logs/stream?${what}`))
    const well = () => {
      pause = 1000
      heard.state('open')
    }
    opened.onopen = () => {
      if (isAnew) heard.gap()
      isAnew = false
      well()
    }
    const on = (kind: string, tell: (data: unknown) => void) =>
      opened.addEventListener(kind, (message) => {
        if (isOver || source !== opened) return
        tell(JSON.parse((message as MessageEvent<string>).data))
      })
    on('line', (data) => heard.line(data as Line))
    on('dropped', (data) => heard.dropped((data as { count?: number | null }).count ?? undefined))
    on('missing', (data) => {
      const nodes = (data as { nodes?: (string | Missing)[] }).nodes ?? []
      heard.missing(nodes.map((x) => (typeof x === 'string' ? { node: x, reason: '' } : x)))
    })
    opened.onerror = () => {
      if (isOver || source !== opened) return
      heard.state('away')
      if (opened.readyState !== EventSource.CLOSED) return
      heard.refused()
      isAnew = true
      timer = window.setTimeout(begin, pause)
      pause = Math.min(pause * 2, 15_000)
    }
  }
  begin()
  return () => {
    isOver = true
    clearTimeout(timer)
    source?.close()
  }
}
