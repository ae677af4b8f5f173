import { post, type Schemas } from '../api/client'

/** How many tasks one request may name. */
const most = 1000

/** The newest run of each of these tasks that ran at all, however many others ran since. */
export async function lastRuns(tasks: string[], signal?: AbortSignal): Promise<Map<string, Schemas['run_info']>> {
  const found = new Map<string, Schemas['run_info']>()
  for (let i = 0; i < tasks.length; i += most) {
    const reply = await post('/manage/task/result/get', { task_list: tasks.slice(i, i + most), latest: true }, { signal })
    for (const run of reply.executions) found.set(run.task_id, run)
  }
  return found
}
