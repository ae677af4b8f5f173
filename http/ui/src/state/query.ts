import { reactive, watch } from 'vue'
import { useRoute, useRouter } from 'vue-router'

type Value = string | number | boolean | string[]

function read<V extends Value>(text: unknown, usual: V): V {
  const first = Array.isArray(text) ? text[0] : text
  if (Array.isArray(usual)) return (text === undefined ? usual : [text].flat().map(String)) as V
  if (first === undefined || first === null) return usual
  if (typeof usual === 'number') return (Number.isFinite(Number(first)) ? Number(first) : usual) as V
  if (typeof usual === 'boolean') return (first === 'true') as unknown as V
  return String(first) as V
}

type Wide<T> = { [K in keyof T]: T[K] extends boolean ? boolean : T[K] extends number ? number : T[K] }

/** Filters, page and sorting of a page, kept in its address: a link shows the same, and back goes back. */
export function useQuery<T extends Record<string, Value>>(usual: T): Wide<T> {
  const route = useRoute()
  const router = useRouter()
  const path = route.path
  const now = () => Object.fromEntries(Object.entries(usual).map(([key, v]) => [key, read(route.query[key], v)])) as T
  const state = reactive(now()) as Wide<T>
  const same = (a: Value, b: Value) => JSON.stringify(a) === JSON.stringify(b)
  watch(
    () => ({ ...state }),
    (wanted, old) => {
      const query: Record<string, string | string[]> = {}
      for (const [key, value] of Object.entries(route.query)) if (!(key in usual)) query[key] = value as string
      for (const [key, value] of Object.entries(wanted))
        if (!same(value, usual[key]!)) query[key] = Array.isArray(value) ? value : String(value)
      // Another filter begins at its first page.
      if ('page' in usual && wanted.page === old.page && Object.keys(wanted).some((key) => !same(wanted[key]!, old[key]!)))
        delete query.page
      if (!same(now() as unknown as string, wanted as unknown as string)) void router.push({ query })
    },
  )
  watch(
    () => route.query,
    () => {
      if (route.path !== path) return
      const seen = now()
      for (const key of Object.keys(usual)) if (!same(seen[key]!, state[key]!)) (state as Record<string, Value>)[key] = seen[key]!
    },
  )
  return state
}

/** What lists take of a query. An empty `sort` is the order of the ids. */
export function paging(query: { page: number; per_page: number }) {
  return { page: Math.max(1, query.page), per_page: Math.min(50, Math.max(1, query.per_page)) }
}

/** What a table takes of a query, and gives back to it. */
export function ordered(query: { sort: string; direction: string }) {
  return {
    sort: query.sort,
    direction: query.direction,
    onOrder: (sort: string, direction: 'asc' | 'desc') => Object.assign(query, { sort, direction }),
  }
}
