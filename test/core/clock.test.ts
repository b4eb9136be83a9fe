/** Time, told by the machine or turned by hand. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { ManualClock, systemClock } from '../../core/clock.js'

t.test(
  'a manual clock fires what falls due, in the order of its time, each at its own time',
  async (test) => {
    const clock = new ManualClock(100)
    const fired: [string, number][] = []
    const fire = (name: string) => () => fired.push([name, clock.now()])
    clock.after(30, fire('late'))
    clock.after(10, fire('early'))
    clock.after(10, fire('early too'))
    clock.after(31, fire('not yet'))
    clock.advance(30)
    test.same(fired, [
      ['early', 110],
      ['early too', 110],
      ['late', 130],
    ])
    test.equal(clock.now(), 130)
    clock.advance(1)
    clock.advance(1_000)
    test.same(fired.at(-1), ['not yet', 131])
    test.equal(fired.length, 4)
  },
)

t.test('a manual clock fires what was set on the way, and not what was cancelled', async (test) => {
  const clock = new ManualClock()
  const fired: number[] = []
  const cancel = clock.after(20, () => fired.push(-1))
  clock.after(10, () => {
    cancel()
    clock.after(5, () => fired.push(clock.now()))
    clock.after(50, () => fired.push(clock.now()))
  })
  clock.advance(30)
  test.same(fired, [15])
})

t.test('the system clock fires once, and not when cancelled', async (test) => {
  const before = Date.now()
  test.ok(systemClock.now() >= before)
  systemClock.after(1, () => {
    test.fail('was cancelled')
  })()
  const alive = setInterval(() => undefined, 1_000)
  let fired = 0
  systemClock.after(1, () => fired++)
  await new Promise<void>((resolve) => {
    systemClock.after(10, resolve)
  })
  clearInterval(alive)
  test.equal(fired, 1)
})

t.test('a delay longer than node knows does not fire at once', async (test) => {
  const cancel = systemClock.after(Number.MAX_SAFE_INTEGER, () => {
    test.fail('fired')
  })
  const alive = setInterval(() => undefined, 1_000)
  // Node would have made 1 ms of it.
  await new Promise<void>((resolve) => {
    systemClock.after(10, resolve)
  })
  clearInterval(alive)
  cancel()
})

t.test('a timer of the system clock keeps no process alive', async (test) => {
  const clock = new URL('../../core/clock.js', import.meta.url).href
  const code = `import(${JSON.stringify(clock)}).then(({ systemClock }) => systemClock.after(60_000, () => {}))`
  const thread = new Worker(code, { eval: true })
  const [exitCode] = (await once(thread, 'exit')) as [number]
  test.equal(exitCode, 0)
})
