import { fullName, nameOf, placeOf, waysOfProcesses, worst, type Node, type Pair, type Picture, type State } from '../state/topology'

/** Drawings of the topology. The same data give the same picture; what was placed before stays where it is. */
export interface Row {
  id: string
  name: string
  state: State
}
export interface Box {
  id: string
  title: string
  sub: string
  kind: 'self' | 'host' | 'external'
  state: State
  x: number
  y: number
  w: number
  h: number
  rows: Row[]
  /** So many rows more are folded away. */
  folded: number
}
export interface Edge {
  id: string
  from: string
  to: string
  state: State
  width: number
  count: number
  /** Its ends by name. */
  label: string
  /** Ids of the links that it stands for. */
  links: string[]
  d: string
  middle: [x: number, y: number]
}
export interface Drawing {
  boxes: Box[]
  edges: Edge[]
  left: number
  top: number
  width: number
  height: number
}

export const headHigh = 36
export const rowHigh = 25
const wide = 176
const gapX = 92
const gapY = 20

/** From one link to eight and more. */
const widthOf = (links: number) => Math.min(8, Math.max(1.4, 0.6 + links * 0.8))

interface Port {
  left: number
  right: number
  y: number
  top: number
}
/** A line from one end to another, with its middle. Both directions between two ends do not lie on each other. */
function route(a: Port, b: Port, isSame: boolean): { d: string; middle: [number, number] } {
  if (isSame) {
    const x = a.right - 26
    return { d: `M${x} ${a.top}C${x - 4} ${a.top - 30} ${x + 30} ${a.top - 30} ${x + 16} ${a.top - 1}`, middle: [x + 10, a.top - 22] }
  }
  const cubic = (x0: number, y0: number, x1: number, x2: number, x3: number, y3: number) => ({
    d: `M${x0} ${y0}C${x1} ${y0} ${x2} ${y3} ${x3} ${y3}`,
    middle: [(x0 + 3 * x1 + 3 * x2 + x3) / 8, (y0 + y3) / 2] as [number, number],
  })
  if (b.left >= a.right) {
    const bend = Math.max(40, (b.left - a.right) / 2)
    return cubic(a.right, a.y - 4, a.right + bend, b.left - bend, b.left, b.y - 4)
  }
  if (b.right <= a.left) {
    const bend = Math.max(40, (a.left - b.right) / 2)
    return cubic(a.left, a.y + 5, a.left - bend, b.right + bend, b.right, b.y + 5)
  }
  // One above the other: around the side.
  const out = Math.max(a.right, b.right) + 30 + Math.min(60, Math.abs(a.y - b.y) / 8)
  return cubic(a.right, a.y - 4, out, out, b.right, b.y + 5)
}

function framed(boxes: Box[], edges: Edge[]): Drawing {
  const left = Math.min(0, ...boxes.map((b) => b.x))
  const top = Math.min(0, ...boxes.map((b) => b.y)) - 34
  const right = Math.max(1, ...boxes.map((b) => b.x + b.w), ...edges.map((e) => e.middle[0] + 14))
  return { boxes, edges, left, top, width: right - left, height: Math.max(1, ...boxes.map((b) => b.y + b.h)) + 10 - top }
}

// -- the whole cluster: hosts in columns, who asks to the left of who answers

/** An order in which few edges go backwards. */
function forward(ids: string[], edges: [string, string][]): Map<string, number> {
  const out = new Map(ids.map((x) => [x, new Set<string>()]))
  const into = new Map(ids.map((x) => [x, new Set<string>()]))
  for (const [a, b] of edges) {
    out.get(a)!.add(b)
    into.get(b)!.add(a)
  }
  const left = new Set(ids)
  const head: string[] = []
  const tail: string[] = []
  const take = (x: string, to: string[]) => {
    left.delete(x)
    to.push(x)
    for (const y of out.get(x)!) into.get(y)!.delete(x)
    for (const y of into.get(x)!) out.get(y)!.delete(x)
  }
  while (left.size) {
    const source = [...left].find((x) => !into.get(x)!.size)
    if (source !== undefined) {
      take(source, head)
      continue
    }
    const sink = [...left].find((x) => !out.get(x)!.size)
    if (sink !== undefined) {
      take(sink, tail)
      continue
    }
    let best = ''
    let most = -Infinity
    for (const x of left) {
      const more = out.get(x)!.size - into.get(x)!.size
      if (more > most) [best, most] = [x, more]
    }
    take(best, head)
  }
  return new Map([...head, ...tail.reverse()].map((x, i) => [x, i]))
}

