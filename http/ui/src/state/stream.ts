import { onScopeDispose, ref } from 'vue'
import { base } from '../api/client'

export interface StreamEvent {
  kind: 'progress' | 'report' | 'done' | 'gone'
  topic: string
  data: Record<string, unknown>
}
type Listener = (event: StreamEvent) => void

/** `away`: the stream broke and is being opened again. */
export const link = ref<'idle' | 'open' | 'away'>('idle')

const listeners = new Map<string, Set<Listener>>()
const ended = new Set<string>()
let source: EventSource | undefined
let shown = ''
let timer: number | undefined
let pause = 1000

function hear(kind: StreamEvent['kind'], message: MessageEvent<string>) {
  link.value = 'open'
  pause = 1000
  const data = JSON.parse(message.data) as Record<string, unknown>
  const topic = String(data.topic)
  if (kind === 'done' || kind === 'gone') ended.add(topic)
  listeners.get(topic)?.forEach((tell) => tell({ kind, topic, data }))
}

/** One stream for all topics that anybody in this tab listens to. */
function open() {
  const topics = [...listeners.keys()].filter((topic) => !ended.has(topic)).sort().join(',')
  if (topics === shown && source && source.readyState !== EventSource.CLOSED) return
  source?.close()
  source = undefined
  shown = topics
  if (!topics) {
    link.value = 'idle'
    return
  }
  const opened = new EventSource(`${base}/events/stream?topics=${encodeURIComponent(topics)}`)
  source = opened
  opened.onopen = () => {
    link.value = 'open'
    pause = 1000
  }
  for (const kind of ['progress', 'report', 'done', 'gone'] as const)
    opened.addEventListener(kind, (message) => hear(kind, message as MessageEvent<string>))
  // The browser itself comes back with `Last-Event-ID` when a connection breaks; it gives up at an answer it cannot use.
  opened.onerror = () => {
    if (source !== opened) return
    const rest = [...listeners.keys()].some((topic) => !ended.has(topic))
    link.value = rest ? 'away' : 'idle'
    if (opened.readyState !== EventSource.CLOSED || !rest) return
    later(pause)
    pause = Math.min(pause * 2, 15_000)
  }
}

function later(ms: number) {
  clearTimeout(timer)
  timer = window.setTimeout(open, ms)
}

/** Calls back with each event of a topic (`diag:ID`) until the component that asked is gone. */
export function listen(topic: string, tell: Listener) {
  const those = listeners.get(topic) ?? new Set()
  listeners.set(topic, those.add(tell))
  ended.delete(topic)
  later(20)
  onScopeDispose(() => {
    those.delete(tell)
    if (!those.size) listeners.delete(topic)
    later(20)
  })
}
