/** `webgarden try` where the author has made a mistake, and where the module writes files of its own. */
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { webgarden } from '../harness/command.js'
import { CLI, writeFolder } from '../harness/server.js'
import { spawnNode } from '../harness/spawn-node.js'

t.test(
  'try tells what cannot be loaded, takes options, and does not begin anew by what the module writes',
  async (t) => {
    const folder = await writeFolder(
      {},
      {
        'door.mjs': "import { defineStage } from 'webgarden'\nexport default defineStage({ nam: 'door',, })",
        'needs.mjs': `import { defineHandler } from 'webgarden'
        import { writeFileSync } from 'node:fs'
        export default defineHandler({
          name: 'needs',
          options: { type: 'object', additionalProperties: false, required: ['key'], properties: { key: { type: 'string' } } },
          async handle(ecb) {
            writeFileSync('seen.txt', ecb.pathInfo)
            if (ecb.pathInfo === '/behind') return ecb.execUrl()
            return ecb.writeClient(ecb.options.key)
          },
        })`,
      },
    )
    t.teardown(() => rm(folder, { recursive: true, force: true }))
    const trying = (...args: string[]) => {
      const child = spawnNode([CLI, 'try', ...args], {
        cwd: folder,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, NO_COLOR: '1' },
      })
      let output = ''
      child.stdout?.on('data', (chunk: Buffer) => (output += chunk.toString()))
      child.stderr?.on('data', (chunk: Buffer) => (output += chunk.toString()))
      return {
        child,
        output: () => output,
        said: async (pattern: RegExp): Promise<RegExpExecArray> => {
          for (;;) {
            const found = pattern.exec(output)
            if (found) return found
            await once(child.stdout as NodeJS.ReadableStream, 'data')
          }
        },
        ended: async () => {
          child.kill('SIGINT')
          t.same(await once(child, 'close'), [0, null])
        },
      }
    }

    const door = trying('./door.mjs')
    await door.said(/door\.mjs cannot be loaded: SyntaxError: Unexpected token .*door\.mjs:2:\d+: /)
    await door.said(/waiting for a change of it/)
    await writeFile(
      join(folder, 'door.mjs'),
      `import { defineStage } from 'webgarden'
     export default defineStage({ name: 'door', slot: 'validate', setup: () => ({ run(ctx) {
       ctx.respond(503, [], 'closed'); return 'FINISH' } }) })`,
    )
    const [, url = ''] = await door.said(/trying .*door\.mjs \(stage\) on (\S+)/)
    await door.said(/^ready$/m)
    t.equal(await (await fetch(url)).text(), 'closed', 'a stage is served in the slot that it is made for')
    await door.ended()

    const without = trying('./needs.mjs')
    await without.said(/trying .*needs\.mjs/)
    while (!without.output().includes('"key" is missing'))
      await once(without.child.stderr as NodeJS.ReadableStream, 'data')
    await without.ended()
    const needs = trying('./needs.mjs', '--options', '{ "key": "given" }')
    const [, address = ''] = await needs.said(/trying .*needs\.mjs \(handler\) on (\S+)/)
    await needs.said(/^ready$/m)
    for (const path of ['a', 'b', 'c']) t.equal(await (await fetch(address + path)).text(), 'given')
    t.match(
      await (await fetch(`${address}behind`)).json(),
      { url: '/behind' },
      'a wildcard handler has something behind it',
    )
    t.equal(await readFile(join(folder, 'seen.txt'), 'utf8'), '/behind')
    t.equal(needs.output().match(/^ready$/gm)?.length, 1, 'a file that it writes is no reason to begin anew')
    await needs.ended()
    t.match(await webgarden(folder, 'try ./needs.mjs --options x'), {
      code: 1,
      stderr: /x is no object of options/,
    })
  },
)
