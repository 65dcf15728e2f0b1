/** Duty: an invented table of procedure for looking at the bench's screens. Never part of the built client. */
import type { ProcedureTable, StageRow } from '@core/procedure'

const NAMES: [string, string, string][] = [
  ['check_in', '签到核验', 'Check-in'], ['discipline', '宣布法庭纪律', 'Discipline'], ['opening', '宣布开庭', 'Opening'],
  ['investigation', '法庭调查', 'Investigation'], ['debate', '法庭辩论', 'Debate'], ['final_statements', '最后陈述', 'Final statements'],
  ['mediation', '当庭调解', 'Mediation in court'], ['deliberation', '合议', 'Deliberation'], ['judgment', '宣判', 'Judgment'], ['closed', '闭庭', 'Closed'],
]
const SCRIPTS: Record<string, Pick<StageRow, 'script' | 'points'>> = {
  check_in: {
    script: [
      { who: 'clerk', act: 'do', whom: '', zh: '逐一核对到庭人员的身份、案件与账号。', en: 'Check person, case and account of everybody.' },
      { who: 'clerk', act: 'ask', whom: 'parties', zh: '各方当事人对在线进行本次庭审是否同意？', en: 'Do the parties agree to hold this hearing online?' },
    ],
    points: [{ item: 'identity', zh: '身份已核对', en: 'Identity checked', required: true }],
  },
  debate: {
    script: [
      { who: 'presiding', act: 'announce', whom: 'all', zh: '法庭调查结束，现在进行法庭辩论。', en: 'The investigation is closed; the debate begins.' },
      { who: 'presiding', act: 'ask', whom: 'plaintiff', zh: '请原告方围绕争议焦点发表辩论意见，与争议焦点无关的、已经陈述过的，不再重复。', en: 'The plaintiff’s side may speak to the issues in dispute; please do not repeat what has been said.' },
      { who: 'presiding', act: 'ask', whom: 'defendant', zh: '请被告方发表辩论意见。', en: 'The defendant’s side may answer.' },
      { who: 'presiding', act: 'ask', whom: 'both', zh: '双方还有没有新的辩论意见？', en: 'Has either side anything new to add?' },
    ],
    points: [
      { item: 'issues', zh: '争议焦点已归纳并征求意见', en: 'Issues put together and put to the parties', required: true },
      { item: 'rounds', zh: '辩论轮次', en: 'Rounds of debate', required: false },
      { item: 'new_facts', zh: '辩论中有无新的事实', en: 'New facts in the debate', required: true },
    ],
  },
}

export function benchTable(key: string): ProcedureTable {
  return {
    key, version: '1', kind: key === 'mediation' ? 'mediation' : 'civil', name: { zh: '民事普通程序', en: 'Civil, ordinary' }, articles: ['CPL 140'],
    presides: ['presiding'], recording: 'whole',
    consent_steps: [
      { key: 'hearing', name: { zh: '在线庭审', en: 'Online hearing' }, text: { zh: '', en: '' }, version: '1' },
      { key: 'evidence', name: { zh: '在线举证质证', en: 'Evidence online' }, text: { zh: '', en: '' }, version: '1' },
      { key: 'mediation', name: { zh: '调解', en: 'Mediation' }, text: { zh: '我已知晓本次调解拟在线进行的环节、方式、权利义务和法律后果，同意本环节在线进行；本次同意不及于其他环节，我可以在合理期限内撤回。', en: 'I know how this mediation is to be held online, my rights and duties and what follows from it, and I agree to hold this step online.' }, version: '1' },
    ],
    suitability: [
      { id: 'refused', zh: '各方当事人均明确表示不同意，或者一方表示不同意且有正当理由', en: 'All parties refuse, or one refuses with good reason' },
      { id: 'no_means', zh: '各方当事人均不具备参与在线庭审的技术条件和能力', en: 'No party has the means or skill for it' },
      { id: 'on_site', zh: '需要通过庭审现场查明身份、核对原件、查验实物', en: 'Identity, originals or objects have to be seen on site' },
      { id: 'complex', zh: '案件疑难复杂、证据繁多', en: 'Difficult case with much evidence' },
      { id: 'security', zh: '涉及国家安全、国家秘密', en: 'National security or state secrets' },
      { id: 'public', zh: '具有重大社会影响，受到广泛关注', en: 'Great public attention' },
      { id: 'other', zh: '人民法院认为存在其他不宜适用在线庭审情形', en: 'Other reasons found by the court' },
    ],
    offline_grounds: [
      { id: 'refused', zh: '当事人不同意继续在线', en: 'A party does not agree to go on online' },
      { id: 'originals', zh: '需要线下核对证据原件', en: 'Originals have to be checked' },
      { id: 'network', zh: '网络原因无法继续', en: 'The network does not allow it' },
    ],
    endings: [
      { id: 'agreed', zh: '达成调解协议', en: 'Agreement reached' },
      { id: 'withdrawn', zh: '申请人撤回调解申请', en: 'Application withdrawn' },
      { id: 'refused', zh: '一方明确拒绝调解', en: 'One side refuses' },
      { id: 'failed', zh: '未达成协议', en: 'No agreement' },
    ],
    stages: NAMES.map(([stage, zh, en]) => ({
      key: stage, name: { zh, en }, session: '', articles: stage === 'debate' ? ['CPL 144'] : [], floor: '', consent: stage === 'mediation' ? 'mediation' : '', needs: [],
      script: [], points: [], ...SCRIPTS[stage],
    })),
  }
}
