import { reactive } from 'vue'
import { post, type Schemas } from '../api/client'

/** Hosts by id: many answers tell only these. */
export const hosts = reactive(new Map<string, Schemas['host_info']>())
let asked: Promise<void> | undefined

/** All hosts that the user sees, as they are now. Who was overtaken gets what is newer. */
export function readHosts(): Promise<void> {
  const mine: Promise<void> = post('/manage/host/get', { host_group_list: [] }).then(
    (reply) => {
      if (asked !== mine) return asked
      hosts.clear()
      for (const host of reply.host_infos) hosts.set(host.host_id, host)
    },
    (problem) => {
      if (asked === mine) asked = undefined
      throw problem
    },
  )
  return (asked = mine)
}

/** The same, asked once, and again on request; without an answer ids stand for names. */
export function loadHosts(again = false): Promise<void> {
  return (asked && !again ? asked : readHosts()).catch(() => undefined)
}

export function forgetNames() {
  asked = undefined
  hosts.clear()
}

/** The name, or the beginning of the id of a host that is not there any more. */
export function hostName(id: string): string {
  return hosts.get(id)?.host_name ?? id.slice(0, 12) + '…'
}
