/** Duty: short calm messages at the edge of the screen (refusals, faults), gone by themselves after a while. */
import { ref } from 'vue'
import type { Outcome } from '@core/protocol'

export interface Notice {
  id: number
  kind: 'refused' | 'fault' | 'info'
  command: string
  reason: string
  rule: string
  /** The server's own sentence, for a reason the client has no words for. */
  message: string
}

export const NOTICE_MS = 9000
const MOST = 3
let next = 1

export const notices = ref<Notice[]>([])

export function dismiss(id: number): void {
  notices.value = notices.value.filter((n) => n.id !== id)
}

export function notice(part: Omit<Notice, 'id'>): void {
  const id = next++
  const others = notices.value.filter((n) => n.reason !== part.reason || n.command !== part.command)
  notices.value = [...others, { ...part, id }].slice(-MOST)
  window.setTimeout(() => dismiss(id), NOTICE_MS)
}

export function refusal(command: string, outcome: Exclude<Outcome, { ok: true }>): void {
  if (outcome.kind === 'refused') {
    notice({ kind: 'refused', command, reason: outcome.reason, rule: outcome.rule, message: outcome.message })
  } else {
    const message = outcome.kind === 'problem' ? outcome.message : ''
    notice({ kind: 'fault', command, reason: outcome.reason, rule: '', message })
  }
}
