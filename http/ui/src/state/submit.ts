import { ref } from 'vue'

/** What a form does when it is sent: once at a time, however often it is told to. What went wrong stays until it is sent again. */
export function useSubmit<A extends unknown[]>(work: (...what: A) => Promise<unknown>) {
  const busy = ref(false)
  const problem = ref<unknown>()
  async function submit(...what: A) {
    if (busy.value) return
    busy.value = true
    problem.value = undefined
    try {
      await work(...what)
    } catch (x) {
      problem.value = x
    } finally {
      busy.value = false
    }
  }
  return { busy, problem, submit }
}
