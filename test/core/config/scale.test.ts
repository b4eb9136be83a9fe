/** A large configuration costs in step with its size: counted in reads of its values, not in seconds. */
import t from 'tap'
import { build } from '../../../core/config/build.js'
import { findProblems } from '../../../core/config/check.js'
import { validateServer } from '../../../core/config/compiled-schema.js'
import { findContradictions } from '../../../core/config/references.js'

/** The same value, all the way down; each read of a member counts. */
const counting = <T extends object>(value: T, count: { reads: number }): T =>
  new Proxy(value, {
    get(target, key, receiver) {
      count.reads++
      const member: unknown = Reflect.get(target, key, receiver)
      return typeof member === 'object' && member !== null ? counting(member, count) : member
    },
  })

const configuration = (sites: number) => ({
  applicationPools: [{ name: 'p' }],
  sites: Array.from({ length: sites }, (_, site) => ({
    name: `s${site}`,
    bindings: [{ bindingInformation: `*:80:s${site}` }],
    applications: Array.from({ length: 10 }, (_, at) => ({
      path: at === 0 ? '/' : `/a${at}`,
      type: 'static',
      applicationPool: 'p',
      environment: { A: '1' },
    })),
  })),
})

const readsOf = (sites: number): number => {
  const count = { reads: 0 }
  const raw = counting(configuration(sites), count)
  const problems = findProblems(validateServer, raw, '')
  const config = build(raw, '/host.json')
  problems.push(...findContradictions(counting(config, count)))
  if (problems.length > 0) throw new Error(problems[0]?.message)
  return count.reads
}

t.test('twice as many sites are twice as much work', (t) => {
  const small = readsOf(50)
  t.ok(readsOf(100) < 2.1 * small, 'no check looks at each pair')
  t.ok(small / 500 < 200, `few reads for an application, with its share of the site: ${small / 500}`)
  t.end()
})
