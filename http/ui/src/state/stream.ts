import { computed, effectScope, onScopeDispose, reactive, ref, watch, type EffectScope } from 'vue'
import { base } from '../api/client'
import { session } from './session'

export interface StreamEvent {
  kind: 'progress' | 'report' | 'done' | 'gone'
  topic: string
  data: Record<string, unknown>
}
type Listener = (event: StreamEvent) => void

/** Lists of which the node tells that they have changed. */
const lists = ['hosts', 'alerts', 'results', 'rules', 'diagnoses', 'runs', 'nodes', 'silences'] as const
/** What changes all the time is told only to who looks at it. */
const busyLists = ['topology', 'samples'] as const
export type List = (typeof lists)[number] | (typeof busyLists)[number]
/** How each stood when it was told last: another number says that it has changed. */
export const listHeard = reactive(new Map<List, number>())

/** Whether the tab is seen. A hidden one follows no lists: a browser has few connections for all its tabs. */
export const isSeen = ref(document.visibilityState === 'visible')
document.addEventListener('visibilitychange', () => (isSeen.value = document.visibilityState === 'visible'))

type Link = 'idle' | 'open' | 'away'
/** The tab's stream; beside it a run that is looked at has one of its own. */
const shared = ref<Link>('idle')
const own = ref<Link>('idle')
/** `away`: a stream broke and is being opened again. */
export const link = computed<Link>(() => [shared.value, own.value].find((x) => x === 'away') ?? (shared.value === 'idle' ? own.value : shared.value))

const listeners = new Map<string, Set<Listener>>()
const ended = new Set<string>()
const wantedLists = new Map<List, number>()
let source: EventSource | undefined
let shown = ''
let timer: number | undefined
let pause = 1000

function hear(kind: StreamEvent['kind'], message: MessageEvent<string>) {
  shared.value = 'open'
  pause = 1000
  const data = JSON.parse(message.data) as Record<string, unknown>
  const topic = String(data.topic)
  if (kind === 'done' || kind === 'gone') ended.add(topic)
  listeners.get(topic)?.forEach((tell) => tell({ kind, topic, data }))
}

function hearChange(message: MessageEvent<string>) {
  shared.value = 'open'
  pause = 1000
  const { topic, version } = JSON.parse(message.data) as { topic: string; version: number }
  listHeard.set(topic.slice('list:'.length) as List, version)
}

const followsLists = computed(() => isSeen.value && session.state === 'somebody' && !session.mustChange)
watch(followsLists, () => later(20), { immediate: true })
watch(() => session.user, () => listHeard.clear())

/** What the stream is about now. */
function wanted(): string[] {
  const jobs = [...listeners.keys()].filter((topic) => !ended.has(topic)).sort()
  const busy = busyLists.filter((list) => wantedLists.get(list))
  return followsLists.value ? [...[...lists, ...busy].map((list) => `list:${list}`), ...jobs] : jobs
}

/** Has the stream tell of these lists, too, until the component that asked is gone. */
export function wantLists(those: List[]) {
  const busy = those.filter((list) => (busyLists as readonly List[]).includes(list))
  const count = (by: number) => {
    for (const list of busy) wantedLists.set(list, (wantedLists.get(list) ?? 0) + by)
    if (busy.length) later(20)
  }
  count(1)
  onScopeDispose(() => count(-1))
}

/** One stream for all topics that anybody in this tab listens to. */
function open() {
  const topics = wanted().join(',')
  if (topics === shown && source && source.readyState !== EventSource.CLOSED) return
  source?.close()
  source = undefined
  shown = topics
  if (!topics) {
    shared.value = 'idle'
    return
  }
  const opened = new EventSource(`${base}/events/stream?topics=${encodeURIComponent(topics)}`)
  source = opened
  opened.onopen = () => {
    shared.value = 'open'
    pause = 1000
  }
  for (const kind of ['progress', 'report', 'done', 'gone'] as const)
    opened.addEventListener(kind, (message) => hear(kind, message as MessageEvent<string>))
  opened.addEventListener('change', (message) => hearChange(message as MessageEvent<string>))
  // The browser itself comes back with `Last-Event-ID` when a connection breaks; it gives up at an answer it cannot use.
  opened.onerror = () => {
    if (source !== opened) return
    const rest = wanted().length > 0
    shared.value = rest ? 'away' : 'idle'
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

/** The same for as many topics as there are now, up to what one stream may have. */
export function listenAll(topics: () => string[], tell: Listener) {
  const scopes = new Map<string, EffectScope>()
  watch(
    () => topics().slice(0, 50),
    (wanted) => {
      for (const [topic, scope] of scopes)
        if (!wanted.includes(topic)) {
          scope.stop()
          scopes.delete(topic)
        }
      for (const topic of wanted)
        if (!scopes.has(topic)) {
          const scope = effectScope()
          scopes.set(topic, scope)
          scope.run(() => listen(topic, tell))
        }
    },
    { immediate: true },
  )
  onScopeDispose(() => scopes.forEach((scope) => scope.stop()))
}

export interface RunEvent {
  kind: string
  number: number
  data: Record<string, unknown>
}
const runKinds = ['state', 'step', 'host', 'event', 'progress', 'done'] as const

/**
 * The events of a run after a number, until it is over or the component that asked is gone. The browser comes back by itself
 * with `Last-Event-ID`; where it gives up, it is begun anew after the last event.
 *
 * @param tell Called with each event; that of an action (`event`) without its data.
 */
export function followRun(run: string, after: number, tell: (event: RunEvent) => void): { close: () => void } {
  let at = after
  let source: EventSource | undefined
  let timer: number | undefined
  let pause = 1000
  function close() {
    clearTimeout(timer)
    source?.close()
    source = undefined
    own.value = 'idle'
  }
  function begin() {
    source?.close()
    const opened = (source = new EventSource(`${base}/manage/task/stream?execution_id=${encodeURIComponent(run)}&after=${at}`))
    const well = () => {
      own.value = 'open'
      pause = 1000
    }
    opened.onopen = well
    for (const kind of runKinds)
      opened.addEventListener(kind, (message) => {
        if (source !== opened) return
        well()
        const { data, lastEventId } = message as MessageEvent<string>
        if (kind !== 'progress' && kind !== 'done') at = Math.max(at, Number(lastEventId) || 0)
        if (kind === 'done') close()
        tell({ kind, number: at, data: kind === 'event' ? {} : (JSON.parse(data) as Record<string, unknown>) })
      })
    opened.onerror = () => {
      if (source !== opened) return
      own.value = 'away'
      if (opened.readyState !== EventSource.CLOSED) return
      clearTimeout(timer)
      timer = window.setTimeout(begin, pause)
      pause = Math.min(pause * 2, 15_000)
    }
  }
  begin()
  onScopeDispose(close)
  return { close }
}
