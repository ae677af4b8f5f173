import { ElMessage, ElMessageBox } from 'element-plus/es'
import 'element-plus/theme-chalk/el-message.css'
import 'element-plus/theme-chalk/el-message-box.css'
import 'element-plus/theme-chalk/el-overlay.css'
import { ApiError } from '../api/client'
import { said, t } from '../text'

export function tellGood(text: string) {
  ElMessage({ type: 'success', message: text, grouping: true })
}

/** What was done in part stays until it is read. */
export function tellPart(text: string) {
  ElMessage({ type: 'warning', message: text, duration: 0, showClose: true })
}

export function tellProblem(problem: unknown) {
  if (problem instanceof ApiError) {
    // For these a dialog is open already.
    if (problem.code === 1201 || problem.code === 1204) return
    const text = `${t(problem.msg)}${problem.code ? ` (${problem.code})` : ''}${problem.detail ? ': ' + said(problem.detail) : ''}${problem.failures.map((f) => ` · ${f.name} ${said(f.reason)}`).slice(0, 10).join('')}`
    ElMessage({ type: 'error', message: text, duration: 8000, showClose: true })
  } else if (problem instanceof Error) ElMessage({ type: 'error', message: problem.message, showClose: true })
}

/** Does it, and says how it went: of what was done in part what was and what was not. */
export async function attempt<T extends { code: number }>(
  work: () => Promise<T>,
  good: (reply: T) => string,
  rest: (reply: T) => string = () => '',
): Promise<T | undefined> {
  try {
    const reply = await work()
    const left = rest(reply)
    if (reply.code === 206 || left) tellPart([good(reply), left].filter(Boolean).join(' · '))
    else tellGood(good(reply))
    return reply
  } catch (problem) {
    tellProblem(problem)
    return undefined
  }
}

/** Asks before something goes; names what goes. */
export async function confirmNames(question: string, names: string[], verb: string): Promise<boolean> {
  const shown = names.slice(0, 12).join(', ') + (names.length > 12 ? ` … (+${names.length - 12})` : '')
  try {
    await ElMessageBox.confirm(shown, question, {
      confirmButtonText: verb,
      cancelButtonText: t('Cancel'),
      type: 'warning',
      autofocus: true,
    })
    return true
  } catch {
    return false
  }
}
