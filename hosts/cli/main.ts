#!/usr/bin/env node
/** The `webgarden` command: reads the command line and calls the command that it names. */
import { program } from './program.js'

await program().parseAsync()
