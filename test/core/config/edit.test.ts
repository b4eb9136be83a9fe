/** Values in a text change; nothing else in it does. */
import t from 'tap'
import { lengthOf, withValue, type Path } from '../../../core/config/edit.js'
import { parse } from '../../../core/config/parse.js'

const TEXT = `// Ours.
{
  "pools": [
    { "name": "Api" }, // the important one
    // the last
    {
      "name": "Shop", // sells
      "queue": 7 // seven
    } // end of Shop
  ],
  "sites": [{ "name": "Main" }],
  "empty": {}, "none": [ /* nobody */ ],
  "trailing": [
    1, // one
    2, // two
  ], /* the end */
}
`

const valueAt = (text: string, path: Path): unknown => {
  const { value, broken } = parse(text)
  if (broken) throw new Error(`broken: ${text}`)
  return path.reduce<unknown>((held, key) => (held as Record<string | number, unknown>)[key], value)
}

const commentsOf = (text: string): string[] => text.match(/\/\/[^\n]*|\/\*.*?\*\//g) ?? []

/** The lines that are only in `after`, and those that are only in `before`. */
const changed = (before: string, after: string) => ({
  added: after.split('\n').filter((line) => !before.split('\n').includes(line)),
  removed: before.split('\n').filter((line) => !after.split('\n').includes(line)),
})

t.test('what is set is set, in the place where it belongs', async (t) => {
  const cases: readonly (readonly [Path, unknown, readonly string[]])[] = [
    [['pools', 1, 'queue'], 8, ['      "queue": 8 // seven']],
    [['pools', 0, 'queue'], 8, ['    { "name": "Api", "queue": 8 }, // the important one']],
    [['pools', 0, 'model', 'max'], 2, ['    { "name": "Api", "model": { "max": 2 } }, // the important one']],
    [['pools', 1, 'model', 'max'], 2, ['      "queue": 7, // seven', '      "model": { "max": 2 }']],
    [['pools', 2], { name: 'New' }, ['    }, // end of Shop', '    { "name": "New" }']],
    [['sites', 1], { name: 'New' }, ['  "sites": [{ "name": "Main" }, { "name": "New" }],']],
    [['trailing', 2], 3, ['    3,']],
    [['empty', 'a'], 1, ['  "empty": {', '    "a": 1', '  }, "none": [ /* nobody */ ],']],
    [['none', 0], 1, ['  "empty": {}, "none": [ /* nobody */', '    1']],
    [['fresh', 0], { a: 1 }, ['  "fresh": [{ "a": 1 }],']],
  ]
  for (const [path, value, lines] of cases) {
    const after = withValue(TEXT, path, value)
    t.same(valueAt(after, path), value, path.join('/'))
    t.same(changed(TEXT, after).added, lines, path.join('/'))
    t.same(commentsOf(after), commentsOf(TEXT), 'all comments')
  }
})

t.test('what is taken out goes with its own lines, and no comma is left where none was', async (t) => {
  const shop = withValue(TEXT, ['pools', 1], undefined)
  t.same(valueAt(shop, ['pools']), [{ name: 'Api' }])
  t.match(shop, '{ "name": "Api" } // the important one\n    // the last\n  ],')
  const queue = withValue(TEXT, ['pools', 1, 'queue'], undefined)
  t.match(queue, '      "name": "Shop" // sells\n    } // end of Shop')
  const two = withValue(TEXT, ['trailing', 1], undefined)
  t.match(two, '    1, // one\n  ], /* the end */')
  const inLine = withValue(withValue(TEXT, ['pools', 0, 'queue'], 8), ['pools', 0, 'queue'], undefined)
  t.equal(inLine, TEXT)
  t.equal(withValue(TEXT, ['pools', 1, 'nothing'], undefined), TEXT)
})

t.test(
  'a list that gets too long for its line has a line for each item; one on a line loses its item',
  async (t) => {
    const long = {
      name: 'a name that is long',
      more: 'and a value that is longer than what would fit on this line',
    }
    const after = withValue(TEXT, ['sites', 1], long)
    t.match(after, `  "sites": [\n    { "name": "Main" },\n    { "name": "a name that`)
    const list = '{ "a": [{ "b": 1 }, { "c": 2 }, { "d": 3 } ], "e": 1 }'
    t.equal(withValue(list, ['a', 2], undefined), '{ "a": [{ "b": 1 }, { "c": 2 } ], "e": 1 }')
    t.equal(withValue(list, ['a', 1], undefined), '{ "a": [{ "b": 1 }, { "d": 3 } ], "e": 1 }')
    t.equal(withValue(list, ['a', 0], undefined), '{ "a": [{ "c": 2 }, { "d": 3 } ], "e": 1 }')
    t.equal(withValue(list, ['e'], undefined), '{ "a": [{ "b": 1 }, { "c": 2 }, { "d": 3 } ] }')
  },
)

t.test('a file with Windows line ends and tabs keeps them', async (t) => {
  const text = '{\r\n\t"pools": [\r\n\t\t{ "name": "Api" } // ours\r\n\t]\r\n}\r\n'
  const after = withValue(text, ['pools', 1], { name: 'New' })
  t.equal(
    after,
    '{\r\n\t"pools": [\r\n\t\t{ "name": "Api" }, // ours\r\n\t\t{ "name": "New" }\r\n\t]\r\n}\r\n',
  )
})

t.test('what is too long for a line is written on several', async (t) => {
  const value = {
    name: 'A',
    settings: Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`setting${index}`, index])),
  }
  const after = withValue(TEXT, ['pools', 2], value)
  t.same(valueAt(after, ['pools', 2]), value)
  t.match(after, '    {\n      "name": "A",\n      "settings": {\n        "setting0": 0,')
})

t.test('the length of a list', async (t) => {
  t.equal(lengthOf(TEXT, ['pools']), 2)
  t.equal(lengthOf(TEXT, ['none']), 0)
  t.equal(lengthOf(TEXT, ['empty']), undefined)
})
