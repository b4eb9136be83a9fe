/** The evidence of an event of a pool in words: what was known of a worker when something happened to it. */
import type { HistoryEntryResource } from '../../core/control/resources.js'
import { age, counted, megabytes, percent } from './words.js'

/** In the event's sentence already, or of no use to people. */
const SAID = new Set([
  'id',
  'pool',
  'worker',
  'state',
  'reason',
  'kind',
  'interval',
  'limit',
  'replacement',
  'pid',
])

/** Lines of a stack that are shown. */
const STACK = 6

/** One sentence of facts, then the lines of an error where there is one. */
export const evidenceOf = ({ at, evidence }: HistoryEntryResource): string[] => {
  const { startedAt, taken, executing, oldestRequest, lastPong, memory, utilisation, error, ...rest } =
    evidence
  const facts: string[] = []
  if (isNumber(startedAt)) facts.push(`it had run for ${age(at - startedAt)}`)
  if (isNumber(taken)) facts.push(`had taken ${counted(taken, 'request')}`)
  if (isNumber(executing) && executing > 0) {
    const oldest = isNumber(oldestRequest) ? `, the oldest ${age(oldestRequest)} old` : ''
    facts.push(`${counted(executing, 'request')} unanswered${oldest}`)
  }
  if (isNumber(memory) && memory > 0) facts.push(`used ${megabytes(memory)}`)
  if (isNumber(utilisation)) facts.push(`its event loop was ${percent(utilisation)} busy`)
  if (isNumber(lastPong)) facts.push(`its last answer to a ping was ${age(at - lastPong)} old`)
  for (const [name, value] of Object.entries(rest)) {
    if (SAID.has(name) || value === undefined || value === null || value === '') continue
    facts.push(`${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
  }
  const stack =
    typeof error === 'string'
      ? error
          .split('\n')
          .slice(0, STACK)
          .map((line) => line.trimEnd())
      : []
  return [...(facts.length > 0 ? [facts.join(', ')] : []), ...stack]
}

const isNumber = (value: unknown): value is number => typeof value === 'number'
