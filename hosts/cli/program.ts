/** What can be typed: every command, its arguments and options. The code of each is loaded when it is called. */
import { Command } from 'commander'
import { version } from '../../core/version.js'
import type { Noun } from '../../core/config/named.js'
import type { Verb } from './edit.js'
import { reportFailure } from './failure.js'
import type { ListNoun } from './list.js'

const DEFAULT_CONFIG = 'applicationHost.json'

/** All that an option can say; commander has checked that it belongs to the command. */
interface Options {
  readonly config?: string
  readonly json?: boolean
  readonly all?: boolean
  readonly wait?: boolean
  readonly timeout?: string
  readonly unset?: string[]
  readonly from?: string
  readonly apppool?: string
  readonly site?: string
  readonly wp?: string
  readonly elapsed?: string
  readonly prefix?: boolean
  readonly tag?: string
}

const EXIT_CODES = `
Exit codes: 0 done, 1 failed, 2 the configuration is wrong, 3 no server runs, 4 no such name, 5 not permitted,
6 it has changed meanwhile or is in the way, 7 no answer in time, 8 this server cannot do that.`

export const program = (): Command => {
  const root = new Command('webgarden')
    .description('An application server for Node.js: isolated application pools behind one listener.')
    .version(version)
    .showHelpAfterError()
    .addHelpText('after', EXIT_CODES)
  addServing(root)
  addAuthoring(root)
  addLooking(root)
  addSteering(root)
  addEditing(root)
  addVersions(root)
  addLogs(root)
  addShell(root)
  return root
}

/** A command with `--config`; what goes wrong in it is told without a stack. */
const add = (
  parent: Command,
  usage: string,
  description: string,
  action: (file: string, options: Options, words: string[]) => unknown,
): Command => {
  const command = parent
    .command(usage)
    .description(description)
    .option('-c, --config <file>', `the configuration file (default: ${DEFAULT_CONFIG})`)
  return command.action(async () => {
    const options = command.optsWithGlobals<Options>()
    try {
      await action(options.config ?? DEFAULT_CONFIG, options, command.processedArgs.flat() as string[])
    } catch (error) {
      reportFailure(error)
    }
  })
}

const addServing = (root: Command): void => {
  add(
    root,
    'check',
    'say everything that is wrong with a configuration file, without serving it',
    async (file) => {
      await (await import('./check.js')).check(file)
    },
  )
  add(root, 'init', 'write a commented configuration file to begin with', async (file) => {
    ;(await import('./init.js')).init(file)
  })
}

const addAuthoring = (root: Command): void => {
  root
    .command('new <kind> <name>')
    .description(
      'write a small typed package to begin with: handler, filter, module, stage, log, adapter or app',
    )
    .action(async (kind: string, name: string) => {
      await reported(async () => {
        ;(await import('./new.js')).create(kind, name)
      })
    })
  root
    .command('try <module>')
    .description('serve one module or application at once, and again whenever it changes')
    .option('-p, --port <port>', 'where; any free port where left out')
    .option('-o, --options <json>', "the module's options, as applicationHost.json would have them")
    .action(async (module: string, options: { port?: string; options?: string }) => {
      await reported(async () => {
        await (await import('./try.js')).tryModule(module, options)
      })
    })
}

/** What goes wrong is told without a stack. */
const reported = async (action: () => Promise<void>): Promise<void> => {
  try {
    await action()
  } catch (error) {
    reportFailure(error)
  }
}

const addLooking = (root: Command): void => {
  add(root, 'status', 'how the running server is', async (file, options) => {
    await (await import('./status.js')).status(file, options)
  }).option('--json', 'as JSON')
  const list = root.command('list').description('what the running server has and does')
  const nouns: Readonly<Record<ListNoun, string>> = {
    sites: 'the sites, their states and bindings',
    apps: 'the applications and their pools',
    apppools: 'the application pools, their states, workers and queues',
    wps: 'the workers (worker processes or threads)',
    requests: 'the requests on their way, queued and executing, the oldest first',
    modules: 'the modules of the listener in the order in which a request meets them',
  }
  for (const [noun, description] of Object.entries(nouns) as [ListNoun, string][]) {
    const command = add(list, noun, description, async (file, options) => {
      const { apppool, site, wp, elapsed, json } = options
      const filters = { apppool, site, worker: wp, elapsed }
      await (await import('./list.js')).list(file, noun, { filters, ...(json ? { json } : {}) })
    }).option('--json', 'as JSON')
    if (noun === 'wps' || noun === 'requests') command.option('--apppool <name>', 'only of this pool')
    if (noun === 'requests') {
      command.option('--site <name>', 'only of this site').option('--wp <id>', 'only of this worker')
      command.option('--elapsed <milliseconds>', 'only those at least so old')
    }
  }
  add(list, 'config', 'the configuration in force, as JSON', async (file) => {
    await (await import('./list.js')).listConfig(file)
  }).option('--json', 'as JSON, as always')
  const why = root.command('why').description('what happened, on what evidence, and what will happen next')
  add(why, 'apppool <apppool>', 'the last events of a pool', async (file, options, [name = '']) => {
    await (await import('./why.js')).why(file, name, options)
  })
    .option('--all', 'all that are kept')
    .option('--json', 'as JSON')
}

