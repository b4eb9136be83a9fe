/** Shows on the terminal what a command is waiting for, as soon as that takes longer than a second. */

const INTERVAL = 1000
/** Where nobody watches, a line that says nothing new comes no more often than this, in milliseconds. */
const REPEAT = 10_000

/**
 * Waits for `done`, and from the second second on tells what is under way: in one line that is written over on a terminal, as a
 * new line where something has changed elsewhere. Progress goes to standard error: what a program reads is not mixed with it.
 *
 * @param state - what is under way now; what it throws is passed over
 */
export const withProgress = async <T>(
  done: Promise<T>,
  what: string,
  state: () => Promise<string>,
): Promise<T> => {
  const { stderr } = process
  const began = Date.now()
  let last = ''
  let lastAt = 0
  const show = (now: string): void => {
    const text = `${what}: ${now}`
    const at = Date.now()
    if (stderr.isTTY) {
      const line = `${text} (${Math.round((at - began) / 1000)} s)`
      stderr.write(`\r\u001b[K${line.slice(0, (stderr.columns || 80) - 1)}`)
    } else if (text !== last || at - lastAt >= REPEAT) {
      stderr.write(`${text} (${Math.round((at - began) / 1000)} s)\n`)
      lastAt = at
    }
    last = text
  }
  let over = false
  const timer = setInterval(() => {
    state().then(
      (now) => {
        if (!over) show(now)
      },
      () => undefined,
    )
  }, INTERVAL)
  try {
    return await done
  } finally {
    over = true
    clearInterval(timer)
    if (stderr.isTTY) stderr.write('\r\u001b[K')
  }
}
