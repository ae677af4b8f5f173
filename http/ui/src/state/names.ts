import { reactive } from 'vue'
import { post, type Schemas } from '../api/client'

/** Hosts by id: many answers tell only these. */
export const hosts = reactive(new Map<string, Schemas['host_info']>())
let asked: Promise<void> | undefined

/** All hosts that the user sees; asked once, and again on request. */
export function loadHosts(again = false): Promise<void> {
  if (!asked || again)
    asked = post('/manage/host/get', { host_group_list: [] }).then(
      (reply) => {
        hosts.clear()
        for (const host of reply.host_infos) hosts.set(host.host_id, host)
      },
      () => {
        asked = undefined
      },
    )
  return asked
}

export function forgetNames() {
  asked = undefined
  hosts.clear()
}

/** The name, or the beginning of the id of a host that is not there any more. */
export function hostName(id: string): string {
  return hosts.get(id)?.host_name ?? id.slice(0, 12) + '…'
}
