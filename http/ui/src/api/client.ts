import { ref } from 'vue'
import type { components, paths } from './schema'

export type Schemas = components['schemas']
type Envelope = Schemas['envelope']
type Content<T> = T extends { content: { 'application/json': infer C } } ? C : never

type Verb = 'get' | 'post' | 'delete' | 'put'
type Operation<P extends keyof paths, V extends Verb> = paths[P] extends { [K in V]: infer O } ? O : never
type Offering<V extends Verb> = { [P in keyof paths]: paths[P] extends { [K in V]?: never } ? never : P }[keyof paths]

export type Request<P extends keyof paths, V extends Verb = 'post'> =
  Operation<P, V> extends { requestBody?: infer B } ? Content<NonNullable<B>> : never
export type Reply<P extends keyof paths, V extends Verb = 'post'> =
  Operation<P, V> extends { responses: { 200: infer R } } ? Exclude<Content<R>, Envelope> : never

/** A refusal, as the contract words it. Code 0: the node did not answer. */
export class ApiError extends Error {
  constructor(
    readonly code: number,
    readonly msg: string,
    readonly detail = '',
    /** What was not done, and why, where the answer says so. */
    readonly failures: { name: string; reason: string }[] = [],
  ) {
    super(detail ? `${msg}: ${detail}` : msg)
  }
}

/** What whoever shows dialogs does about refusals that a person can mend. */
export const remedies = {
  sessionLost: () => {},
  mustChange: () => {},
  /** Asks for the vault key; whether it was entered. */
  vaultKey: async (): Promise<boolean> => false,
}

/** Where the node is served, as it said when it showed the page. */
export const base = (() => {
  const told = document.querySelector('meta[name="aops-base"]')?.getAttribute('content') ?? ''
  return told.startsWith('/') ? told : ''
})()

interface Options {
  signal?: AbortSignal
  /** A refusal that says that nobody is logged in is the answer, not a lost session. */
  quiet?: boolean
  /** Carried out once, however often it is sent: who asks again after no answer gets that of the first time. */
  once?: boolean
}

interface Refusal {
  code?: number
  msg?: string
  detail?: string
  message?: string
  fail_list?: (string | { host_name?: string; reason?: string })[]
  /** As configuration tracing tells it. */
  failList?: { domainName?: string; hostId?: string; filePath?: string; reason: string }[]
  fail_reasons?: Record<string, string>
}

function failuresOf(reply: Refusal): { name: string; reason: string }[] {
  const failed = (reply.fail_list ?? []).map((x) =>
    typeof x === 'string' ? { name: x, reason: reply.fail_reasons?.[x] ?? '' } : { name: x.host_name ?? '', reason: x.reason ?? '' },
  )
  const untraced = (reply.failList ?? []).map((x) => ({ name: x.filePath ?? x.hostId ?? x.domainName ?? '', reason: x.reason }))
  return [...failed, ...untraced]
}

/** Requests under way. */
export const pending = ref(0)

/** Keys of requests that were not answered, by what was asked. They go with the tab. */
const unanswered = new Map<string, string>()

/** Of a text, so that no secret of it is kept. What the browser has for this is not there over plain HTTP. */
function digest(text: string): string {
  let a = 0x811c9dc5
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; ++i) {
    a = Math.imul(a ^ text.charCodeAt(i), 0x01000193)
    b = Math.imul(b ^ text.charCodeAt(i), 0x5bd1e995)
    b ^= b >>> 15
  }
  return `${text.length}-${a >>> 0}-${b >>> 0}`
}

/** Some answers have numbers that JSON has no word for, as texts; they stay texts. */
async function ask(verb: Verb, path: string, body: unknown, options: Options): Promise<unknown> {
  const headers: Record<string, string> = {}
  const text = verb === 'get' ? undefined : JSON.stringify(body)
  const what = options.once ? `${path} ${digest(text ?? '')}` : ''
  if (text !== undefined) headers['Content-Type'] = 'application/json'
  if (what) {
    const key = unanswered.get(what) ?? crypto.getRandomValues(new Uint32Array(4)).join('-')
    unanswered.set(what, key)
    headers['Idempotency-Key'] = key
  }
  let response: Response
  ++pending.value
  try {
    response = await fetch(base + path, {
      method: verb.toUpperCase(),
      headers,
      body: text,
      signal: options.signal,
    })
  } catch (problem) {
    if ((problem as Error).name === 'AbortError') throw problem
    throw new ApiError(0, 'The node does not answer', String((problem as Error).message ?? ''))
  } finally {
    --pending.value
  }
  let reply: Refusal
  try {
    reply = await response.json()
  } catch {
    throw new ApiError(0, 'The node does not answer', `HTTP ${response.status}`)
  }
  const code = reply.code ?? response.status
  // A node that failed may have carried it out; who is asked for the vault key asks the same again.
  if (response.status < 500 && code !== 1203) unanswered.delete(what)
  // 202: some of it was so already.
  if (code === 200 || code === 202 || code === 206) return reply
  throw new ApiError(code, reply.msg ?? '', reply.detail ?? reply.message ?? '', failuresOf(reply))
}

async function call(verb: Verb, path: string, body: unknown, options: Options): Promise<unknown> {
  try {
    return await ask(verb, path, body, options)
  } catch (problem) {
    if (!(problem instanceof ApiError) || options.quiet) throw problem
    if (problem.code === 1201) remedies.sessionLost()
    if (problem.code === 1204) remedies.mustChange()
    if (problem.code === 1203 && (await remedies.vaultKey())) return ask(verb, path, body, options)
    throw problem
  }
}

export function post<P extends Offering<'post'>>(path: P, body: Request<P>, options: Options = {}): Promise<Reply<P>> {
  return call('post', path as string, body, options) as Promise<Reply<P>>
}

export function remove<P extends Offering<'delete'>>(
  path: P,
  body: Request<P, 'delete'>,
  options: Options = {},
): Promise<Reply<P, 'delete'>> {
  return call('delete', path as string, body, options) as Promise<Reply<P, 'delete'>>
}

export function put<P extends Offering<'put'>>(path: P, body: Request<P, 'put'>, options: Options = {}): Promise<Reply<P, 'put'>> {
  return call('put', path as string, body, options) as Promise<Reply<P, 'put'>>
}

/** Of what is named in the query. */
export function removeBy<P extends Offering<'delete'>>(path: P, query: URLSearchParams, options: Options = {}): Promise<Reply<P, 'delete'>> {
  return call('delete', `${path as string}?${query}`, undefined, options) as Promise<Reply<P, 'delete'>>
}

export function get<P extends Offering<'get'>>(path: P, query = '', options: Options = {}): Promise<Reply<P, 'get'>> {
  return call('get', (path as string) + query, undefined, options) as Promise<Reply<P, 'get'>>
}
