import { strFromU8, unzipSync } from 'fflate'
import { t } from '../text'

/** The rows of a sheet of an .xlsx workbook, as far as texts and numbers go. What is read is bounded. */
const mostBytes = 64 * 1024 * 1024
const mostRows = 100_000
const mostColumns = 1024
const mostCells = 1_000_000

/** Prefixes of namespaces are the writer's choice. */
const below = (of: Element, name: string) => [...of.children].filter((x) => x.localName === name)

function xml(files: Map<string, Uint8Array>, name: string): Element {
  const bytes = files.get(name.toLowerCase())
  if (!bytes) throw new Error(t('the workbook lacks {name}', { name }))
  const document = new DOMParser().parseFromString(strFromU8(bytes), 'application/xml')
  if (document.querySelector('parsererror')) throw new Error(t('{name} in the workbook is damaged', { name }))
  return document.documentElement
}

/** One run or several; how it is pronounced is left out. */
function textOf(item: Element | undefined): string {
  if (!item) return ''
  return [...item.children].map((x) => (x.localName === 't' ? x.textContent : x.localName === 'r' ? textOf(x) : '')).join('')
}

function columnOf(place: string | null): number | undefined {
  const letters = /^[A-Z]{1,3}/.exec(place ?? '')?.[0]
  return letters === undefined ? undefined : [...letters].reduce((n, c) => n * 26 + c.charCodeAt(0) - 64, 0) - 1
}

function placeOfSheet(files: Map<string, Uint8Array>, wanted: string): string {
  const sheets = below(xml(files, 'xl/workbook.xml'), 'sheets').flatMap((x) => below(x, 'sheet'))
  const found = sheets.find((x) => x.getAttribute('name') === wanted)
  if (!found) throw new Error(t('there is no sheet {name}; there are {names}', { name: wanted, names: sheets.map((x) => x.getAttribute('name')).join(', ') }))
  const id = [...found.attributes].find((a) => a.localName === 'id')?.value
  const target = below(xml(files, 'xl/_rels/workbook.xml.rels'), 'Relationship').find((x) => x.getAttribute('Id') === id)?.getAttribute('Target')
  if (!target) throw new Error(t('the workbook does not say where its sheet {name} is', { name: wanted }))
  return target.startsWith('/') ? target.slice(1) : `xl/${target}`
}

export function readSheet(bytes: Uint8Array, sheet: string): string[][] {
  const files = new Map<string, Uint8Array>()
  try {
    let total = 0
    const found = unzipSync(bytes, {
      filter: (file) => {
        if (!/\.(xml|rels)$/i.test(file.name)) return false
        total += file.originalSize
        if (total > mostBytes) throw new Error(t('the workbook is larger than {n} MiB', { n: mostBytes / 1024 / 1024 }))
        return true
      },
    })
    for (const [name, content] of Object.entries(found)) files.set(name.toLowerCase(), content)
  } catch (problem) {
    if ((problem as { code?: number }).code === undefined) throw problem
    throw new Error(t('This is no .xlsx workbook'))
  }
  const shared = files.has('xl/sharedstrings.xml') ? below(xml(files, 'xl/sharedStrings.xml'), 'si').map(textOf) : []
  const rows: string[][] = []
  let held = 0
  let at = 0
  for (const row of below(xml(files, placeOfSheet(files, sheet)), 'sheetData').flatMap((x) => below(x, 'row'))) {
    const told = Number(row.getAttribute('r'))
    at = Number.isInteger(told) && told > 0 ? told : at + 1
    let column = -1
    for (const cell of below(row, 'c')) {
      column = columnOf(cell.getAttribute('r')) ?? column + 1
      if (at > mostRows || column >= mostColumns || ++held > mostCells) throw new Error(t('a sheet may have {rows} rows and {columns} columns', { rows: mostRows, columns: mostColumns }))
      const kind = cell.getAttribute('t')
      const value = below(cell, 'v')[0]?.textContent ?? ''
      const text = kind === 'inlineStr' ? textOf(below(cell, 'is')[0]) : kind === 's' && value ? (shared[Number(value)] ?? '') : value
      while (rows.length < at) rows.push([])
      const cells = rows[at - 1]!
      while (cells.length <= column) cells.push('')
      cells[column] = text
    }
  }
  return rows
}
