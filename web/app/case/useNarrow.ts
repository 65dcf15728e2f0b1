/** Duty: whether the screen is a phone's (or zoomed to be one), so that panes become tabs. */
import { onBeforeUnmount, ref, type Ref } from 'vue'

export function useNarrow(): Ref<boolean> {
  const media = window.matchMedia('(max-width: 900px)')
  const narrow = ref(media.matches)
  const look = (): void => {
    narrow.value = media.matches
  }
  media.addEventListener('change', look)
  onBeforeUnmount(() => media.removeEventListener('change', look))
  return narrow
}
