import vue from '@vitejs/plugin-vue'
import Components from 'unplugin-vue-components/vite'
import { ElementPlusResolver } from 'unplugin-vue-components/resolvers'
import { defineConfig } from 'vite'

const node = process.env.AOPS_URL ?? 'http://127.0.0.1:11111'
const api = ['/manage', '/check', '/diag', '/data', '/cluster', '/session', '/events', '/notify', '/domain', '/host', '/management', '/confs', '/logs', '/gala-spider', '/openapi.json', '/docs']

export default defineConfig({
  // Where a node is served below a path is known when the page is shown: whatever else is loaded is next to what loads it.
  base: './',
  plugins: [vue(), Components({ resolvers: [ElementPlusResolver({ importStyle: 'css' })], dts: false })],
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 2000,
    reportCompressedSize: false,
  },
  server: {
    proxy: Object.fromEntries(
      api.map((path) => [path, { target: node, configure: (proxy) => proxy.on('proxyReq', own_origin) }]),
    ),
  },
})

/** For the node a request of a page that Vite serves comes from a page of its own. */
function own_origin(request: { setHeader(name: string, value: string): void }) {
  request.setHeader('Origin', node)
}
