import { onMounted, onScopeDispose, ref, shallowRef, type Ref } from 'vue'

export interface Load<T> {
  data: Ref<T | undefined>
  error: Ref<unknown>
  loading: Ref<boolean>
  reload: () => Promise<void>
}

/** Loads, and keeps what was loaded last while it loads again. An answer that was overtaken is dropped. */
export function useLoad<T>(work: (signal: AbortSignal) => Promise<T>, at_once = true): Load<T> {
  const data = shallowRef<T>()
  const error = shallowRef<unknown>()
  const loading = ref(false)
  let current: AbortController | undefined
  async function reload() {
    current?.abort()
    const mine = (current = new AbortController())
    loading.value = true
    try {
      const answer = await work(mine.signal)
      if (current !== mine) return
      data.value = answer
      error.value = undefined
    } catch (problem) {
      if (current === mine) error.value = problem
    } finally {
      if (current === mine) loading.value = false
    }
  }
  if (at_once) onMounted(reload)
  onScopeDispose(() => {
    current?.abort()
    current = undefined
  })
  return { data, error, loading, reload }
}

/** Does it, one at a time: who asks meanwhile has it done once more, after that. What it keeps up with may come faster. */
export function calmly(work: () => Promise<unknown>): () => void {
  let busy = false
  let again = false
  return async function turn() {
    if (busy) {
      again = true
      return
    }
    busy = true
    try {
      do {
        again = false
        await work().catch(() => undefined)
      } while (again)
    } finally {
      busy = false
    }
  }
}

/** Does it again and again while the tab is seen; the next time counts from the end of the last. */
export function usePoll(work: () => Promise<unknown>, seconds: number) {
  let timer: number | undefined
  let over = false
  async function turn() {
    if (document.visibilityState === 'visible') await work().catch(() => undefined)
    if (!over) timer = window.setTimeout(turn, seconds * 1000)
  }
  timer = window.setTimeout(turn, seconds * 1000)
  onScopeDispose(() => {
    over = true
    clearTimeout(timer)
  })
}
