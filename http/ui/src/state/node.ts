import { reactive } from 'vue'
import { get, type Schemas } from '../api/client'

/** How the node was set up, as far as pages must know. */
export const node = reactive({ samples_source: 'scrape', plugins: [] as string[] })
let asked: Promise<void> | undefined

/** Asked once; without an answer, again by who comes next. */
export function loadNode(): Promise<void> {
  asked ??= get('/session/node').then(
    ({ samples_source, plugins }) => void Object.assign(node, { samples_source, plugins }),
    () => void (asked = undefined),
  )
  return asked
}

/** Where samples of a host can come from, and what that means; the last is of a node that reads a Prometheus, for all its hosts. */
export const sources: Record<string, string> = { scrape: 'the node asks its exporter', push: 'senders push its samples', prometheus: 'the node asks a Prometheus' }
/** What can be chosen for a host; the first is what a host has that says nothing. */
export const sourcesOfHost = ['scrape', 'push'] as const
export type HostSource = (typeof sourcesOfHost)[number]

/** Where the samples of a host come from: `scrape`, `push` or `prometheus`. */
export const sourceOf = (host: Schemas['host_info']): string => (node.samples_source === 'prometheus' ? 'prometheus' : (host.source ?? 'scrape'))
