/** Hosts a handler made with defineHandler as a whole application. */
import { defineAdapter, type HandlerModule } from '../../core/index.js'
import { anyOptions, findExport, requireExport } from './exported.js'

const isHandler = (value: unknown): value is HandlerModule =>
  typeof value === 'object' && value !== null && (value as { kind?: unknown }).kind === 'handler'

export const handler = defineAdapter({
  name: 'handler',
  options: anyOptions,
  recognises: ({ exports }) => findExport(exports, isHandler) !== undefined,
  adapt: async (input) => ({
    handler: await requireExport(input, isHandler, 'a handler made with defineHandler'),
    handle: () => {
      throw new Error('A handler runs in the integrated pipeline')
    },
  }),
})
