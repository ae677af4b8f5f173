import { get, type Schemas } from '../api/client'

/** What runs on hosts and talks to what, as docs/topology.md has it: entities, and what each needs. */
export type Entity = Schemas['topology_entity']
export type Entities = Schemas['topology_entities']
export type End = Schemas['topology_end']
export type Change = Schemas['topology_change']
export type Changes = Pick<Schemas['topology_changes'], 'changes' | 'is_cut'>
type Dependence = Schemas['topology_items']

const written = (query: Record<string, string | number | undefined>) =>
  '?' + new URLSearchParams(Object.entries(query).flatMap(([k, v]) => (v ? [[k, String(v)]] : [])))

/** @param at Seconds; 0: now. */
export const entitiesOf = (host: string, depth: number, at: number, signal?: AbortSignal) =>
  get('/gala-spider/api/v1/get_entities', written({ host_id: host, depth: host ? depth : undefined, timestamp: Math.round(at) }), { signal })

export type Level = 'host' | 'group'
export type Summary = Schemas['topology_summary']
/** @param of `at` in seconds; 0: now. `group`: of its hosts, others by their groups. */
export const summaryOf = (of: { level?: Level; group?: string; at?: number; limit?: number; offset?: number }, signal?: AbortSignal) =>
  get('/gala-spider/api/v1/get_summary', written({ level: of.level, group: of.group, timestamp: Math.round(of.at ?? 0), limit: of.limit, offset: of.offset }), { signal })

const mostParts = 4
/** Oldest first; of very many the newest are left out. */
export async function changesOf(host: string, from: number, to: number, signal?: AbortSignal): Promise<Changes> {
  const all: Changes = { changes: [], is_cut: true }
  for (let part = 0, after = Math.floor(from); part < mostParts && all.is_cut; ++part) {
    const reply = await get('/gala-spider/api/v1/get_changes', written({ host_id: host, from: after, to: Math.ceil(to) }), { signal })
    // What is of the same second as the last of the part before comes again.
    all.changes = [...all.changes.filter((x) => x.time < after), ...reply.changes]
    all.is_cut = reply.is_cut
    const last = Math.floor(reply.changes.at(-1)?.time ?? 0)
    if (last <= after) break
    after = last
  }
  return all
}

/** From the best on; what consists of several is as bad as its worst. */
export const states = ['normal', 'stale', 'lacking', 'abnormal'] as const
export type State = (typeof states)[number]
export const worst = (all: State[]): State => states[Math.max(0, ...all.map((x) => states.indexOf(x)))]!

export interface Process {
  id: string
  name: string
  host: string
  state: State
  entity?: Entity
}
export interface Node {
  id: string
  name: string
  kind: 'host' | 'external'
  /** Its own; not that of its links. */
  state: State
  processes: Process[]
  entity?: Entity
}
export interface Link {
  id: string
  type: string
  /** A process, or an external peer. */
  from: string
  to: string
  /** A balancer between them. */
  via: string
  state: State
  count: number
  entity: Entity
}
export interface Picture {
  /** Seconds. */
  time: number
  isCut: boolean
  missing: Schemas['missing_topology'][]
  nodes: Map<string, Node>
  processes: Map<string, Process>
  links: Link[]
}

const stateOf = (entity: Entity | undefined): State => stateNamed(entity?.anomaly?.status ?? '')
function stateNamed(told: string): State {
  return told === 'ANOMALY_YES' ? 'abnormal' : told === 'ANOMALY_LACKING' ? 'lacking' : told === 'ANOMALY_STALE' ? 'stale' : 'normal'
}
export const attribute = (entity: Entity | undefined, key: string) => entity?.attrs.find((x) => x.key === key)?.value as string | number | undefined
const first = (items: Dependence[] | undefined, how: 'calls' | 'runOns') => (items ?? []).flatMap((x) => x[how])[0]
const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0)

/** A host that has an address and no agent is told with both. */
function nodeName(x: Entity): string {
  const host = x.type === 'EXTERNAL' ? attribute(x, 'host_name') : undefined
  return host ? `${host} (${x.name})` : x.name || x.entityid
}

