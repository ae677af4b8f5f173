import { post, put, remove, removeBy, type Schemas } from '../api/client'

/** Configuration tracing, as its paths have it: what they answer is a list, or how it went. */
export type Domain = Schemas['domain_summary']
export type TracedHost = Schemas['traced_host']
export type HostStatus = Schemas['host_sync_status']
export type FileStatus = Schemas['item_sync_status']
export type Traced = Schemas['trace_text']
export type Change = Schemas['config_change']
export type Real = Schemas['host_configs']
export type Synced = Schemas['host_synced']
export type Done = Schemas['tracing_done'] & { code: number }
interface Signalled { signal?: AbortSignal }

/** A list, or nothing where the answer is how it went. */
const list = <T>(reply: unknown): T[] => (Array.isArray(reply) ? (reply as T[]) : [])
const done = (reply: unknown) => reply as Done

export const domains = (options: Signalled = {}) => post('/manage/tracing/summary/get', {}, options)
export const createDomain = (domainName: string) => post('/domain/createDomain', [{ domainName }]).then(done)
export const deleteDomains = (names: string[]) => removeBy('/domain/deleteDomain', new URLSearchParams(names.map((x) => ['domainName', x]))).then(done)

export const hostsOf = (domainName: string, options: Signalled = {}) => post('/host/getHost', { domainName }, options).then((r) => list<TracedHost>(r))
export const addHosts = (domainName: string, ids: string[]) => post('/host/addHost', { domainName, hostInfos: ids.map((hostId) => ({ hostId })) }).then(done)
export const removeHosts = (domainName: string, ids: string[]) => remove('/host/deleteHost', { domainName, hostInfos: ids.map((hostId) => ({ hostId })) }).then(done)

/** @param refresh Whether hosts are asked; else what was found last. */
export const statusOf = (domainName: string, refresh: boolean, options: Signalled = {}) =>
  post('/confs/getDomainStatus', { domainName, refresh }, options).then((r) => (r as Schemas['domain_status']).hostStatus ?? [])
export const readOn = (domainName: string, hostId: string, refresh: boolean, options: Signalled = {}) =>
  post('/confs/queryRealConfs', { domainName, hostIds: [{ hostId }], refresh }, options).then((r) => list<Real>(r)[0])
export const sync = (domainName: string, ids: string[]) => put('/confs/syncConf', { domainName, hostIds: ids.map((hostId) => ({ hostId })) }).then((r) => list<Synced>(r))

export const filesOf = (domain_name: string, options: Signalled = {}) => post('/manage/tracing/item/get', { domain_name }, options).then((r) => r.items)
export const expect = (domainName: string, file: { filePath: string; contents?: string; hostId?: string }, reason: string) =>
  post('/management/addManagementConf', { domainName, confFiles: [file], ...(reason ? { reason } : {}) }).then(done)
export const forgetFiles = (domainName: string, paths: string[]) => remove('/management/deleteManagementConf', { domainName, confFiles: paths.map((filePath) => ({ filePath })) }).then(done)

export const historyOf = (domainName: string, filePath: string, page: number, per_page: number, options: Signalled = {}) =>
  post('/management/queryManageConfChange', { domainName, confFiles: [{ filePath }], page, per_page }, options).then((r) => (r as Schemas['item_history']).confBaseInfos[0])
export const wholeHistory = (domainName: string, options: Signalled = {}) =>
  post('/confs/queryExpectedConfs', domainName ? { domainName } : {}, options).then((r) => list<Schemas['domain_history']>(r))
export const seenOnHosts = (domain_name: string, options: Signalled = {}) => post('/manage/tracing/edit/get', domain_name ? { domain_name } : {}, options).then((r) => r.edits)
export const difference = (
  domain_name: string,
  file_path: string,
  between: { host_id?: string; from?: string; to?: string },
  options: Signalled = {},
) => post('/manage/tracing/diff', { domain_name, file_path, ...between }, options)

/** How hosts stand in all: `n` of their files are not what they should be, of some it is not known. */
export function judged(files: FileStatus[]): { of: string; off: number; unknown: number; checked: number } {
  const off = files.filter((x) => x.isSynced === 'NOT SYNCHRONIZE' || x.isSynced === 'NOT FOUND').length
  const unsure = files.filter((x) => !['SYNCHRONIZED', 'NOT SYNCHRONIZE', 'NOT FOUND'].includes(x.isSynced))
  const times = files.map((x) => x.checked_at ?? 0)
  const of = off ? 'NOT SYNCHRONIZE' : files.length ? (unsure[0]?.isSynced ?? 'SYNCHRONIZED') : 'UNKNOWN'
  return { of, off, unknown: unsure.length, checked: times.length ? Math.min(...times) : 0 }
}
