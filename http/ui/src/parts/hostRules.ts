import { sourcesOfHost } from '../state/node'
import { t } from '../text'

/** What is wrong with a field of a host; empty when nothing is. The node has the last word. */
export function nameFault(name: string): string {
  if (!name.trim()) return t('is needed')
  return name.trim().length > 50 ? t('is too long') : ''
}

export function addressFault(address: string): string {
  const text = address.trim()
  if (!text) return t('is needed')
  if (/^[\d.]+$/.test(text)) {
    const parts = text.split('.')
    return parts.length === 4 && parts.every((p) => /^\d{1,3}$/.test(p) && Number(p) < 256) ? '' : t('is no IPv4 address')
  }
  if (text.includes(':')) return /^[0-9a-f:.]+$/i.test(text) ? '' : t('is no IPv6 address')
  return /^(?=.{1,253}\.?$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?$/i.test(text) ? '' : t('is no address')
}

/** @param source Empty: as the node has it. */
export function sourceFault(source: string): string {
  return !source || sourcesOfHost.some((x) => x === source) ? '' : t('is neither scrape nor push')
}

export function portFault(port: string, mayBeEmpty: boolean): string {
  if (!port.trim()) return mayBeEmpty ? '' : t('is needed')
  return /^\d+$/.test(port.trim()) && Number(port) >= 1 && Number(port) <= 65535 ? '' : t('is no port: 1 to 65535')
}
