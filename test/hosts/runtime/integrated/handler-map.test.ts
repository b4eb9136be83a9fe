/** Which handler mapping fits which path, verb and kind of resource; and how much of the path is the script. */
import t from 'tap'
import type { ApplicationSettings, HandlerSettings } from '../../../../core/contract/messages.js'
import { HandlerMap, patternOf } from '../../../../hosts/runtime/integrated/handler-map.js'
import type { MappedHandler } from '../../../../hosts/runtime/integrated/mapped-handler.js'
import type { WorkerContext } from '../../../../hosts/runtime/integrated/worker-context.js'

t.test('patterns', async (t) => {
  const script = (pattern: string, path: string): string | null => {
    const length = patternOf(pattern)(path)
    return length < 0 ? null : path.slice(0, length)
  }
  for (const [pattern, path, expected] of [
    ['*', '/any/thing.at.all', '/any/thing.at.all'],
    ['*.php', '/a.php', '/a.php'],
    ['*.php', '/dir/A.PHP/more/b', '/dir/A.PHP'],
    ['*.php', '/a.php5', null],
    ['*.php', '/aphp', null],
    ['*.php, *.php5', '/a.php5', '/a.php5'],
    ['trace.axd', '/x/trace.axd', '/x/trace.axd'],
    ['trace.axd', '/xtrace.axd', null],
    ['/exact.html', '/exact.html', '/exact.html'],
    ['/exact.html', '/dir/exact.html', null],
    ['/folder/*', '/folder/a/b.c', '/folder/a/b.c'],
    ['/folder/*', '/folders/a', null],
    ['api/*', '/api/x', '/api/x'],
    ['*/bin/*', '/a/bin/b', '/a/bin/b'],
    ['*.', '/dir/without', '/dir/without'],
    ['*.', '/dir/with.dot', null],
    ['*.', '/dir/', null],
    ['*.a+b', '/x.a+b', '/x.a+b'],
    ['*.a+b', '/x.aab', null],
  ] as const)
    t.equal(script(pattern, path), expected, `${pattern} and ${path}`)
})

const handler = (name: string, more: Partial<HandlerSettings> = {}): MappedHandler => ({
  settings: {
    name,
    module: undefined,
    type: 'static',
    options: {},
    path: '*',
    verbs: [],
    resourceType: 'Unspecified',
    requireAccess: 'None',
    allowPathInfo: false,
    ...more,
  },
  execute: () => 'CONTINUE',
})

/** As much of a request as the map looks at. */
const request = (folder: string, path: string, method = 'GET', after: MappedHandler | null = null) => ({
  path,
  request: { method },
  physicalPath: `${folder}${path}`,
  mapPath: (one: string) => `${folder}${one}`,
  mappedAfter: after,
  mapped: null as MappedHandler | null,
  scriptLength: Infinity,
  refused: [] as number[],
  sendError(...what: number[]) {
    this.refused = what
  },
})

const mapWith = (handlers: readonly MappedHandler[]): HandlerMap =>
  new HandlerMap({ accessPolicy: ['Read', 'Script'] } as unknown as ApplicationSettings, handlers)

t.test('the first mapping that fits counts, and the ones behind it when it passes on', async (t) => {
  const [get, wild, php] = [
    handler('get', { verbs: ['GET'], path: '/a' }),
    handler('wild'),
    handler('php', { path: '*.php' }),
  ]
  const map = mapWith([get, wild, php])
  const mapped = (path: string, method?: string, after?: MappedHandler): string | undefined => {
    const ctx = request('/srv', path, method, after)
    t.equal(map.map(ctx as unknown as WorkerContext), 'CONTINUE')
    return ctx.mapped?.settings.name
  }
  t.equal(mapped('/a'), 'get')
  t.equal(mapped('/a', 'POST'), 'wild')
  t.equal(mapped('/x.php'), 'wild')
  t.equal(mapped('/x.php', 'GET', wild), 'php')
  t.equal(mapped('/x', 'GET', wild), undefined, 'then it is the application')
})

t.test('the kind of resource is that of the script, whatever follows it', async (t) => {
  const folder = t.testdir({ 'a.php': '', 'dir.php': {} })
  const map = mapWith([
    handler('file', { path: '*.php', resourceType: 'File' }),
    handler('folder', { path: '*.php', resourceType: 'Directory' }),
    handler('either', { path: '*.txt', resourceType: 'Either' }),
  ])
  const mapped = async (path: string): Promise<[string | undefined, number]> => {
    const ctx = request(folder, path)
    await map.map(ctx as unknown as WorkerContext)
    return [ctx.mapped?.settings.name, ctx.scriptLength]
  }
  t.same(await mapped('/a.php'), ['file', 6])
  t.same(await mapped('/a.php/more'), ['file', 6])
  t.same(await mapped('/dir.php'), ['folder', 8])
  t.same(await mapped('/none.php'), [undefined, Infinity])
  t.same(await mapped('/none.txt'), [undefined, Infinity])
})

t.test('what the application does not allow is 403, with the sub-status for it', async (t) => {
  for (const [requireAccess, refused] of [
    ['None', []],
    ['Read', []],
    ['Script', []],
    ['Execute', [403, 1]],
    ['Write', [403, 3]],
  ] as const) {
    const ctx = request('/srv', '/x')
    await mapWith([handler('one', { requireAccess })]).map(ctx as unknown as WorkerContext)
    t.same(ctx.refused, refused, requireAccess)
  }
})
