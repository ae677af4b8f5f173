import { onScopeDispose, watch } from 'vue'
import { isSeen, link, listHeard, wantLists, type List } from './stream'

/** Between two looks while the stream is away: nobody tells then. */
const withoutStream = 15_000

/**
 * Does it after one of these lists has changed, as the tab's stream tells, for as long as the component is there: one at a time,
 * and what comes in a burst is done once.
 *
 * @param pause Least time between the beginnings of two, in milliseconds; what it is then, where it may change.
 */
export function follow(lists: List[], work: () => Promise<unknown>, pause: number | (() => number) = 1000) {
  let timer: number | undefined
  let began = Date.now() // Who follows has just loaded.
  let due = 0 // When the timer does it; it may have to be sooner than when it was set.
  let isBusy = false
  let isBehind = false
  let isOver = false
  async function turn() {
    timer = undefined
    isBusy = true
    isBehind = false
    began = Date.now()
    await work().catch(() => undefined)
    isBusy = false
    if (isBehind) soon()
  }
  function soon() {
    isBehind = true
    if (isBusy || isOver || !isSeen.value) return
    const at = began + (typeof pause === 'number' ? pause : pause())
    if (timer !== undefined && at >= due) return
    clearTimeout(timer)
    due = at
    timer = window.setTimeout(turn, Math.max(0, at - Date.now()))
  }
  wantLists(lists)
  watch(() => lists.map((list) => listHeard.get(list)), soon)
  watch(isSeen, () => isBehind && soon())
  let lonely: number | undefined
  watch(
    link,
    (now) => {
      clearInterval(lonely)
      lonely = now === 'away' ? window.setInterval(soon, withoutStream) : undefined
    },
    { immediate: true },
  )
  onScopeDispose(() => {
    isOver = true
    clearTimeout(timer)
    clearInterval(lonely)
  })
}
