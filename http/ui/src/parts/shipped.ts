/** Rules and trees for Linux hosts that come with the product; the build puts them beside the sources, where they are. */
const files = import.meta.glob<Record<string, unknown>>('../shipped/*.json', { import: 'default' })

export type Shipped = 'rules' | 'trees'
/** Reads them; nothing where the pages were built without them. */
export const shipped = (what: Shipped): (() => Promise<Record<string, unknown>>) | undefined => files[`../shipped/${what}.json`]
