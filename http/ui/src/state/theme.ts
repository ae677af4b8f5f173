import { ref, watchEffect } from 'vue'
import { kept } from './kept'

/** What the person chose; `auto` follows the system. */
export const theme = kept<'auto' | 'light' | 'dark'>('theme', 'auto', ['auto', 'light', 'dark'])

const system = matchMedia('(prefers-color-scheme: dark)')
const systemDark = ref(system.matches)
system.addEventListener('change', (event) => (systemDark.value = event.matches))

/** Changes when what is drawn on a canvas must be drawn in other colours. */
export const isDark = ref(false)

watchEffect(() => {
  isDark.value = theme.value === 'dark' || (theme.value === 'auto' && systemDark.value)
  document.documentElement.classList.toggle('dark', isDark.value)
})

/** A colour of the style sheet, for a canvas. */
export function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
}
