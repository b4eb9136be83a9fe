/** A filter that rewrites old URLs, and the fields of responses. */
import { Type } from 'typebox'
import { defineFilter } from 'webgarden'

export default defineFilter({
  name: 'filter-headers',
  options: Type.Object({
    from: Type.String({ default: '/old/', description: 'Where URLs begin that have another place now.' }),
    to: Type.String({ default: '/', description: 'Where they begin there.' }),
    remove: Type.Array(Type.String(), {
      default: ['X-Powered-By'],
      description: 'Fields taken from responses.',
    }),
    add: Type.Record(Type.String(), Type.String(), {
      default: {},
      description: 'Fields given to responses.',
    }),
  }),

  preprocHeaders(pfc, headers) {
    const { from, to } = pfc.options
    if (headers.url.startsWith(from)) headers.url = to + headers.url.slice(from.length)
    return 'REQ_NEXT_NOTIFICATION'
  },

  sendResponse(pfc, headers) {
    const { remove, add } = pfc.options
    for (const name of remove) headers.setHeader(name, '')
    for (const [name, value] of Object.entries(add)) headers.setHeader(name, value)
    return 'REQ_NEXT_NOTIFICATION'
  },
})