/** How many rows a column may have so that the whole is seen largest in a window that is wider than high. */
function rowsFor(columns: number[]): number {
  let best = 6
  let largest = 0
  for (let rows = 4; rows <= Math.max(6, ...columns); ++rows) {
    const across = columns.reduce((sum, n) => sum + Math.ceil(n / rows), 0)
    const high = Math.min(rows, Math.max(...columns))
    const scale = Math.min(1.5 / (across * (wide + gapX)), 1 / ((high + 0.5) * cellHigh))
    if (scale > largest * 1.001) [best, largest] = [rows, scale]
  }
  return best
}

/** Columns of ids, each in an order that keeps lines short. */
function columnsOf(ids: string[], edges: [string, string][]): string[][] {
  const order = forward(ids, edges)
  const ahead = edges.map(([a, b]) => (order.get(a)! < order.get(b)! ? [a, b] : [b, a]) as [string, string])
  const rank = new Map(ids.map((x) => [x, 0]))
  const after = new Map<string, string[]>(ids.map((x) => [x, []]))
  const near = new Map<string, string[]>(ids.map((x) => [x, []]))
  for (const [a, b] of ahead) {
    after.get(a)!.push(b)
    near.get(a)!.push(b)
    near.get(b)!.push(a)
  }
  const sorted = [...ids].sort((a, b) => order.get(a)! - order.get(b)!)
  for (const a of sorted) for (const b of after.get(a)!) rank.set(b, Math.max(rank.get(b)!, rank.get(a)! + 1))
  // Who is asked by nobody stands next to whom he asks.
  const asked = new Set(ahead.map(([, b]) => b))
  for (const a of sorted) if (!asked.has(a) && after.get(a)!.length) rank.set(a, Math.min(...after.get(a)!.map((b) => rank.get(b)!)) - 1)
  const columns: string[][] = []
  for (const x of ids) (columns[rank.get(x)!] ??= []).push(x)
  const full = columns.filter(Boolean)
  const place = new Map<string, number>()
  const note = () => full.forEach((column) => column.forEach((x, i) => place.set(x, (i + 0.5) / column.length)))
  note()
  for (let turn = 0; turn < 12; ++turn) {
    for (const column of turn % 2 ? [...full].reverse() : full) {
      const middle = new Map(column.map((x) => [x, near.get(x)!.length ? near.get(x)!.reduce((sum, y) => sum + place.get(y)!, 0) / near.get(x)!.length : place.get(x)!]))
      column.sort((a, b) => middle.get(a)! - middle.get(b)! || (a < b ? -1 : 1))
      column.forEach((x, i) => place.set(x, (i + 0.5) / column.length))
    }
  }
  return full
}

export type Cells = Map<string, [column: number, row: number]>
/** Every other column is lower by half of it: lines that pass by do not run through boxes. */
const cellHigh = headHigh + 2 * gapY + 6

/**
 * Cells of a grid for nodes. Whoever has one keeps it; who is new gets the free one next to where he would be alone.
 */
