/** A server with an application that can fail in every way beside one that never does, with either kind of worker. */
import { get as httpGet } from 'node:http'
import { rawClient, type RawClient } from './raw-client.js'
import { startServer, type TestServer } from './server.js'

/** Each fault must look the same from outside with both. */
export const isolations = ['thread', 'process'] as const
export type Isolation = (typeof isolations)[number]

/**
 * At `/t`: `/fault/NAME` tells on the server's output that it has begun and commits the fault when its body comes;
 * the other paths do what they say.
 */
const TROUBLE = `
import { existsSync } from 'node:fs'
if (existsSync('dies')) process.exit(7)
if (existsSync('hangs')) for (;;);
if (existsSync('throws')) throw new Error('a broken deployment');
if (existsSync('slow')) await new Promise((resolve) => setTimeout(resolve, 500))
const kept = []
const faults = {
  throw: () => { throw new Error('thrown in a handler') },
  reject: () => void Promise.reject(new Error('rejected in a handler')),
  exit: () => process.exit(3),
  'exit-0': () => process.exit(0),
  abort: () => process.abort(),
  kill: () => process.kill(process.pid, 'SIGKILL'),
  memory: () => { for (;;) kept.push(new Array(100_000).fill(Math.random())) },
  spin: () => { for (;;); },
}
export default (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://x')
  const [, first, name] = pathname.split('/')
  console.log('begun ' + request.url)
  response.on('close', () => { if (!response.writableFinished) console.log('cut ' + request.url) })
  switch (first) {
    case 'fault': return request.once('data', () => setImmediate(faults[name]))
    case 'half': response.write('half'); return request.once('data', () => process.exit(4))
    case 'short':
      response.writeHead(200, { 'Content-Length': 10 })
      return response.end('short')
    case 'never': return
    case 'upload': return request.on('data', () => console.log('uploading ' + request.url)).on('end', () => response.end())
    case 'grow': kept.push(Buffer.alloc(Number(searchParams.get('bytes')), 1)); return response.end('grown')
    case 'download': {
      let left = Number(searchParams.get('bytes'))
      const more = () => {
        for (let go = true; go && left > 0; left -= 65_536)
          go = response.write(Buffer.alloc(Math.min(left, 65_536), left / 65_536 & 0xff))
        if (left <= 0) { response.off('drain', more); response.end() }
      }
      response.on('drain', more)
      return more()
    }
    default: response.end('trouble answers')
  }
}
`
const CALM = `export default (request, response) => response.end('calm')`

/** Pool "Trouble" with the given settings and pool "Calm"; rapid-fail protection lets many faults pass unless it is set. */
export const startFaulty = (
  isolation: Isolation,
  pool: Record<string, unknown> = {},
  more: { config?: object; files?: Record<string, string>; nodeFlags?: readonly string[] } = {},
): Promise<TestServer> =>
  startServer(
    {
      applicationPoolDefaults: { isolation },
      applicationPools: [
        { name: 'Trouble', failure: { rapidFailProtectionMaxCrashes: 1000 }, ...pool },
        { name: 'Calm' },
      ],
      sites: [
        {
          name: 'Test',
          bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
          applications: [
            { path: '/', applicationPool: 'Calm', module: './calm.mjs' },
            { path: '/t', applicationPool: 'Trouble', module: './trouble.mjs' },
          ],
        },
      ],
      ...more.config,
    },
    { 'trouble.mjs': TROUBLE, 'calm.mjs': CALM, ...more.files },
    more.nodeFlags,
  )

/** What is answered; on a connection of its own, which is closed then. */
export const text = (url: string): Promise<string> =>
  new Promise((resolve, reject) => {
    httpGet(url, { agent: false }, (response) => {
      let all = ''
      response.setEncoding('utf8')
      response.on('data', (part: string) => (all += part))
      response.on('error', reject)
      response.on('end', () => {
        resolve(all)
      })
    }).on('error', reject)
  })

export const calmAnswers = async (server: TestServer): Promise<Set<string>> =>
  new Set(await Promise.all(Array.from({ length: 20 }, () => text(`${server.url}/`))))

/** A client whose request `path` the application has, and who has yet to send its body of one byte. */
export const victimOf = async (server: TestServer, path: string): Promise<RawClient> => {
  const client = await rawClient(server.port)
  client.send(`POST ${path} HTTP/1.1\r\nHost: test\r\nContent-Length: 1\r\n\r\n`)
  await server.printed(begun(path))
  return client
}

/** What the application prints when a request has reached it. */
export const begun = (path: string): RegExp => new RegExp(`^begun ${escaped(path)}$`, 'm')
/** What it prints when the response was cut. */
export const cut = (path: string): RegExp => new RegExp(`^cut ${escaped(path)}$`, 'm')

const escaped = (path: string): string => path.replace(/^\/t/, '').replaceAll(/[.?*+]/g, '\\$&')
