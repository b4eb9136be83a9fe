/** The smallest handler: greets whoever asks, in words that its options say. */
import { Type } from 'typebox'
import { defineHandler } from 'webgarden'

export default defineHandler({
  name: 'handler-hello',
  options: Type.Object({
    greeting: Type.String({ default: 'Hello', description: 'What comes before the name.' }),
  }),

  async handle(ecb) {
    const name = new URLSearchParams(ecb.queryString).get('name') ?? 'world'
    ecb.sendResponseHeaderEx({ status: 200, headers: { 'Content-Type': 'text/plain; charset=utf-8' } })
    await ecb.writeClient(`${ecb.options.greeting}, ${name}!\n`)
    await ecb.writeClient(`You are ${ecb.getServerVariable('REMOTE_ADDR') ?? ''}, this is ${ecb.pathInfo}.\n`)
  },
})
