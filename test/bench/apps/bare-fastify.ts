/** The Fastify application as its own server: the side that all others are compared with. */
import app from './fastify-app.js'

console.log(`listening on ${await app.listen({ host: '127.0.0.1', port: 0 })}`)
