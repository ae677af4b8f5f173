/** What a report shows of an abnormal check item. */
export interface Evidence {
  check_item: string
  condition: string
  first: number
  last: number
  instance?: string
  labels?: Record<string, string>
  /** Of a host that the judged one depends on: which, and the links that lead there. */
  host_id?: string
  host_name?: string
  path?: string[]
  /** Lines of a log are texts. */
  samples?: [number, number | string][]
  judged?: { part: string; values: [number, number][] }[]
  more_instances?: number
}
