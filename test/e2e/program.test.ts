/** Programs of other kinds behind the built server: started, asked, started again, ended with it. */
import t from 'tap'
import { oneSite, startServer } from '../harness/server.js'

const APP = `
require('http').createServer((request, response) => {
  if (request.url === '/die') process.exit(3)
  response.end(process.pid + ' ' + request.url)
}).listen(process.argv[2])`

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

void t.test(
  'a program is asked where it listens, started again when it dies, and ends with the server',
  async (t) => {
    const server = await startServer(
      oneSite([
        {
          path: '/',
          type: 'program',
          physicalPath: '.',
          options: { command: [process.execPath, 'app.cjs', '%PORT%'] },
        },
      ]),
      { 'app.cjs': APP },
    )
    t.teardown(() => server.stop())
    const first = await (await fetch(`${server.url}/a?b=1`)).text()
    t.match(first, /^\d+ \/a\?b=1$/)
    t.equal((await fetch(`${server.url}/die`, { method: 'POST' })).status, 502)
    const second = await (await fetch(`${server.url}/c`)).text()
    t.match(second, /^\d+ \/c$/)
    t.not(parseInt(second), parseInt(first))
    await server.stop()
    t.notOk(isAlive(parseInt(second)))
  },
)

void t.test('a program on a Unix socket ends when the server is killed', async (t) => {
  const server = await startServer(
    oneSite([
      {
        path: '/',
        type: 'program',
        physicalPath: '.',
        options: { command: [process.execPath, 'app.cjs', '%SOCKET%'] },
      },
    ]),
    { 'app.cjs': APP },
  )
  t.teardown(() => server.stop())
  const pid = parseInt(await (await fetch(`${server.url}/`)).text())
  server.process.kill('SIGKILL')
  for (let left = 100; left > 0 && isAlive(pid); left--)
    await new Promise((resolve) => setTimeout(resolve, 50))
  t.notOk(isAlive(pid))
})
