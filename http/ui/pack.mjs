// pack.mjs FOLDER FILE: the files of a folder, compressed, as one file that is embedded in the program:
// the length of the index (8 digits), the index as JSON, the contents it points into.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const [folder, target] = process.argv.slice(2)
const pieces = []
let length = 0

function place(bytes) {
  pieces.push(bytes)
  length += bytes.length
  return [length - bytes.length, bytes.length]
}

const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(folder, join(entry.parentPath ?? entry.path, entry.name)))
  .sort()
  .map((name) => {
    let body = readFileSync(join(folder, name))
    if (name === 'index.html') // The page is shown at any depth, and below any path.
      body = Buffer.from(body.toString().replaceAll('"./assets/', '"{{base}}/ui/assets/'))
    const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length } }
    return {
      name,
      etag: createHash('sha256').update(body).digest('hex').slice(0, 16),
      gzip: place(gzipSync(body, { level: 9 })),
      brotli: place(brotliCompressSync(body, quality)),
    }
  })
const index = Buffer.from(JSON.stringify(files))
writeFileSync(target, Buffer.concat([Buffer.from(String(index.length).padStart(8, '0')), index, ...pieces]))