export function cellsOf(ids: string[], edges: [string, string][], kept: Cells): Cells {
  const joined = new Set(edges.filter(([a, b]) => a !== b).flat())
  const columns = columnsOf(ids.filter((x) => joined.has(x)), edges.filter(([a, b]) => a !== b))
  const most = rowsFor(columns.map((c) => c.length))
  const broken = columns.flatMap((column) => {
    const pieces = Math.ceil(column.length / most)
    const size = Math.ceil(column.length / pieces)
    return Array.from({ length: pieces }, (_, i) => column.slice(i * size, (i + 1) * size))
  })
  const highest = Math.max(0, ...broken.map((c) => c.length))
  const wanted: Cells = new Map()
  broken.forEach((column, at) => column.forEach((x, i) => wanted.set(x, [at, Math.floor((highest - column.length) / 2) + i])))
  // Who talks to nobody stands below.
  const lonely = ids.filter((x) => !joined.has(x))
  const across = Math.max(4, broken.length)
  lonely.forEach((x, i) => wanted.set(x, [i % across, highest + (highest ? 1 : 0) + Math.floor(i / across)]))

  const cells: Cells = new Map()
  const taken = new Set<string>()
  const put = (x: string, cell: [number, number]) => {
    cells.set(x, cell)
    taken.add(cell.join())
  }
  for (const x of ids) if (kept.has(x)) put(x, kept.get(x)!)
  for (const x of ids) {
    if (cells.has(x)) continue
    const [column, row] = wanted.get(x)!
    let found: [number, number] | undefined
    for (let far = 0; !found; ++far)
      for (let dc = 0; dc <= Math.min(far, 2) && !found; ++dc)
        for (const [c, r] of [[column + dc, row + far - dc], [column + dc, row - far + dc], [column - dc, row + far - dc], [column - dc, row - far + dc]] as const)
          if (!found && !taken.has(`${c},${r}`)) found = [c, r]
    put(x, found)
  }
  return cells
}

/** One box per host, one line per ordered pair of them. @param cells Of the drawing before; those of this one are put into it. */
export function drawCluster(picture: Picture, nodes: Node[], pairs: Pair[], cells: Cells, sub: (node: Node) => string): Drawing {
  const ids = nodes.map((x) => x.id).sort()
  const there = new Set(ids)
  const lines = pairs.filter((p) => there.has(p.from) && there.has(p.to))
  const placed = cellsOf(ids, lines.map((p) => [p.from, p.to]), cells)
  cells.clear()
  for (const [id, cell] of placed) cells.set(id, cell)
  const boxes = nodes.map((x): Box => {
    const [column, row] = placed.get(x.id)!
    return { id: x.id, title: x.name, sub: sub(x), kind: x.kind, state: x.state, x: column * (wide + gapX), y: (row + (column % 2 ? 0.5 : 0)) * cellHigh, w: wide, h: headHigh + 6, rows: [], folded: 0 }
  })
  const of = new Map(boxes.map((b) => [b.id, b]))
  const port = (id: string): Port => {
    const b = of.get(id)!
    return { left: b.x, right: b.x + b.w, y: b.y + b.h / 2, top: b.y }
  }
  return framed(boxes, lines.map((p) => ({ id: p.id, from: p.from, to: p.to, state: p.state, width: widthOf(p.count ?? p.links.length), count: p.count ?? p.links.length, label: `${nameOf(picture, p.from)} → ${nameOf(picture, p.to)}`, links: p.links.map((x) => x.id), ...route(port(p.from), port(p.to), p.from === p.to) })))
}

// -- one host: its processes in its box, who asks it to the left, whom it asks to the right

/** What a drawing of a host keeps for the next one. */
export interface HostPlaces {
  rank: Map<string, number>
  tops: Map<number, number>
}
export const noPlaces = (): HostPlaces => ({ rank: new Map(), tops: new Map() })
const mostRows = 14

/**
 * @param host In whose box the processes are all shown; of others those that have to do with it.
 * @param unfolded Boxes of which all rows are shown.
 */