const addSteering = (root: Command): void => {
  const start = add(root, 'start', 'serve the sites of a configuration file until Ctrl-C', async (file) => {
    await (await import('./start.js')).start(file)
  })
  const stop = root.command('stop').description('stop a site or a pool of the running server')
  const recycle = root
    .command('recycle')
    .description('replace the workers of a pool without losing a request')
  for (const [verb, parent] of [['start', start] as const, ['stop', stop] as const]) {
    add(
      parent,
      'site <site>',
      `${verb} a site of the running server`,
      async (file, _options, [name = '']) => {
        await (await import('./steer.js')).steerSite(file, verb, name)
      },
    )
  }
  for (const [verb, parent] of [
    ['start', start],
    ['stop', stop],
    ['recycle', recycle],
  ] as const) {
    const command = add(
      parent,
      'apppool <apppool>',
      `${verb} an application pool`,
      async (file, options, [name = '']) => {
        await (
          await import('./steer.js')
        ).steerPool(file, verb, name, { ...options, wait: options.wait !== false })
      },
    )
    if (verb === 'start') continue
    command
      .option('--no-wait', 'do not wait until it is done')
      .option('--timeout <seconds>', 'wait no longer than this')
  }
  add(root, 'restart', 'start the server anew without refusing a connection', async (file, options) => {
    await (await import('./restart.js')).restart(file, { ...options, wait: options.wait !== false })
  })
    .option('--no-wait', 'do not wait until it is done')
    .option('--timeout <seconds>', 'wait no longer than this')
  const flush = root.command('flush').description('empty a store of the running server')
  add(flush, 'cache [url]', 'empty the response cache, or forget what fits', async (file, options, [url]) => {
    await (await import('./steer.js')).flushCache(file, { ...options, url })
  })
    .option('--prefix', 'all URLs that begin so')
    .option('--site <name>', 'only of this site')
    .option('--tag <tag>', 'only what has this tag: Cache-Tag, Surrogate-Key, Cache-Groups')
}

const addEditing = (root: Command): void => {
  const verbs: Readonly<Record<Verb, string>> = {
    set: 'change settings in the configuration file, comments kept',
    add: 'add to the configuration file',
    delete: 'take out of the configuration file',
  }
  const nouns: readonly Noun[] = ['apppool', 'site', 'app']
  for (const [verb, description] of Object.entries(verbs) as [Verb, string][]) {
    const parent = root.command(verb).description(description)
    for (const noun of nouns) {
      const argument = verb === 'add' ? '<name>' : `<${noun}>`
      const usage = `${noun} ${argument}${verb === 'delete' ? '' : ' [settings...]'}`
      const command = add(
        parent,
        usage,
        `${verb} ${noun === 'site' ? 'a' : 'an'} ${noun}`,
        async (file, options, words) => {
          const [name = '', ...settings] = words.filter((word) => typeof word === 'string')
          const { edit } = await import('./edit.js')
          const { unset, from } = options
          await edit(file, verb, { noun, name, settings, from, ...(unset ? { unset } : {}) })
        },
      )
      if (verb === 'set')
        command.option('--unset <names...>', 'settings to take out, so that their defaults count')
      if (verb === 'add' && noun === 'apppool')
        command.option('--from <apppool>', 'begin with the settings of this pool')
    }
  }
}

const addVersions = (root: Command): void => {
  const reload = async (file: string): Promise<void> => {
    await (await import('./reload.js')).reloadAndTell(file)
  }
  add(root, 'reload', 'let the running server take the configuration file as it is now', reload)
  const config = root.command('config').description('the versions of the configuration')
  add(config, 'history', 'the last versions', async (file, options) => {
    await (await import('./reload.js')).history(file, options)
  }).option('--json', 'as JSON')
  add(config, 'rollback [version]', 'go back to an earlier version', async (file, _options, [name]) => {
    await (await import('./reload.js')).rollback(file, name)
  })
}

const addLogs = (root: Command): void => {
  const log = root.command('log').description('the logs of the server')
  log
    .command('dump <file>')
    .description('print a centralized binary log as text')
    .option('--json', 'as JSON lines')
    .action(async (file: string, options: Options) => {
      try {
        await (await import('./log-dump.js')).dumpLog(file, options)
      } catch (error) {
        reportFailure(error)
      }
    })
}

const addShell = (root: Command): void => {
  add(
    root,
    'completion <shell>',
    'print the completion for bash or zsh',
    async (_file, _options, [shell = '']) => {
      ;(await import('./completion.js')).printCompletion(shell)
    },
  )
  root
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      const { complete } = await import('./completion.js')
      process.stdout.write(
        complete(program(), words)
          .map((word) => `${word}\n`)
          .join(''),
      )
    })
}
