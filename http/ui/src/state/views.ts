import { computed } from 'vue'
import { post, remove, type Schemas } from '../api/client'
import { useLoad } from './load'

type Kind = 'board'
export interface View {
  name: string
  /** The query of the address that shows it. */
  search: string
}

function viewOf(x: Schemas['view_info']): View {
  const search = (x.content as { search?: unknown }).search
  return { name: x.view_name, search: typeof search === 'string' ? search : '' }
}

/** What the browser kept before the node did: names and searches. */
function left(kind: Kind): View[] {
  try {
    const all = JSON.parse(localStorage.getItem(`aops.${kind}s`) ?? '{}') as Record<string, unknown>
    return Object.entries(all).flatMap(([name, search]) => (typeof search === 'string' ? [{ name, search }] : []))
  } catch {
    return []
  }
}

/** The user's views of a kind, as the node keeps them. */
export function useViews(kind: Kind) {
  const list = useLoad((signal) => post('/manage/account/view/get', { kind }, { signal }).then((r) => r.view_infos.map(viewOf)))
  const save = ({ name, search }: View) => post('/manage/account/view/save', { kind, view_name: name, content: { search } as never })
  return {
    list,
    async keep(view: View) {
      const reply = await save(view)
      await list.reload()
      return reply
    },
    async drop(name: string) {
      const reply = await remove('/manage/account/view/delete', { kind, view_list: [name] })
      await list.reload()
      return reply
    },
    /** Those of this browser that the node has not; to be asked for, for somebody else may have made them here. */
    leftHere: computed(() => {
      const there = list.data.value
      return there ? left(kind).filter((x) => !there.some((y) => y.name === x.name)) : []
    }),
    async takeIn(views: View[]) {
      for (const view of views) await save(view)
      localStorage.removeItem(`aops.${kind}s`)
      await list.reload()
      return { code: 200 }
    },
  }
}
