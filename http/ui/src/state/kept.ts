import { ref, watch, type Ref } from 'vue'

/** A preference that this browser keeps. No secret belongs here. */
export function kept<T extends string>(name: string, usual: T, choices: readonly T[]): Ref<T> {
  let first: string | null = null
  try {
    first = localStorage.getItem(`aops.${name}`)
  } catch {
    // A browser that keeps nothing: the usual.
  }
  const value = ref(choices.includes(first as T) ? (first as T) : usual) as Ref<T>
  watch(value, (now) => {
    try {
      localStorage.setItem(`aops.${name}`, now)
    } catch {
      // Good for this tab.
    }
  })
  return value
}