export function drawHost(picture: Picture, host: string, unfolded: Set<string>, places: HostPlaces, texts: { outside: string; processes: (n: number) => string }): Drawing {
  const ways = waysOfProcesses(picture)
  const place = (id: string) => placeOf(picture, id)
  // How far each is from the host, and on which side: to the left who asks, to the right who is asked.
  const layer = new Map<string, number>([[host, 0]])
  const inner = [...new Set(ways.map((w) => `${place(w.from)}\n${place(w.to)}`))].sort().map((x) => x.split('\n') as [string, string])
  for (let queue = [host]; queue.length; ) {
    const next: string[] = []
    for (const at of queue) {
      const l = layer.get(at)!
      // Who is asked comes first: who also asks stands there.
      for (const [a, b] of inner) if (a === at && !layer.has(b)) layer.set(b, l === 0 ? 1 : l + Math.sign(l)), next.push(b)
      for (const [a, b] of inner) if (b === at && !layer.has(a)) layer.set(a, l === 0 ? -1 : l + Math.sign(l)), next.push(a)
    }
    queue = next
  }
  const weight = new Map<string, number>()
  for (const w of ways) for (const id of [w.from, w.to]) weight.set(id, (weight.get(id) ?? 0) + w.links.length)

  const boxes: Box[] = []
  const outside = new Map<number, Row[]>()
  for (const node of picture.nodes.values()) {
    const l = layer.get(node.id)
    if (l === undefined) continue
    if (node.kind === 'external') {
      const rows = outside.get(l) ?? []
      rows.push({ id: node.id, name: node.name, state: node.state })
      outside.set(l, rows)
    } else {
      const rows = node.processes.filter((p) => node.id === host || weight.has(p.id)).map((p): Row => ({ id: p.id, name: p.name, state: p.state }))
      boxes.push({ id: node.id, title: node.name, sub: texts.processes(node.processes.length), kind: node.id === host ? 'self' : 'host', state: node.state, x: l, y: 0, w: wide + (node.id === host ? 40 : 0), h: 0, rows, folded: 0 })
    }
  }
  for (const [l, rows] of outside)
    boxes.push({ id: `outside ${l}`, title: texts.outside, sub: '', kind: 'external', state: 'normal', x: l, y: 0, w: wide, h: 0, rows, folded: 0 })

  const rankOf = (id: string) => places.rank.get(id) ?? Infinity
  for (const b of boxes) {
    // Of two that are new the ranks differ by no number: then the others decide.
    b.rows.sort((x, y) => rankOf(x.id) - rankOf(y.id) || (weight.get(y.id) ?? 0) - (weight.get(x.id) ?? 0) || (x.id < y.id ? -1 : 1))
    if (b.kind !== 'self' && b.rows.length > mostRows && !unfolded.has(b.id)) {
      b.folded = b.rows.length - mostRows + 1
      b.rows = b.rows.slice(0, mostRows - 1)
    }
    b.h = headHigh + b.rows.length * rowHigh + (b.folded ? rowHigh : 0) + (b.rows.length ? 6 : 4)
  }

  const columns = new Map<number, Box[]>()
  for (const b of boxes) columns.set(b.x, [...(columns.get(b.x) ?? []), b])
  const layers = [...columns.keys()].sort((a, b) => a - b)
  const boxOf = new Map<string, Box>()
  for (const b of boxes) {
    boxOf.set(b.id, b)
    for (const r of b.rows) boxOf.set(r.id, b)
  }
  // Those that are folded away are at the last row of their box.
  for (const node of picture.nodes.values()) {
    const l = layer.get(node.id)
    const b = l === undefined ? undefined : node.kind === 'external' ? boxOf.get(`outside ${l}`) : boxOf.get(node.id)
    if (!b) continue
    for (const id of [node.id, ...node.processes.map((p) => p.id)]) if (!boxOf.has(id)) boxOf.set(id, b)
  }
  const yOf = (id: string) => {
    const b = boxOf.get(id)!
    if (b.id === id && b.kind !== 'external') return b.y + headHigh / 2
    const i = b.rows.findIndex((r) => r.id === id)
    return b.y + headHigh + (i < 0 ? b.rows.length : i) * rowHigh + rowHigh / 2
  }
  const lines = ways.filter((w) => boxOf.has(w.from) && boxOf.has(w.to))
  const stack = (l: number) => {
    let y = 0
    for (const b of columns.get(l)!) {
      b.y = y
      y += b.h + gapY + 8
    }
    const high = y - gapY - 8
    const top = places.tops.get(l) ?? -high / 2
    for (const b of columns.get(l)!) b.y += top
    return top
  }
  layers.forEach(stack)
  // From the host outwards each column follows the one before it. Who was placed keeps his order.
  for (const l of [...layers].sort((a, b) => Math.abs(a) - Math.abs(b) || a - b)) {
    if (l === 0) continue
    const column = columns.get(l)!
    const middle = new Map<string, number>()
    for (const b of column) {
      const ys = lines.flatMap((w) => (boxOf.get(w.from) === b && boxOf.get(w.to)!.x !== l ? [yOf(w.to)] : boxOf.get(w.to) === b && boxOf.get(w.from)!.x !== l ? [yOf(w.from)] : []))
      middle.set(b.id, ys.length ? ys.reduce((a, y) => a + y, 0) / ys.length : 1e9)
    }
    column.sort((a, b) => {
      const [ra, rb] = [rankOf(a.id), rankOf(b.id)]
      if (ra !== rb) return ra < rb ? -1 : 1
      return (a.kind === 'external' ? 1 : 0) - (b.kind === 'external' ? 1 : 0) || middle.get(a.id)! - middle.get(b.id)! || (a.id < b.id ? -1 : 1)
    })
    stack(l)
  }
  places.tops = new Map(layers.map((l) => [l, Math.min(...columns.get(l)!.map((b) => b.y))]))
  places.rank.clear()
  let n = 0
  for (const l of layers) for (const b of columns.get(l)!) for (const id of [b.id, ...b.rows.map((r) => r.id)]) places.rank.set(id, n++)

  const order = new Map(layers.map((l, i) => [l, i]))
  for (const b of boxes) b.x = order.get(b.x)! * (wide + 40 + gapX) + (b.kind === 'self' ? 0 : 20)
  const port = (id: string): Port => {
    const b = boxOf.get(id)!
    return { left: b.x, right: b.x + b.w, y: yOf(id), top: b.y }
  }
  // Lines to rows that are folded away lie on each other: one for all.
  const merged = new Map<string, Edge>()
  for (const w of lines) {
    const at = (id: string) => (boxOf.get(id)!.rows.some((r) => r.id === id) || boxOf.get(id)!.id === id ? id : `${boxOf.get(id)!.id} …`)
    const key = `${at(w.from)} → ${at(w.to)}`
    const before = merged.get(key)
    const count = (before?.count ?? 0) + w.links.length
    const isInside = boxOf.get(w.from) === boxOf.get(w.to)
    const way = isInside ? inside(port(w.from), port(w.to)) : route(port(w.from), port(w.to), false)
    merged.set(key, { id: key === `${w.from} → ${w.to}` ? w.id : key, from: at(w.from), to: at(w.to), state: worst([before?.state ?? 'normal', w.state]), width: widthOf(count), count, label: before?.label ?? `${fullName(picture, w.from)} → ${fullName(picture, w.to)}`, links: [...(before?.links ?? []), ...w.links.map((x) => x.id)], ...way })
  }
  return framed(boxes, [...merged.values()])
}

/** Within a box: around its right side; from a row to itself a small loop. */
function inside(a: Port, b: Port): { d: string; middle: [number, number] } {
  const x = a.right
  if (a.y === b.y) return { d: `M${x} ${a.y - 5}C${x + 28} ${a.y - 16} ${x + 28} ${a.y + 16} ${x} ${a.y + 6}`, middle: [x + 21, a.y] }
  const out = x + 26 + Math.min(50, Math.abs(a.y - b.y) / 5)
  return { d: `M${x} ${a.y}C${out} ${a.y} ${out} ${b.y} ${x} ${b.y + (a.y < b.y ? -4 : 4)}`, middle: [(x + 3 * out) / 4, (a.y + b.y) / 2] }
}
