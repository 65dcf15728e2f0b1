/** Duty: which words of the court's helpers this page has shown already, so that new ones can be announced. Keeps nothing. */
import { computed, ref } from 'vue'
import type { MessageView } from '@core/wire'
import { view } from '../../session'

const lastRead = ref(0)

export function readUpTo(messages: readonly MessageView[]): void {
  lastRead.value = Math.max(lastRead.value, ...messages.map((m) => m.at))
}

export const unread = computed(() => (view.value?.messages ?? []).filter((m) => m.to === view.value?.me && m.by !== view.value.me && m.at > lastRead.value).length)
