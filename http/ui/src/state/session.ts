import { computed, reactive } from 'vue'
import { ApiError, get, post, remedies } from '../api/client'

interface Session {
  /** `asking` until the node said who is logged in. */
  state: 'asking' | 'nobody' | 'somebody' | 'away'
  user: string
  role: 'administrator' | 'ordinary' | ''
  /** The password must be changed before anything else. */
  mustChange: boolean
  /** Why somebody who was logged in has to log in again. */
  ended: boolean
}

export const session = reactive<Session>({ state: 'asking', user: '', role: '', mustChange: false, ended: false })
export const isAdministrator = computed(() => session.role === 'administrator')

export async function askWho() {
  try {
    const who = await get('/session', '', { quiet: true })
    Object.assign(session, { state: 'somebody', user: who.user, role: who.role, mustChange: false, ended: false })
  } catch (problem) {
    if (!(problem instanceof ApiError)) throw problem
    if (problem.code === 1204) Object.assign(session, { state: 'somebody', mustChange: true, ended: false })
    else session.state = problem.code === 0 ? 'away' : 'nobody'
  }
}

export async function logIn(username: string, password: string) {
  try {
    await post('/session/login', { username, password }, { quiet: true })
  } catch (problem) {
    if (!(problem instanceof ApiError) || problem.code !== 1204) throw problem
  }
  await askWho()
  // Before the password is changed the node does not say who it is.
  if (session.mustChange || !session.user) session.user = username
}

/** Only what the node ended is ended: when it does not say so, it is told, and the session stays. */
export async function logOut() {
  try {
    await post('/session/logout', {}, { quiet: true })
  } catch (problem) {
    if (!(problem instanceof ApiError) || problem.code !== 1201) throw problem
  }
  Object.assign(session, { state: 'nobody', user: '', role: '', mustChange: false, ended: false })
}

remedies.sessionLost = () => {
  if (session.state === 'somebody') Object.assign(session, { state: 'nobody', ended: true })
}
remedies.mustChange = () => {
  session.mustChange = true
}
