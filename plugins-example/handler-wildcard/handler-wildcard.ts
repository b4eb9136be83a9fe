/** A wildcard handler that acts as a filter: it sees every request, refuses some, and passes the others on. */
import { Type } from 'typebox'
import { defineHandler } from 'webgarden'

export default defineHandler({
  name: 'handler-wildcard',
  options: Type.Object({
    key: Type.String({ minLength: 1, description: 'What X-Key must say below /private.' }),
  }),

  async handle(ecb) {
    const { response, path } = ecb.context
    if (path.startsWith('/private') && ecb.getServerVariable('HTTP_X_KEY') !== ecb.options.key) {
      ecb.sendCustomError(403, 0, 'X-Key does not fit.')
      return
    }
    response.setHeader('X-Seen-By', 'handler-wildcard')
    // Old addresses are answered by what took their place; the client does not notice.
    const moved = /^\/old(\/.*)$/.exec(path)?.[1]
    // Without a URL the next mapping that fits is asked, and behind them all the application.
    const { status } = await ecb.execUrl(
      moved === undefined ? {} : { url: moved, ignoreCurrentInterceptor: true },
    )
    ecb.appendLogParameter(`child=${status}`)
  },
})
