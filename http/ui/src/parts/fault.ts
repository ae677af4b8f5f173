import { t } from '../text'

/** Fault trees: their conditions, read as the node reads them, and three-valued verdicts of reports. */
export interface TreeNode {
  'node name': string
  condition?: string
  'check item'?: string
  description?: string
  advice?: string
  value?: boolean | null
  msg?: string
  children?: TreeNode[]
  [more: string]: unknown
}

export type Verdict = true | false | undefined
type Expression =
  | { kind: 'name'; name: string; from: number; to: number }
  | { kind: 'not'; of: Expression }
  | { kind: 'and' | 'or'; left: Expression; right: Expression }

export class ConditionFault extends Error {
  constructor(
    message: string,
    readonly from: number,
    readonly to: number,
  ) {
    super(message)
  }
}

interface Token {
  sign: string
  from: number
  to: number
}

function tokens(text: string): Token[] {
  const out: Token[] = []
  const pattern = /\s+|&&|\|\||[!()]|(?:(?!&&|\|\||[!()]).)+/gsu
  for (const m of text.matchAll(pattern)) {
    const sign = m[0].trim()
    if (!sign) continue
    const from = m.index + m[0].indexOf(sign)
    out.push({ sign, from, to: from + sign.length })
  }
  return out
}

/** `!` before `&&` before `||`; what else stands there are names of children, which may hold blanks. */
export function parseCondition(text: string): Expression {
  const list = tokens(text)
  let at = 0
  const end = { sign: '', from: text.length, to: text.length + 1 }
  const peek = () => list[at] ?? end
  function fail(message: string, where = peek()): never {
    throw new ConditionFault(message, Math.max(0, Math.min(where.from, text.length - 1)), where.to)
  }
  function one(): Expression {
    const token = peek()
    if (token.sign === '!') {
      ++at
      return { kind: 'not', of: one() }
    }
    if (token.sign === '(') {
      ++at
      const inner = either()
      if (peek().sign !== ')') fail(t('a ) is missing'))
      ++at
      return inner
    }
    if (['', ')', '&&', '||'].includes(token.sign)) fail(t('the name of a child is missing'))
    ++at
    return { kind: 'name', name: token.sign, from: token.from, to: token.to }
  }
  function both(): Expression {
    let left = one()
    while (peek().sign === '&&') {
      ++at
      left = { kind: 'and', left, right: one() }
    }
    return left
  }
  function either(): Expression {
    let left = both()
    while (peek().sign === '||') {
      ++at
      left = { kind: 'or', left, right: both() }
    }
    return left
  }
  const whole = either()
  if (at < list.length) fail(t('&& or || is missing'))
  return whole
}

export function namesIn(e: Expression): { name: string; from: number; to: number }[] {
  if (e.kind === 'name') return [e]
  if (e.kind === 'not') return namesIn(e.of)
  return [...namesIn(e.left), ...namesIn(e.right)]
}

/** Kleene: what is not known stays so unless the rest decides. */
export function judge(e: Expression, of: (name: string) => Verdict): Verdict {
  if (e.kind === 'name') return of(e.name)
  if (e.kind === 'not') {
    const inner = judge(e.of, of)
    return inner === undefined ? undefined : !inner
  }
  const [left, right] = [judge(e.left, of), judge(e.right, of)]
  if (e.kind === 'and') return left === false || right === false ? false : left && right ? true : undefined
  return left || right ? true : left === false && right === false ? false : undefined
}

/** The verdict of each node of a report. A leaf is unknown when the report misses its check item. */
export function verdicts(root: TreeNode, missing: Set<string>): Map<TreeNode, Verdict> {
  return verdictsBy(root, (leaf) => (missing.has(String(leaf['check item'])) && !leaf.value ? undefined : !!leaf.value))
}

/** The verdict of each node, by those of its leaves. */
export function verdictsBy(root: TreeNode, of: (leaf: TreeNode) => Verdict): Map<TreeNode, Verdict> {
  const out = new Map<TreeNode, Verdict>()
  const visit = (node: TreeNode): Verdict => {
    let verdict: Verdict
    if (!node.children?.length) verdict = of(node)
    else {
      const below = new Map(node.children.map((child) => [child['node name'], visit(child)]))
      try {
        verdict = judge(parseCondition(node.condition ?? ''), (name) => below.get(name))
      } catch {
        verdict = node.value ?? undefined
      }
    }
    out.set(node, verdict)
    return verdict
  }
  visit(root)
  return out
}

export interface NodeFault {
  /** Names from the root. */
  path: string[]
  message: string
}

/** What is wrong with a tree, as far as it shows without the node, which has the last word. */
export function faultsOf(root: TreeNode): NodeFault[] {
  const out: NodeFault[] = []
  const visit = (node: TreeNode, before: string[]) => {
    const path = [...before, node['node name'] || '?']
    const say = (message: string) => out.push({ path, message })
    if (!node['node name']?.trim()) say(t('a node has no name'))
    else if (/&&|\|\||[!()]/.test(node['node name'])) say(t('a name may hold none of && || ! ( )'))
    if (!node.children?.length) {
      if (!node['check item']) say(t('a leaf needs a check item'))
      return
    }
    const names = node.children.map((c) => c['node name'])
    for (const name of new Set(names.filter((x, i) => names.indexOf(x) !== i))) say(t('two children are called {name}', { name }))
    try {
      const used = namesIn(parseCondition(node.condition ?? '')).map((x) => x.name)
      for (const name of new Set(used)) if (!names.includes(name)) say(t('the condition names {name}, which is no child', { name }))
    } catch (problem) {
      say(t('condition: {fault}', { fault: (problem as Error).message }))
    }
    for (const child of node.children) visit(child, path)
  }
  visit(root, [])
  return out
}
