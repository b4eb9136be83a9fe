/** A filter that lets only those in who know a token, and has their names logged. */
import { Type } from 'typebox'
import { defineFilter } from 'webgarden'

export default defineFilter({
  name: 'filter-authentication',
  priority: 'high',
  options: Type.Object({
    tokens: Type.Record(Type.String(), Type.String(), { description: 'Names, by their tokens.' }),
  }),

  preprocHeaders(pfc, headers) {
    const { tokens } = pfc.options
    const [, token = ''] = /^Bearer (\S+)$/.exec(headers.getHeader('authorization') ?? '') ?? []
    const name = Object.hasOwn(tokens, token) ? tokens[token] : undefined
    if (name === undefined) {
      pfc.sendResponseHeader(401, ['WWW-Authenticate', 'Bearer', 'Content-Type', 'text/plain'])
      pfc.writeClient('A token is needed.\n')
      return 'REQ_FINISHED_KEEP_CONN'
    }
    pfc.requestContext = name
    // The application is told who asks; nobody else can say so.
    headers.setHeader('X-User', name)
    return 'REQ_NEXT_NOTIFICATION'
  },

  log(pfc, record) {
    if (typeof pfc.requestContext === 'string') record.clientUserName = pfc.requestContext
  },
})
