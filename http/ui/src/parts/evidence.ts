/** What a report shows of an abnormal check item. */
export interface Evidence {
  check_item: string
  condition: string
  first: number
  last: number
  instance?: string
  labels?: Record<string, string>
  samples?: [number, number][]
  judged?: { part: string; values: [number, number][] }[]
  more_instances?: number
}
