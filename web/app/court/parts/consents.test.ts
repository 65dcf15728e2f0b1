import { describe, expect, it } from 'vitest'
import type { ProcedureTable, StageRow } from '@core/procedure'
import { due, gateOf } from './consents'

const stage = (key: string, consent = ''): StageRow => ({ key, name: { zh: key, en: key }, session: 'in_session', articles: [], floor: '', consent, needs: [], script: [], points: [] })
const step = (key: string): ProcedureTable['consent_steps'][number] => ({ key, name: { zh: '', en: '' }, text: { zh: '', en: '' }, version: '1' })
const TABLE: ProcedureTable = {
  key: 'civil_ordinary', version: '1', kind: 'hearing', name: { zh: '', en: '' }, articles: [], presides: [], recording: '', suitability: [], offline_grounds: [], endings: [],
  consent_steps: [step('hearing'), step('mediation')],
  stages: [stage('investigation'), stage('debate'), stage('mediation', 'mediation'), stage('judgment')],
}
const at = (now: string) => TABLE.stages.map((s) => ({ key: s.key, state: s.key === now ? 'now' : 'ahead' }))
const open = [{ step: 'hearing', agrees: true }, { step: 'mediation', agrees: null }]

describe('consent to the steps of a hearing', () => {
  it('is asked in the stage before the one that needs it, and in that one', () => {
    expect(due(TABLE, at('investigation'), open)).toEqual([])
    expect(due(TABLE, at('debate'), open)).toEqual(['mediation'])
    expect(due(TABLE, at('mediation'), open)).toEqual(['mediation'])
  })
  it('is not asked again once answered, either way', () => {
    expect(due(TABLE, at('debate'), [{ step: 'mediation', agrees: false }])).toEqual([])
    expect(due(TABLE, at('debate'), [{ step: 'mediation', agrees: true }])).toEqual([])
  })
  it('is asked of nobody who is told of no steps, nor before the table is there', () => {
    expect(due(TABLE, at('debate'), [])).toEqual([])
    expect(due(null, at('debate'), open)).toEqual([])
  })
  it('begins with the step of the gate', () => {
    expect(gateOf(TABLE)).toBe('hearing')
    expect(gateOf({ ...TABLE, gate: 'mediation' })).toBe('mediation')
  })
})
