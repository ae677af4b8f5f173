/**
 * A fault tree from the rows of the sheet `diag` that a mind-map tool exports: docs/reference/diagnosis.md#mind-maps, as
 * runtime/core/fault/mind_map.cpp reads it. `web_text_test` plays the recorded cases of that to this.
 */
export interface DrawnNode {
  'node name': string
  value: null
  condition?: string
  description?: string
  advice?: string
  'check item'?: string
  msg?: string
  children?: DrawnNode[]
  [more: string]: unknown
}

/** A broken drawing rule, in English; `where` says row and column. */
export class DrawingFault extends Error {
  constructor(
    readonly text: string,
    readonly values: Record<string, string | number>,
    readonly where?: { row: number; column: string },
  ) {
    super(text)
  }
}

const toolColumns = 7
const firstRow = 2
const mostNodes = 10_000
const mostDepth = 200
const prefixes = { 'condition:': 'condition', 'description:': 'description', 'advice:': 'advice' } as const

interface Drawn {
  name: string
  item: string
  condition: string
  description: string
  advice: string
  children: Drawn[]
  isLeaf: boolean
}
type Place = Drawn | 'property'

const trim = (text: string) => text.replace(/^[\s\x85\x1c-\x1f]+|[\s\x85\x1c-\x1f]+$/g, '')
const hasOperator = (text: string) => /&&|\|\||[!()]/.test(text)

/** `A`, …, `Z`, `AA`, …: as the spreadsheet shows it. */
function columnName(column: number): string {
  let out = ''
  for (let n = column + 1; n > 0; n = Math.floor((n - 1) / 26)) out = String.fromCharCode(65 + ((n - 1) % 26)) + out
  return out
}

export function treeFromRows(rows: string[][]): DrawnNode {
  const columns = Math.max(0, rows.reduce((most, row) => Math.max(most, row.length), 0) - toolColumns)
  let row = 0
  let column = 0
  let nodes = 0
  const path: Place[] = []
  const nameOf = new Map<string, string>()
  const itemOf = new Map<string, string>()

  function fault(text: string, values: Record<string, string | number> = {}): never {
    throw new DrawingFault(text, values, { row: row + 1, column: columnName(column) })
  }
  function fresh(name: string): Drawn {
    if (++nodes > mostNodes) fault('the tree has more than {n} nodes', { n: mostNodes })
    return { name, item: '', condition: '', description: '', advice: '', children: [], isLeaf: false }
  }
  const rootName = trim(rows[0]?.[0] ?? '')
  if (!rootName) fault('the name of the tree is missing')
  if (hasOperator(rootName)) fault('a name must not hold && || ! ( or )')
  const root = fresh(rootName)

  function nodeOf(text: string): Drawn {
    const bar = text.indexOf('|')
    const node = fresh(trim(bar < 0 ? text : text.slice(0, bar)))
    node.isLeaf = bar >= 0
    if (node.isLeaf) node.item = trim(text.slice(bar + 1))
    if (node.item.includes('|')) fault('a leaf is “name | check item”, with one |')
    if (node.isLeaf && (!node.name || !node.item)) fault('a leaf is “name | check item”; one of them is empty')
    if (hasOperator(node.name)) fault('a name must not hold && || ! ( or )')
    if (node.isLeaf) {
      // A check item has one display name in the whole file, and a display name one check item.
      const name = nameOf.get(node.item) ?? node.name
      const item = itemOf.get(node.name) ?? node.item
      if (name !== node.name) fault('check item {item} has two names: {a} and {b}', { item, a: name, b: node.name })
      if (item !== node.item) fault('{name} names two check items: {a} and {b}', { name, a: item, b: node.item })
      nameOf.set(item, name)
      itemOf.set(name, item)
    }
    return node
  }
  function readCell(text: string) {
    // path[c] is the last cell of column c; a cell's parent stands one column to the left, the root left of A.
    if (column > path.length) fault('a level is skipped: no cell stands one column to the left above')
    if (column + 2 > mostDepth) fault('the tree is deeper than {n} levels', { n: mostDepth })
    path.length = column
    const parent = column === 0 ? root : path.at(-1)!
    if (parent === 'property') fault('nothing may stand below a condition, description or advice')
    if (parent.isLeaf) fault('nothing may stand below the leaf {name}', { name: parent.name })
    for (const [prefix, field] of Object.entries(prefixes))
      if (text.startsWith(prefix)) {
        parent[field] = trim(text.slice(prefix.length))
        path.push('property')
        return
      }
    const node = nodeOf(text)
    if (parent.children.some((x) => x.name === node.name)) fault('two children of {name} are named {child}', { name: parent.name, child: node.name })
    parent.children.push(node)
    path.push(node)
  }
  for (row = firstRow; row < rows.length; ++row) {
    let text = ''
    for (let i = 0; i < Math.min(rows[row]!.length, columns); ++i) {
      const cell = trim(rows[row]![i] ?? '')
      if (!cell) continue
      column = text ? column : i
      if (text) fault('a row has one cell only')
      text = cell
    }
    if (text) readCell(text)
  }
  return contentOf(root)
}

/** Leaves count together, branches each for itself. */
function usualCondition(node: Drawn): string {
  const leaves = node.children.filter((x) => x.isLeaf).length
  if (leaves && leaves < node.children.length) throw new DrawingFault('{name} has leaves and branches, so it needs a “condition:”', { name: node.name })
  return node.children.map((x) => x.name).join(leaves ? ' && ' : ' || ')
}

function contentOf(node: Drawn): DrawnNode {
  if (node.isLeaf) return { 'node name': node.name, value: null, 'check item': node.item, msg: '' }
  if (!node.children.length) throw new DrawingFault('{name} has no children; a leaf is written “name | check item”', { name: node.name })
  return {
    'node name': node.name,
    value: null,
    condition: node.condition || usualCondition(node),
    description: node.description,
    advice: node.advice,
    children: node.children.map(contentOf),
  }
}
