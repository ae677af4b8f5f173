import { reactive } from 'vue'
import { remedies } from '../api/client'

/** Dialogs that any page may need; `parts/Dialogs.vue` shows them. */
export const dialogs = reactive({ password: false, vault: false, palette: false, keys: false })

let waiting: ((entered: boolean) => void)[] = []

remedies.vaultKey = () => {
  dialogs.vault = true
  return new Promise((resolve) => waiting.push(resolve))
}

export function vaultAnswered(entered: boolean) {
  dialogs.vault = false
  waiting.forEach((resolve) => resolve(entered))
  waiting = []
}
