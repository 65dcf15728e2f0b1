import { describe, expect, it } from 'vitest'
import { following, linesFor, Procedures, type ScriptLine } from './procedure'

const TABLE = { key: 'civil_summary', stages: [] }

function answering(...answers: (() => Response)[]): { asked: string[]; procedures: Procedures } {
  const asked: string[] = []
  const procedures = new Procedures((path) => {
    asked.push(path)
    const answer = answers[Math.min(asked.length, answers.length) - 1]
    return answer ? Promise.resolve().then(answer) : Promise.reject(new Error('no network'))
  })
  return { asked, procedures }
}

describe('procedures', () => {
  it('asks once, also when two panels want the same table at the same time', async () => {
    const { asked, procedures } = answering(() => Response.json(TABLE))
    const both = await Promise.all([procedures.get('civil_summary'), procedures.get('civil_summary')])
    expect(both.map((t) => t?.key)).toEqual(['civil_summary', 'civil_summary'])
    await procedures.get('civil_summary')
    expect(asked).toEqual(['/api/procedures/civil_summary'])
    expect(procedures.held('civil_summary')?.key).toBe('civil_summary')
  })

  it('does not keep a failure: the next call asks again', async () => {
    const { asked, procedures } = answering(() => new Response('', { status: 503 }), () => Response.json(TABLE))
    expect(await procedures.get('civil_summary')).toBeNull()
    expect((await procedures.get('civil_summary'))?.key).toBe('civil_summary')
    expect(asked).toHaveLength(2)
  })

  it('takes neither another table than the asked one, nor what is no table', async () => {
    const other = answering(() => Response.json({ ...TABLE, key: 'mediation' }))
    expect(await other.procedures.get('civil_summary')).toBeNull()
    const shapeless = answering(() => Response.json({ key: 'civil_summary' }))
    expect(await shapeless.procedures.get('civil_summary')).toBeNull()
    const broken = answering(() => new Response('<html>'))
    expect(await broken.procedures.get('civil_summary')).toBeNull()
    expect(await answering().procedures.get('civil_summary')).toBeNull()
  })
})

describe('what follows', () => {
  const stages = [
    { key: 'opening', state: 'done' },
    { key: 'investigation', state: 'now' },
    { key: 'debate', state: 'next' },
    { key: 'judgment', state: 'next' },
  ]
  const way = (key: string, free: boolean): { key: string; free: boolean } => ({ key, free })

  it('is the next in the order of the procedure, however the ways are listed', () => {
    expect(following(stages, [way('judgment', true), way('debate', true), way('opening', false)])?.key).toBe('debate')
  })

  it('is none where the next needs a reason, or no stage is ahead', () => {
    expect(following(stages, [way('debate', false), way('judgment', true)])).toBeNull()
    expect(following(stages, [way('opening', true)])).toBeNull()
    expect(following(stages, [])).toBeNull()
  })
})

describe('lines of a script', () => {
  const line = (zh: string, bench?: 'any' | 'panel' | 'sole'): ScriptLine => ({ who: 'presiding', act: 'announce', whom: 'all', zh, en: zh, ...(bench ? { bench } : {}) })
  const script = [line('opens', 'any'), line('a panel', 'panel'), line('alone', 'sole'), line('older')]

  it('are those of the bench that sits', () => {
    expect(linesFor(script, true).map((l) => l.zh)).toEqual(['opens', 'a panel', 'older'])
    expect(linesFor(script, false).map((l) => l.zh)).toEqual(['opens', 'alone', 'older'])
  })
})