/** Entities as a graph, in an order that follows from their ids. What is named and not told is an external peer. */
export function pictureOf(reply: Entities): Picture {
  const all = [...reply.entities].sort((a, b) => byId({ id: a.entityid }, { id: b.entityid }))
  const nodes = new Map<string, Node>()
  const processes = new Map<string, Process>()
  for (const x of all)
    if (x.type === 'VM' || x.type === 'EXTERNAL')
      nodes.set(x.entityid, { id: x.entityid, name: nodeName(x), kind: x.type === 'EXTERNAL' ? 'external' : 'host', state: stateOf(x), processes: [], entity: x })
  for (const x of all) {
    if (x.type !== 'PROCESS') continue
    const host = first(x.dependingitems, 'runOns')?.id ?? x.entityid.replace(/\.[^.]*$/, '')
    const at = nodes.get(host) ?? { id: host, name: host, kind: 'host' as const, state: 'normal' as State, processes: [] }
    nodes.set(host, at)
    const one: Process = { id: x.entityid, name: (x.name.startsWith(`${at.name}.`) ? x.name.slice(at.name.length + 1) : x.name) || x.entityid, host, state: stateOf(x), entity: x }
    processes.set(one.id, one)
    at.processes.push(one)
  }
  const end = (item: Schemas['topology_ref'] | undefined): string => {
    const id = item?.id ?? ''
    if (id && !processes.has(id) && !nodes.has(id)) nodes.set(id, { id, name: id, kind: 'external', state: 'normal', processes: [] })
    return id
  }
  const links: Link[] = []
  for (const x of all) {
    if (!x.type.endsWith('_LINK')) continue
    const [from, to] = [end(first(x.dependeditems, 'calls')), end(first(x.dependingitems, 'calls'))]
    if (!from || !to) continue
    links.push({ id: x.entityid, type: x.type, from, to, via: end(first(x.dependingitems, 'runOns')), state: stateOf(x), count: Number(attribute(x, 'link_count') ?? 1) || 1, entity: x })
  }
  return { time: reply.timestamp / 1000, isCut: reply.is_cut, missing: reply.missing, nodes, processes, links: links.sort(byId) }
}

/** The host or peer that it is on. */
export const placeOf = (picture: Picture, id: string) => picture.processes.get(id)?.host ?? id
export function nameOf(picture: Picture, id: string): string {
  const process = picture.processes.get(id)
  return process ? process.name : (picture.nodes.get(id)?.name ?? id)
}
/** With the host before a process. */
export function fullName(picture: Picture, id: string): string {
  const process = picture.processes.get(id)
  return process ? `${picture.nodes.get(process.host)?.name ?? process.host} · ${process.name}` : nameOf(picture, id)
}

/** One end of a link that began or ended, in words. */
export const endName = (x: End) => [x.host_name, x.process_name].filter(Boolean).join(' · ') || x.address
/** What of it the drawing may have. */
export const endId = (x: End) => (x.host_id ? (x.process_name ? `${x.host_id}.${x.process_name}` : x.host_id) : `external.${x.address}`)

/** Its ways: over a balancer there are two. */
export const waysOf = (x: Link): [from: string, to: string][] => (x.via && x.via !== x.from && x.via !== x.to ? [[x.from, x.via], [x.via, x.to]] : [[x.from, x.to]])

export interface Pair {
  id: string
  from: string
  to: string
  links: Link[]
  state: State
  /** How many links; absent: those that are listed. */
  count?: number
}
/** Links between two ends of a kind, for each direction. */
function gathered(picture: Picture, endOf: (id: string) => string): Pair[] {
  const found = new Map<string, Pair>()
  for (const link of picture.links)
    for (const [a, b] of waysOf(link)) {
      const [from, to] = [endOf(a), endOf(b)]
      const id = `${from} → ${to}`
      const pair = found.get(id) ?? { id, from, to, links: [], state: 'normal' as State }
      pair.links.push(link)
      pair.state = worst([pair.state, link.state])
      found.set(id, pair)
    }
  return [...found.values()].sort(byId)
}
/** Of hosts and peers, for each ordered pair; from a host to itself: its inside links. */
export const pairsOf = (picture: Picture) => gathered(picture, (id) => placeOf(picture, id))
/** Of processes and peers. */
export const waysOfProcesses = (picture: Picture) => gathered(picture, (id) => id)

