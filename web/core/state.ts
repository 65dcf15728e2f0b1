/**
 * Duty: what the tab knows of the hearing: the last view, its slots, the tape, who speaks, the captions.
 * A view replaces the one before; nothing is ever reduced or merged. Must never decide a right.
 */
import { withCaption } from './captions'
import type { Caption, HearingView, SeatCard, SeatHealth, ServerMessage, SheetRow, Slot, Tape } from './wire'

export interface Known {
  seq: number
  view: HearingView | null
  slots: readonly Slot[]
  tape: Tape
  speaking: readonly string[]
  captions: readonly Caption[]
  /** Was everyone heard? Every row for the bench and the clerk; for others their own, once they missed something; else empty. */
  sheet: readonly SheetRow[]
  /** Each seat's line as the server measures it; for the bench and the clerk. */
  health: Readonly<Record<string, SeatHealth>>
  /** Downlink slot pairs the server offers; 0 before the welcome. */
  slotCount: number
}

export const NOTHING: Known = {
  seq: -1,
  view: null,
  slots: [],
  tape: { state: 'idle', safe_until: null },
  speaking: [],
  captions: [],
  sheet: [],
  health: {},
  slotCount: 0,
}

/** What is known after a message. Returns the same object where nothing changed. */
export function after(known: Known, message: ServerMessage): Known {
  switch (message.type) {
    case 'welcome':
      // The server numbers the views of each line from 1: the first view after a welcome always counts.
      return { ...known, seq: -1, slotCount: message.slots, speaking: [] }
    case 'view':
      if (message.seq < known.seq) return known
      return { ...known, seq: message.seq, view: message.view, slots: message.slots, tape: message.tape }
    case 'tape':
      return { ...known, tape: message.tape }
    case 'speaking':
      return { ...known, speaking: message.seats }
    case 'caption': {
      const captions = withCaption(known.captions, message)
      return captions === known.captions ? known : { ...known, captions }
    }
    case 'sheet':
      return { ...known, sheet: message.rows }
    case 'health':
      return { ...known, health: message.seats }
    default:
      return known
  }
}

export class State {
  known: Known = NOTHING
  private listeners = new Set<(known: Known) => void>()

  subscribe(listener: (known: Known) => void): () => void {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  take(message: ServerMessage): void {
    const next = after(this.known, message)
    if (next === this.known) return
    this.known = next
    for (const listener of this.listeners) listener(next)
  }

  forget(): void {
    this.known = NOTHING
    for (const listener of this.listeners) listener(NOTHING)
  }
}

export function seatOf(view: HearingView, seat: string): SeatCard | null {
  return view.seats.find((card) => card.seat === seat) ?? null
}

export function meOf(view: HearingView): SeatCard | null {
  return seatOf(view, view.me)
}

/** Slot that carries the seat's sound or picture now; source "screen": the screen it shares. */
export function slotOf(slots: readonly Slot[], seat: string, source: 'main' | 'screen' = 'main'): Slot | null {
  return slots.find((slot) => slot.seat === seat && (slot.source ?? 'main') === source) ?? null
}
