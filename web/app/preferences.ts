/** Duty: how this person likes the screens (type size), remembered by the browser. */
import { ref } from 'vue'

const STORED = 'yunting.type'

function read(): boolean {
  try {
    return localStorage.getItem(STORED) === 'large'
  } catch {
    return false
  }
}

export const largeType = ref(read())

function show(): void {
  document.documentElement.dataset.type = largeType.value ? 'large' : 'normal'
}

export function setLargeType(on: boolean): void {
  largeType.value = on
  show()
  try {
    localStorage.setItem(STORED, on ? 'large' : 'normal')
  } catch {
    // A browser that keeps nothing still shows the chosen size.
  }
}

show()
