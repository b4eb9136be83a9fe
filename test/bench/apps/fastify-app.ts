/** The Fastify application of the benchmark; the bare side and the pool serve this same file. */
import Fastify from 'fastify'

const app = Fastify()

app.get('/', () => ({ hello: 'world' }))

app.get('/cached', (_request, reply) => {
  void reply.header('Cache-Control', 'max-age=60')
  return { hello: 'world' }
})

app.addContentTypeParser('application/octet-stream', (_request, payload, done) => {
  done(null, payload)
})
app.post('/echo', (request, reply) => reply.type('application/octet-stream').send(request.body))

export default app
