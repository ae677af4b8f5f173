import type { Schemas } from '../api/client'
import { labels, language, said, t, time } from '../text'
import type { Evidence } from './evidence'
import type { TreeNode, Verdict } from './fault'

const escaped = (text: unknown) =>
  String(text ?? '').replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c]!)

const sign = (v: Verdict) => (v === undefined ? '?' : v ? '▲' : '✓')

function branch(node: TreeNode, known: Map<TreeNode, Verdict>): string {
  const v = known.get(node)
  const about = node.condition ?? node['check item'] ?? ''
  const below = node.children?.length ? `<ul>${node.children.map((c) => branch(c, known)).join('')}</ul>` : ''
  return `<li class="${v === undefined ? 'u' : v ? 't' : 'f'}">${sign(v)} <b>${escaped(node['node name'])}</b> <code>${escaped(about)}</code>${below}</li>`
}

/** A report as one file that needs nothing else, for who has no aops. */
export function reportHtml(
  r: Schemas['report_info'],
  host: string,
  causes: { path: string[]; description?: string; advice?: string }[],
  evidence: Evidence[],
  known: Map<TreeNode, Verdict> | undefined,
  root: TreeNode | undefined,
): string {
  const title = `${r.tree_name} · ${host}`
  return `<!doctype html>
<html lang="${language.value}"><head><meta charset="utf-8"><title>${escaped(title)}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<style>body{font:14px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}code{font-size:12px;color:#555}ul{list-style:none;padding-left:1.4rem}.t{color:#b3261e}.f{color:#17703a}.u{color:#5f6b78}.t code,.f code,.u code{color:#555}</style>
</head><body>
<h1>${escaped(title)}</h1>
<p>${escaped(time(r.start))} – ${escaped(time(r.end))} · ${escaped(t(r.error ? 'Internal error' : r.verdict === 'true' ? 'fault' : r.verdict === 'false' ? 'no fault' : 'unknown'))}</p>
<h2>${escaped(t('Root causes'))}</h2>
<ol>${causes.map((c) => `<li><b>${escaped(c.path.join(' › '))}</b><br>${escaped(c.description)}<br>→ ${escaped(c.advice)}</li>`).join('') || `<li>–</li>`}</ol>
<h2>${escaped(t('Fault tree'))}</h2>
${root && known ? `<ul>${branch(root, known)}</ul>` : `<p>${escaped(said(r.error))}</p>`}
<h2>${escaped(t('Evidence'))}</h2>
<ul>${evidence.map((e) => `<li><b>${escaped(e.instance ?? e.check_item)}</b> <code>${escaped(e.condition)}</code> ${escaped(labels(e.labels))}<br>${escaped(time(e.first))} – ${escaped(time(e.last))}: ${escaped((e.samples ?? []).map(([, v]) => v).join(', '))}</li>`).join('')}</ul>
<p><code>${escaped(r.report_id)} · ${escaped(r.content_hash)}</code></p>
</body></html>
`
}
