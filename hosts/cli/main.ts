#!/usr/bin/env node
/** The `webgarden` command: reads the command line and calls the command that it names. */
import { Command } from 'commander'
import { version } from '../../core/version.js'
import { check } from './check.js'
import { start } from './start.js'

const DEFAULT_CONFIG = 'applicationHost.json'

const program = new Command('webgarden')
  .description('An application server for Node.js: isolated application pools behind one listener.')
  .version(version)
  .showHelpAfterError()

program
  .command('start')
  .description('serve the sites of a configuration file until Ctrl-C')
  .option('-c, --config <file>', 'the configuration file', DEFAULT_CONFIG)
  .action(async ({ config }: { config: string }) => {
    await start(config)
  })

program
  .command('check')
  .description('say everything that is wrong with a configuration file, without serving it')
  .option('-c, --config <file>', 'the configuration file', DEFAULT_CONFIG)
  .action(async ({ config }: { config: string }) => {
    await check(config)
  })

await program.parseAsync()
