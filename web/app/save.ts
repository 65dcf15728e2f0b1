/** Duty: hands what was fetched to the browser as a file. Must never keep it longer than the browser needs to take it. */
const HELD_MS = 60_000

export function save(content: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), HELD_MS)
}
