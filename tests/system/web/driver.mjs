// A browser that does what it is told, line by line, as JSON: {id, do, …} on standard input, {id, value | error} on standard
// output. Each tab keeps what went wrong in it: errors of scripts, violations of the Content-Security-Policy, failed requests.
//   driver.mjs NODE_MODULES CHROMIUM
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { readFileSync } from 'node:fs'

const [modules, program] = process.argv.slice(2)
const require = createRequire(modules + '/')
const { chromium } = require('playwright-core')
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

const browser = await chromium.launch({
  executablePath: program,
  args: [...(process.getuid() === 0 ? ['--no-sandbox'] : []), '--disable-dev-shm-usage', '--disable-gpu'],
})
const tabs = new Map()
/** Contexts that nobody uses, by their options: without cookies and what pages kept, but with the scripts that were read already. */
const rested = new Map()

async function contextOf(options, fresh) {
  const key = JSON.stringify(options)
  const one = fresh ? undefined : rested.get(key)?.pop()
  if (one) return { key, context: one }
  const context = await browser.newContext({ acceptDownloads: true, ignoreHTTPSErrors: true, ...options })
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI} ${e.sample}`))
  })
  return { key, context }
}

async function rest({ key, context, page, isTurned }) {
  if (isTurned) return context.close() // Its time stays as it was turned.
  await page.evaluate('localStorage.clear(); sessionStorage.clear()').catch(() => undefined) // It may be at no page at all.
  await page.close()
  await context.clearCookies()
  rested.set(key, [...(rested.get(key) ?? []), context])
}

/** Where another origin would be asked, it is noted and not asked. */
async function open(options, fresh) {
  const { key, context } = await contextOf(options, fresh)
  const page = await context.newPage()
  const tab = { key, context, page, problems: [], asked: [] }
  const note = (text) => tab.problems.push(text)
  page.setDefaultTimeout(20_000)
  page.on('pageerror', (x) => note(`script: ${x.stack ?? x.message}`))
  page.on('console', (m) => m.type() === 'error' && !/^Failed to load resource/.test(m.text()) && note(`console: ${m.text()}`))
  page.on('requestfailed', (r) => !/ERR_ABORTED/.test(r.failure()?.errorText ?? '') && note(`request: ${r.url()} ${r.failure()?.errorText}`))
  page.on('request', (r) => r.method() !== 'GET' && tab.asked.push({ path: new URL(r.url()).pathname, key: r.headers()['idempotency-key'] ?? '', body: r.postData() ?? '' }))
  page.on('response', (r) => r.status() >= 400 && note(`HTTP ${r.status()}: ${r.url()}`))
  page.on('dialog', (d) => {
    note(`dialog: ${d.message()}`)
    void d.dismiss()
  })
  return tab
}

const actions = {
  async open({ tab, options, fresh }) {
    tabs.set(tab, await open(options ?? {}, fresh))
  },
  async close({ tab }) {
    const found = tabs.get(tab)
    tabs.delete(tab)
    await rest(found)
  },
  /** A method of the page, or of what a selector finds. */
  async call({ tab, on, method, args }) {
    const { page } = tabs.get(tab)
    const keys = /^(keyboard|mouse)\.(\w+)$/.exec(method)
    if (keys) return page[keys[1]][keys[2]](...args)
    const value = await (on === undefined ? page : page.locator(on))[method](...args)
    return typeof value === 'object' && value !== null && !Array.isArray(value) && value.constructor?.name !== 'Object' ? undefined : value
  },
  /** Asks again and again: what the page itself would evaluate, its policy forbids. */
  async wait({ tab, script, timeout }) {
    const { page } = tabs.get(tab)
    const end = Date.now() + timeout
    for (;;) {
      const value = await page.evaluate(script).catch(() => undefined) // It may be going to another page.
      if (value) return
      if (Date.now() > end) throw new Error(`${script} did not come true: ${JSON.stringify(value)} at ${page.url()}`)
      await new Promise((resolve) => setTimeout(resolve, 40))
    }
  },
  async shot({ tab, file, full }) {
    await tabs.get(tab).page.screenshot({ path: file, fullPage: full })
  },
  /** What somebody would fill into a choice of files: a text, or bytes as base64. */
  async upload({ tab, on, name, content, bytes }) {
    const buffer = bytes === undefined ? Buffer.from(content) : Buffer.from(bytes, 'base64')
    await tabs.get(tab).page.locator(on).setInputFiles({ name, mimeType: 'text/plain', buffer })
  },
  /** The text of what a click downloads. */
  async download({ tab, on }) {
    const { page } = tabs.get(tab)
    const [file] = await Promise.all([page.waitForEvent('download'), page.locator(on).click()])
    return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') }
  },
  /** What was asked of a path, in order: the key and the body of each request. */
  async asked({ tab, path }) {
    return tabs.get(tab).asked.filter((x) => x.path === path)
  },
  /** The next requests of a path are `lost` before the node has them, or `unheard`: its answers are lost; or answered with `status`. */
  async meddle({ tab, path, how, times }) {
    await tabs.get(tab).page.route(
      (url) => url.pathname === path,
      async (route) => {
        if (how === 'unheard') await route.fetch()
        if (typeof how === 'number') await route.fulfill({ status: how, contentType: 'application/json', body: JSON.stringify({ code: how, msg: 'meddled with', detail: path }) })
        else await route.abort('aborted')
      },
      { times },
    )
  },
  /** What a path answers from now on, whatever the node has. */
  async answer({ tab, path, body }) {
    await tabs.get(tab).page.route((url) => url.pathname === path, (route) => route.fulfill({ contentType: 'application/json', body: JSON.stringify(body) }))
  },
  /** Requests of a path wait until `release` lets them go on. */
  async hold({ tab, path }) {
    const found = tabs.get(tab)
    const gone = new Promise((go) => (found.release = go))
    await found.page.route((url) => url.pathname === path, async (route) => (await gone, route.continue()))
  },
  async release({ tab }) {
    tabs.get(tab).release()
    await tabs.get(tab).page.unrouteAll({ behavior: 'wait' })
  },
  async cookies({ tab }) {
    return tabs.get(tab).context.cookies()
  },
  async set_cookies({ tab, cookies }) {
    await tabs.get(tab).context.addCookies(cookies)
  },
  /** What scripts of a tab hold, in bytes, after what nobody can reach was collected; and how many elements it shows. */
  async heap({ tab }) {
    const found = tabs.get(tab)
    found.debugger ??= await found.context.newCDPSession(found.page)
    await found.debugger.send('HeapProfiler.collectGarbage')
    const { usedSize } = await found.debugger.send('Runtime.getHeapUsage')
    return { bytes: usedSize, elements: await found.page.evaluate("document.querySelectorAll('*').length") }
  },
  /** What was read from the network for the page that is shown, in bytes. */
  async read({ tab }) {
    return tabs.get(tab).page.evaluate(
      () => ['navigation', 'resource'].flatMap((x) => performance.getEntriesByType(x)).reduce((sum, x) => sum + x.transferSize, 0))
  },
  /** Time of a tab, as something turns it: `install`, then `runFor` so many milliseconds. */
  async clock({ tab, method, args = [] }) {
    const found = tabs.get(tab)
    found.isTurned = true
    await found.page.clock[method](...args)
  },
  async problems({ tab }) {
    return tabs.get(tab).problems.splice(0)
  },
  /** What axe-core finds serious. Its text is evaluated by the debugger, which the page's policy does not hinder. */
  async axe({ tab }) {
    const { page } = tabs.get(tab)
    if (!(await page.evaluate('!!window.axe'))) await page.evaluate(axe) // Half a megabyte; a page that was turned to keeps it.
    return page.evaluate(async () => {
      const found = await window.axe.run(document, { resultTypes: ['violations'] })
      return found.violations
        .filter((v) => ['serious', 'critical'].includes(v.impact))
        // A drawn node shows its name cut, and says all of it.
        .map((v) => (v.id === 'label-content-name-mismatch' ? { ...v, nodes: v.nodes.filter((n) => !n.html.startsWith('<g ')) } : v))
        .filter((v) => v.nodes.length)
        .map((v) => `${v.id}: ${v.nodes.slice(0, 4).map((n) => `${n.html.slice(0, 160)} (${n.any.map((c) => c.message).join('; ').slice(0, 160)})`).join(' | ')}`)
    })
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, do: what, ...more } = JSON.parse(line)
  let answer
  try {
    answer = { id, value: (await actions[what](more)) ?? null }
  } catch (problem) {
    answer = { id, error: String(problem.message ?? problem) }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
await browser.close()
