/** Duty: which consent steps of the procedure wait for this person's answer, and which are due now. Pure; decides no right. */
import type { ProcedureTable } from '@core/procedure'
import type { ConsentView, StageView } from '@core/wire'

/** Steps that the stage which is held now, or the one after it, needs; those answered already are not asked again. */
export function due(table: ProcedureTable | null, stages: readonly StageView[], consents: readonly ConsentView[]): string[] {
  if (!table) return []
  const at = stages.findIndex((s) => s.state === 'now')
  const coming = at < 0 ? [] : stages.slice(at, at + 2).map((s) => s.key)
  const needed = new Set(table.stages.filter((s) => coming.includes(s.key) && s.consent !== '').map((s) => s.consent))
  return consents.filter((c) => c.agrees === null && needed.has(c.step)).map((c) => c.step)
}

/** The step that is answered on the way into the hearing. */
export function gateOf(table: ProcedureTable): string {
  return table.gate ?? table.consent_steps[0]?.key ?? ''
}
