import type { StreamParser } from '@codemirror/language'
import { said } from '../text'

/** Colours of the condition language. */
export const condition: StreamParser<null> = {
  name: 'condition',
  startState: () => null,
  token(stream) {
    if (stream.eatSpace()) return null
    if (stream.match(/^#(?!\d).*/)) return 'comment'
    if (stream.match(/^\$\d+/)) return 'propertyName'
    if (stream.match(/^'[^']*'?|^"(?:[^"\\]|\\.)*"?/)) return 'string'
    if (stream.match(/^#\d+/)) return 'number'
    if (stream.match(/^(?:0x[0-9a-f]+|\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?:ms|[smhdw])?/i)) return 'number'
    if (stream.match(/^(?:in|notin|true|false)\b/)) return 'keyword'
    if (stream.match(/^[A-Za-z_][\w]*(?=\s*\()/)) return 'variableName.function'
    if (stream.match(/^[A-Za-z_][\w:]*/)) return 'variableName'
    if (stream.match(/^(?:&&|\|\||[<>=!]=|<<|>>|=~|!~|[-+*/%<>!&|^~?:])/)) return 'operator'
    stream.next()
    return null
  },
}

/** Where `line 1, position 13: …` of a refusal points to. Positions count from 1. */
export function faultAt(text: string, detail: string): { from: number; to: number; message: string } {
  const found = /line (\d+), position (\d+): (.*)/s.exec(detail)
  if (!found) return { from: 0, to: text.length, message: said(detail) }
  const lines = text.split('\n')
  const before = lines.slice(0, Number(found[1]) - 1).reduce((n, line) => n + line.length + 1, 0)
  const from = Math.min(text.length, before + Number(found[2]) - 1)
  return { from: from === text.length && from > 0 ? from - 1 : from, to: from + 1, message: said(found[3]) }
}
