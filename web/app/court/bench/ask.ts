/** Duty: the one question of the rail that is open now. Every grave act of the bench is asked here before it is done. */
import { shallowRef } from 'vue'

export interface Question {
  title: string
  means: string[]
  yes: string
  law?: boolean
  reason?: 'none' | 'optional' | 'required'
  reasonLabel?: string
  reasons?: string[]
  /** One of these is chosen first. */
  choices?: { id: string; text: string }[]
  choose?: string
  /** What is said once more before it is done; the act has two steps then. */
  sure?: string[]
  run: (reason: string, choice: string) => void
}

export const question = shallowRef<Question | null>(null)

export function ask(next: Question): void {
  question.value = next
}

export function answer(reason: string, choice = ''): void {
  const asked = question.value
  question.value = null
  asked?.run(reason, choice)
}
