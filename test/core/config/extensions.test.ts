/** What an application's `handlers`, `filters` and `modules` make of those of its site. */
import { join } from 'node:path'
import t from 'tap'
import { readConfig } from '../../../core/config/read.js'

const names = (
  site: readonly object[],
  application: readonly object[],
  list: 'handlers' | 'modules',
): string[] => {
  const folder = t.testdir({
    'a.js': '',
    'host.json': JSON.stringify({
      sites: [
        {
          name: 'Main',
          bindings: [{ bindingInformation: '*:8080:' }],
          [list]: site,
          applications: [{ type: 'static', [list]: application }],
        },
      ],
    }),
  })
  const { config } = readConfig(join(folder, 'host.json'), {})
  return (config.sites[0]?.applications[0]?.[list] ?? []).map(({ name }) => name)
}

const entry = (name: string): object => ({ name, module: './a.js' })
const [A, B, C] = [entry('A'), entry('B'), entry('C')]

t.test('handlers of the deeper level come first, modules last', async (t) => {
  t.same(names([A, B], [C], 'handlers'), ['C', 'A', 'B'])
  t.same(names([A, B], [C], 'modules'), ['A', 'B', 'C'])
})

t.test('a name that comes again replaces the one above', async (t) => {
  t.same(names([A, B], [entry('B'), C], 'handlers'), ['B', 'C', 'A'])
})

t.test('one can be removed, or all that stand before', async (t) => {
  t.same(names([A, B], [{ remove: 'A' }, C], 'handlers'), ['C', 'B'])
  t.same(names([A, B], [C, { clear: true }, entry('D')], 'handlers'), ['D'])
  t.same(names([A, B], [{ remove: 'none' }], 'handlers'), ['A', 'B'])
})
