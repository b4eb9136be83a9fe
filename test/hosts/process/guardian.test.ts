/** The guardian is needed as long as there are workers: one that is gone is replaced. */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { processHost } from '../../../hosts/process/process-host.js'
import { DrivenWorker } from '../../contract/driven-worker.js'

const read = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** The shell that guards this process's workers. */
const guardian = (): number | undefined =>
  readdirSync('/proc')
    .map(Number)
    .find(
      (pid) =>
        pid > 0 &&
        read(`/proc/${pid}/cmdline`).includes('webgarden-guardian') &&
        read(`/proc/${pid}/stat`).split(') ')[1]?.startsWith(`S ${process.pid} `),
    )

const until = async <T>(look: () => T | undefined): Promise<T> => {
  for (;;) {
    const found = look()
    if (found !== undefined) return found
    await delay(10)
  }
}

const lives = (pid: number): boolean => !/^(|\d+ \(.*\) [ZX].*)$/s.test(read(`/proc/${pid}/stat`))

const APPLICATION = `
import { spawn } from 'node:child_process'
const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' })
export default (request, response) => response.end('<' + child.pid + '>')
`

t.test('a guardian that was killed is replaced, and the new one knows the workers', async (t) => {
  const worker = new DrivenWorker(t, processHost, APPLICATION)
  await worker.ready()
  const [, child = ''] = /<(\d+)>/.exec((await worker.answer(worker.ask('/'))).toString()) ?? []
  const first = await until(guardian)
  process.kill(first, 'SIGKILL')
  const second = await until(() => {
    const now = guardian()
    return now === first ? undefined : now
  })
  t.not(second, first)
  t.ok(lives(Number(child)))
  worker.handle.kill()
  await worker.end()
  await until(() => (lives(Number(child)) ? undefined : true))
  t.pass('what the worker had started ends with it')
})

t.test('an abandoned worker is heard no more, and ends with its tree when it is killed', async (t) => {
  const worker = new DrivenWorker(t, processHost, APPLICATION)
  await worker.ready()
  const [, child = ''] = /<(\d+)>/.exec((await worker.answer(worker.ask('/'))).toString()) ?? []
  const { pid = 0 } = worker.handle
  worker.handle.abandon?.()
  worker.handle.abandon?.()
  const unheard = worker.ask('/')
  await delay(50)
  t.equal(worker.bytesOf(unheard).length, 0)
  t.ok(lives(pid))
  t.ok(lives(Number(child)))
  worker.handle.kill()
  // An orphan does not hold up the end of its server: this wait must.
  await until(() => (worker.ends.length > 0 ? true : undefined))
  t.match(worker.ends, [{ kind: 'killed' }])
  await until(() => (lives(pid) || lives(Number(child)) ? undefined : true))
})
