/** Sites, applications and pools in a text, changed by their names; settings as they are typed. */
import t from 'tap'
import { addNamed, deleteNamed, namesIn, setNamed } from '../../../core/config/named.js'
import { parse } from '../../../core/config/parse.js'

const TEXT = `{
  "applicationPools": [{ "name": "Api" }, { "name": "Shop" }],
  "sites": [
    {
      "name": "Main",
      "bindings": [{ "bindingInformation": "*:80:" }],
      "applications": [{ "path": "/", "module": "./app.js" }, { "path": "/shop", "module": "./shop.js" }]
    }
  ]
}
`
const valueOf = (text: string): unknown => parse(text).value
const pool = (...settings: string[]): unknown =>
  (valueOf(setNamed(TEXT, { noun: 'apppool', name: 'api', settings })) as { applicationPools: unknown[] })
    .applicationPools[0]

t.test('settings have the spelling and the type that the schema gives them', async (t) => {
  t.same(pool('queueLength:500', 'PROCESSMODEL.maxprocesses=4', '/autoStart:false'), {
    name: 'Api',
    queueLength: 500,
    processModel: { maxProcesses: 4 },
    autoStart: false,
  })
  t.same(pool('processModel.idleTimeout:00:20:00'), {
    name: 'Api',
    processModel: { idleTimeout: '00:20:00' },
  })
  t.same(pool('environmentVariables.PORT:3000'), { name: 'Api', environmentVariables: { PORT: '3000' } })
  t.same(pool('recycling.logEventOnRecycle:Time,Memory'), {
    name: 'Api',
    recycling: { logEventOnRecycle: ['Time', 'Memory'] },
  })
  t.same(pool('nonsense.x:1', 'queueLength:many'), { name: 'Api', nonsense: { x: 1 }, queueLength: 'many' })
})

t.test('settings are taken out; the default pool is written down when something of it is set', async (t) => {
  const text = setNamed(TEXT, { noun: 'apppool', name: 'Api', settings: ['queueLength:500'] })
  t.equal(setNamed(text, { noun: 'apppool', name: 'Api', settings: [], unset: ['queuelength'] }), TEXT)
  const withDefault = setNamed(TEXT, {
    noun: 'apppool',
    name: 'defaultapppool',
    settings: ['queueLength:500'],
  })
  t.same(namesIn(withDefault, 'apppool'), ['Api', 'Shop', 'DefaultAppPool'])
})

t.test('a site is added with its root application, an application to its site', async (t) => {
  const settings = [
    'bindings:http/*:81:,*:82:other.test',
    'module:./other.js',
    'applicationPool:Shop',
    'id:7',
  ]
  const text = addNamed(TEXT, { noun: 'site', name: 'Other', settings })
  t.match((valueOf(text) as { sites: unknown[] }).sites[1], {
    name: 'Other',
    id: 7,
    bindings: [
      { protocol: 'http', bindingInformation: '*:81:' },
      { protocol: 'http', bindingInformation: '*:82:other.test' },
    ],
    applications: [{ path: '/', module: './other.js', applicationPool: 'Shop' }],
  })
  const more = addNamed(text, { noun: 'app', name: 'other/cart', settings: ['module:./cart.js'] })
  t.same(namesIn(more, 'app'), ['Main/', 'Main/shop', 'Other/', 'Other/cart'])
  t.same(namesIn(deleteNamed(more, 'app', 'Main/SHOP'), 'app'), ['Main/', 'Other/', 'Other/cart'])
  t.same(namesIn(deleteNamed(more, 'site', 'main'), 'app'), ['Other/', 'Other/cart'])
  t.same(namesIn(deleteNamed(more, 'apppool', 'Shop'), 'apppool'), ['Api'])
})

t.test('the first of its kind makes its list', async (t) => {
  t.same(valueOf(addNamed('{}', { noun: 'apppool', name: 'Api', settings: [] })), {
    applicationPools: [{ name: 'Api' }],
  })
})

t.test('what cannot be is told', async (t) => {
  const change = { noun: 'apppool' as const, settings: [] }
  t.throws(() => addNamed(TEXT, { ...change, name: 'API' }), {
    message: /there is an apppool "API" already/,
    known: true,
  })
  t.throws(() => setNamed(TEXT, { ...change, name: 'Shup' }), {
    message: /did you mean "Shop"/,
    known: false,
  })
  t.throws(() => deleteNamed(TEXT, 'site', 'x'), { message: /there is no site "x"/ })
  t.throws(() => addNamed(TEXT, { noun: 'app', name: 'Mian/x', settings: [] }), {
    message: /did you mean "Main"/,
  })
  t.throws(() => setNamed(TEXT, { ...change, name: 'Api', settings: ['queueLength'] }), {
    message: /is no setting/,
  })
})