/** A summary as boxes and lines. */
export function groupsOf(told: Summary, outside: string): { told: Summary; picture: Picture; pairs: Pair[] } {
  const nodes = new Map<string, Node>()
  for (const x of told.nodes)
    nodes.set(x.id, { id: x.id, name: x.type === 'EXTERNAL' ? outside : x.name, kind: x.type === 'EXTERNAL' ? 'external' : 'host', state: stateNamed(x.state), processes: [] })
  const pairs = told.pairs.map((x): Pair => ({ id: `${x.from} → ${x.to}`, from: x.from, to: x.to, links: [], state: stateNamed(x.state), count: x.links }))
  return { told, picture: { time: told.timestamp / 1000, isCut: told.is_cut, missing: told.missing, nodes, processes: new Map(), links: [] }, pairs: pairs.sort(byId) }
}

const units: Record<string, string> = { rx_bytes: 'B', tx_bytes: 'B', rtt: 'µs', rtt_max: 'µs', period_ms: 'ms' }
const words: Record<string, string> = {
  rx_bytes: 'Received', tx_bytes: 'Sent', packets_in: 'Packets in', packets_out: 'Packets out', retran_packets: 'Retransmitted packets',
  lost_packets: 'Lost packets', rtt: 'Round trip', rtt_max: 'Longest round trip', link_count: 'Connections', client_ip: 'Client address',
  server_ip: 'Server address', server_port: 'Server port', virtual_ip: 'Virtual address', virtual_port: 'Virtual port', local_ip: 'Local address',
  first_ms: 'First seen', last_ms: 'Last told', command: 'Command', user: 'User', process_count: 'Processes', pids: 'Processes by number',
  listening: 'Listens at', hostname: 'Host name', host_name: 'Host name', address: 'Address', addresses: 'Addresses', agent: 'Agent',
  period_ms: 'Told every', is_cut: 'More links than told', machine_id: 'Machine id', same_machine_id: 'Hosts with the same machine id', host_id: 'Host id',
}
export interface Shown {
  key: string
  /** To be translated; a key that nobody named stands for itself. */
  word: string
  isRate: boolean
  /** As the server has it; else as the client. */
  isServers: boolean
  unit: string
  value: string | number
  fault: string
}
const plainOf = (key: string) => key.replace(/_per_s$/, '')
/** Attributes as they are shown: names in words, units, and what is wrong with which. Rates stand after what they are of. */
export function shownOf(entity: Entity | undefined): Shown[] {
  const faults = new Map<string, string>((entity?.anomaly?.anomalyitem ?? []).map((x) => [x.anomaly_attr, x.anomaly_type]))
  const rows = (entity?.attrs ?? [])
    .map((x) => ({ key: x.key, value: x.value as string | number }))
    .filter((x) => x.value !== '')
    .map((x) => {
      const whole = plainOf(x.key)
      const isServers = /^server_(retran|lost|rtt)/.test(whole)
      const plain = isServers ? whole.slice('server_'.length) : whole
      const isRate = whole !== x.key
      return { key: x.key, word: words[plain] ?? plain, isRate, isServers, unit: (units[plain] ?? '') + (isRate ? '/s' : ''), value: x.value, fault: faults.get(x.key) ?? '' }
    })
  const order = Object.keys(words)
  const rank = (x: Shown) => {
    const at = order.indexOf(plainOf(x.key).replace(/^server_(?=retran|lost|rtt)/, ''))
    return (at < 0 ? order.length : at) * 3 + (x.isServers ? 2 : x.isRate ? 1 : 0)
  }
  return rows.sort((a, b) => rank(a) - rank(b) || (a.key < b.key ? -1 : 1))
}
