import { computed, ref, shallowRef, watchEffect } from 'vue'
import { kept } from '../state/kept'
import { filled } from './filled'
import { zh } from './zh'

export type Language = 'en' | 'zh'
const first: Language = navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en'
export const language = kept<Language>('language', first, ['en', 'zh'])
watchEffect(() => (document.documentElement.lang = language.value === 'zh' ? 'zh-CN' : 'en'))

/** A text in the language of the page, with its values in place (`filled`). What has no translation stays as it is. */
export function t(text: string, values: Record<string, string | number> = {}): string {
  return filled(language.value === 'zh' ? (zh[text] ?? text) : text, values)
}

/** What reasons are in Chinese: read once somebody reads Chinese. */
const inChinese = shallowRef<(text: string) => string>()
watchEffect(() => {
  if (language.value === 'zh' && !inChinese.value)
    import('./reasons').then(
      (x) => (inChinese.value = x.inChinese),
      () => undefined, // They stay as they are.
    )
})

/** A reason that a node gives, in the language of the page where it is known; else as it is. */
export function said(text: string | undefined | null): string {
  if (!text || language.value !== 'zh') return text ?? ''
  return Object.hasOwn(zh, text) ? zh[text]! : (inChinese.value?.(text) ?? text)
}

/** Reasons of the node's own about what is abnormal. */
const ofTheNode = /^flapping: |^value \S+(?:,| \(|$)| \(seen [^()]*, as before at [^()]*\)$/

/** Why a result is what it is. Of what is abnormal that may be a line of a log or a text of the rule, which stay as they are. */
export function why(of: { value: string; reason?: string }): string {
  return of.value !== 'Abnormal' || ofTheNode.test(of.reason ?? '') ? said(of.reason) : (of.reason ?? '')
}

const locale = computed(() => (language.value === 'zh' ? 'zh-CN' : 'en'))

const two = (n: number) => String(n).padStart(2, '0')

/** `YYYY-MM-DD HH:MM:SS` of here. */
export function time(seconds: number | undefined | null): string {
  if (!seconds) return ''
  const d = new Date(seconds * 1000)
  const day = `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`
  return `${day} ${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`
}

/** The same without the day when that is today. */
export function shortTime(seconds: number | undefined | null): string {
  const whole = time(seconds)
  return whole.startsWith(time(Date.now() / 1000).slice(0, 10)) ? whole.slice(11) : whole.slice(5)
}

/** `3 min`, `2 h`: one unit. */
export function span(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  if (s < 60) return t('{n} s', { n: s })
  if (s < 3600) return t('{n} min', { n: Math.round(s / 60) })
  if (s < 86_400 * 2) return t('{n} h', { n: Math.round(s / 3600) })
  return t('{n} d', { n: Math.round(s / 86_400) })
}

/** Now, in seconds. What shows it is shown anew every few seconds while the tab is seen. */
export function nowSeconds(): number {
  return Math.max(ticked.value, Date.now()) / 1000
}
const ticked = ref(Date.now())
setInterval(() => {
  if (document.visibilityState === 'visible') ticked.value = Date.now()
}, 3000)

/** How long ago. */
export function ago(seconds: number | undefined): string {
  if (!seconds) return ''
  return t('{span} ago', { span: span(nowSeconds() - seconds) })
}

export function count(n: number | undefined): string {
  return n === undefined ? '–' : n.toLocaleString(locale.value)
}

/** Four digits that matter, with a unit prefix above ten thousand. */
export function figure(n: number | string | null | undefined): string {
  if (n === null || n === undefined) return '–'
  if (typeof n === 'string') return n
  const size = Math.abs(n)
  for (const [limit, sign] of [
    [1e12, 'T'],
    [1e9, 'G'],
    [1e6, 'M'],
    [1e4, 'k'],
  ] as const)
    if (size >= limit) return Number((n / (limit === 1e4 ? 1e3 : limit)).toPrecision(4)) + sign
  return String(Number(n.toPrecision(4)))
}

/** With a unit that is read at a glance: `5 MiB`. */
export function bytes(n: number): string {
  for (const [size, sign] of [[1024 ** 4, 'TiB'], [1024 ** 3, 'GiB'], [1024 ** 2, 'MiB'], [1024, 'KiB']] as const)
    if (n >= size) return `${figure(n / size)} ${sign}`
  return `${figure(n)} B`
}

/** `{cpu="0",mode="idle"}`, or nothing. */
export function labels(of: Record<string, string> | undefined): string {
  const parts = Object.entries(of ?? {}).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
  return parts.length ? `{${parts.join(',')}}` : ''
}
