/** A server to be steered, and what its commands say: for the tests that drive both as they were built. */
import type { Test } from 'tap'
import { webgarden } from './command.js'
import { startServer, type TestServer } from './server.js'

export const APPLICATION = `
const held = []
export default (request, response) => {
  if (request.url === '/hold') return held.push(response)
  if (request.url === '/let-go') for (const one of held.splice(0)) one.end('held')
  if (request.url === '/crash') process.exit(3)
  if (request.url === '/cached') response.setHeader('cache-control', 'max-age=60')
  response.end('well ' + process.hrtime.bigint())
}
`

/** Three sites, one of them not started, and two pools, one with a blank in its name. */
export const CONFIG = {
  applicationPools: [{ name: 'Api' }, { name: 'Static files' }],
  sites: [
    {
      name: 'Main',
      bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
      applications: [
        { path: '/', applicationPool: 'Api', module: './app.mjs' },
        { path: '/files', applicationPool: 'Static files', type: 'static', physicalPath: './files' },
      ],
    },
    {
      name: 'Second',
      bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
      applications: [{ path: '/', applicationPool: 'Api', module: './app.mjs' }],
    },
    {
      name: 'Later',
      serverAutoStart: false,
      bindings: [{ protocol: 'http', bindingInformation: '127.0.0.1:0:' }],
      applications: [{ path: '/', applicationPool: 'Api', module: './app.mjs' }],
    },
  ],
}

/** A server with that configuration; it ends with the test. */
export const start = async (t: Test, config: object = CONFIG): Promise<TestServer> => {
  const server = await startServer(config, {
    'app.mjs': APPLICATION,
    'broken.mjs': `throw new Error('not today')`,
    'files/a.txt': 'a file',
  })
  t.teardown(() => server.stop())
  return server
}

export const text = async (url: string): Promise<string> => (await fetch(url)).text()
export const json = (stdout: string): unknown => JSON.parse(stdout)

/** On a busy machine anything may take longer than a second. */
const PROGRESS = /^(?:(?:\w+ing apppool|reload)[^\n]*\n)*$/

/** What the command prints matches, and it has ended well. */
export const says = async (
  t: Test,
  folder: string,
  words: string | readonly string[],
  pattern: RegExp,
): Promise<string> => {
  const { code, stdout, stderr } = await webgarden(folder, words)
  t.match({ code, stdout, stderr }, { code: 0, stdout: pattern, stderr: PROGRESS }, String(words))
  return stdout
}
