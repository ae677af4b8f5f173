/** A text with values in place: `{n}` stands for one, `{n|host|hosts}` for the first word where it is 1 and else for the second. */
export function filled(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)(?:\|([^{|}]*)\|([^{|}]*))?\}/g, (whole, name: string, one?: string, many?: string) => {
    const value = values[name]
    if (value === undefined) return whole
    return one === undefined ? String(value) : String(value) === '1' ? one : many!
  })
}
