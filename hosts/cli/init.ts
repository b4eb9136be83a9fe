/** `webgarden init`: a configuration to begin with, and a page for it to show. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CommandError, exitCodes, shortest } from './failure.js'

const CONFIGURATION = `// What webgarden serves. Comments and trailing commas are allowed; whatever is left out has IIS's default.
// Check it: webgarden check. Serve it: webgarden start. Every key: docs/configuration.md in the package.
{
  "$schema": "./node_modules/webgarden/dist/applicationHost.schema.json",

  // Each pool has a queue and workers of its own: what crashes in one touches no other.
  "applicationPools": [
    { "name": "Static" },
    {
      "name": "Main",
      // More workers than one make it a web garden.
      "processModel": { "maxProcesses": 1 },
      // A worker is replaced when it gets old; no request is lost. 29 hours, as in IIS.
      "recycling": { "periodicRestart": { "time": "1.05:00:00" } },
    },
  ],

  "sites": [
    {
      "name": "Main",
      // IP address, port and host name; * is every address.
      "bindings": [{ "protocol": "http", "bindingInformation": "127.0.0.1:8080:" }],
      "applications": [
        { "path": "/", "type": "static", "physicalPath": "./public", "applicationPool": "Static" },
        // An application of yours: a file that exports a Fastify instance, an Express or Koa application, a function
        // (request, response), an object with a fetch method; or one that calls listen(process.env.PORT).
        // { "path": "/api", "module": "./app.js", "applicationPool": "Main" },
      ],
    },
  ],
}
`

const PAGE = `<!doctype html>
<meta charset="utf-8">
<title>It works</title>
<h1>It works</h1>
<p>webgarden serves this page from the folder <code>public</code>.</p>
`

/** Never writes over anything. */
export const init = (file: string): void => {
  try {
    writeFileSync(file, CONFIGURATION, { flag: 'wx' })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const why = code === 'EEXIST' ? 'is there already; nothing was written' : `cannot be written: ${message}`
    throw new CommandError(`${shortest(file)} ${why}`, exitCodes.failed)
  }
  const page = join(dirname(file), 'public', 'index.html')
  mkdirSync(dirname(page), { recursive: true })
  if (!existsSync(page)) writeFileSync(page, PAGE)
  process.stdout.write(`wrote ${shortest(file)} and ${shortest(page)}; serve them with: webgarden start\n`)
}
