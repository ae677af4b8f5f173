import { sha256 } from '@noble/hashes/sha2'
import { bytesToHex } from '@noble/hashes/utils'
import { ApiError, post } from '../api/client'

/** Of a piece: what the node takes at once, as base64. */
const pieceBytes = 768 * 1024
const hashBytes = 4 * 1024 * 1024
const patience = [500, 1500, 4000]

export interface Upload {
  name: string
  version: string
  description: string
  file: File
}
export type Tell = (what: 'reading' | 'sending', done: number, of: number) => void

async function bytesOf(file: File, from: number, to: number): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(from, to).arrayBuffer())
}

/** In steps, for the file may be larger than the memory; what browsers have for this is not there over plain HTTP. */
async function digestOf(file: File, tell: Tell, signal: AbortSignal): Promise<string> {
  const hash = sha256.create()
  for (let at = 0; at < file.size; at += hashBytes) {
    hash.update(await bytesOf(file, at, Math.min(file.size, at + hashBytes)))
    tell('reading', Math.min(file.size, at + hashBytes), file.size)
    signal.throwIfAborted()
  }
  return bytesToHex(hash.digest())
}

function base64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 0x8000) text += String.fromCharCode(...bytes.subarray(i, i + 0x8000))
  return btoa(text)
}

/** A piece that was not answered is sent again: one that came already is answered as before. */
async function send(body: Parameters<typeof post<'/manage/package/upload'>>[1], signal: AbortSignal) {
  for (let n = 0; ; ++n) {
    try {
      return await post('/manage/package/upload', body, { signal })
    } catch (problem) {
      if (!(problem instanceof ApiError) || problem.code !== 0 || n >= patience.length) throw problem
      await new Promise((go) => setTimeout(go, patience[n]))
      signal.throwIfAborted()
    }
  }
}

/** Uploads a package piece by piece, from where an upload of the same file got to; the node has it when this has ended. */
export async function uploadPackage(what: Upload, tell: Tell, signal: AbortSignal): Promise<void> {
  const { file } = what
  const sha = await digestOf(file, tell, signal)
  for (let at = 0, isFirst = true; ; isFirst = false) {
    const content = base64(await bytesOf(file, at, Math.min(file.size, at + pieceBytes)))
    const reply = await send(
      {
        package_name: what.name,
        ...(what.version ? { version: what.version } : {}),
        ...(what.description ? { description: what.description } : {}),
        sha256: sha,
        total_bytes: file.size,
        offset: at,
        content,
      },
      signal,
    )
    tell('sending', reply.received_bytes, file.size)
    if (reply.is_complete) return
    // Somebody else may send the same; a node that wants the same piece for ever would keep us here.
    if (reply.received_bytes <= at && !isFirst) throw new ApiError(0, 'The node does not answer', `${reply.received_bytes} < ${at}`)
    at = reply.received_bytes
  }
}
