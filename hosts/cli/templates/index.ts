/** The kinds of package that `webgarden new` can begin. */
import { adapter } from './adapter.js'
import { app } from './app.js'
import { filter } from './filter.js'
import { handler } from './handler.js'
import { log } from './log.js'
import { module } from './module.js'
import { stage } from './stage.js'
import type { Template } from './template.js'

export const templates = { handler, filter, module, stage, log, adapter, app } as const satisfies Record<
  string,
  (name: string) => Template
>

export type Kind = keyof typeof templates
