/**
 * Duty: the tables of procedure (GET /api/procedures/{key}): stages, scripts, points, lists. Fetched once, then held.
 * Must never decide what may come next: the view says that.
 */

export interface Said {
  zh: string
  en: string
}
export interface Choice extends Said {
  id: string
}
/** who reads it; act: announced, asked of somebody, or done. whom: a role, a side, "all" or "". bench: for a panel, a judge alone, or any. */
export interface ScriptLine extends Said {
  who: 'presiding' | 'clerk'
  act: 'announce' | 'ask' | 'do'
  whom: string
  bench?: 'any' | 'panel' | 'sole'
}
export interface Point extends Said {
  item: string
  required: boolean
}
export interface StageRow {
  key: string
  name: Said
  session: string
  articles: string[]
  floor: string
  consent: string
  needs: string[]
  script: ScriptLine[]
  points: Point[]
}
export interface ConsentStep {
  key: string
  name: Said
  text: Said
  version: string
}
export interface ProcedureTable {
  key: string
  version: string
  kind: string
  name: Said
  articles: string[]
  presides: string[]
  recording: string
  /** The consent step that is answered before the hearing. */
  gate?: string
  consent_steps: ConsentStep[]
  suitability: Choice[]
  offline_grounds: Choice[]
  endings: Choice[]
  stages: StageRow[]
}

/** The stage that follows in order and may be entered without a reason for leaving others out; null: none does. */
export function following<Way extends { key: string; free: boolean }>(stages: readonly { key: string; state: string }[], ways: readonly Way[]): Way | null {
  const at = stages.findIndex((s) => s.state === 'now')
  const way = stages.slice(at + 1).flatMap((s) => ways.filter((w) => w.key === s.key))[0]
  return way?.free ? way : null
}

/** Lines for this bench: some are for a panel only, some for a judge alone. */
export function linesFor(script: readonly ScriptLine[], panel: boolean): ScriptLine[] {
  const other = panel ? 'sole' : 'panel'
  return script.filter((line) => line.bench !== other)
}

export class Procedures {
  private readonly tables = new Map<string, ProcedureTable>()
  private readonly asked = new Map<string, Promise<ProcedureTable | null>>()

  constructor(private readonly ask: (path: string) => Promise<Response>) {}

  held(key: string): ProcedureTable | null {
    return this.tables.get(key) ?? null
  }

  put(table: ProcedureTable): void {
    this.tables.set(table.key, table)
  }

  /** null: could not be had now; the next call asks again. */
  get(key: string): Promise<ProcedureTable | null> {
    const held = this.tables.get(key)
    if (held) return Promise.resolve(held)
    const running = this.asked.get(key)
    if (running) return running
    const asking = this.fetch(key).finally(() => this.asked.delete(key))
    this.asked.set(key, asking)
    return asking
  }

  private async fetch(key: string): Promise<ProcedureTable | null> {
    try {
      const answer = await this.ask(`/api/procedures/${encodeURIComponent(key)}`)
      if (!answer.ok) return null
      const table = (await answer.json()) as ProcedureTable
      if (table.key !== key || !Array.isArray(table.stages)) return null
      this.put(table)
      return table
    } catch {
      return null
    }
  }
}
