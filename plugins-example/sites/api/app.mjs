// A Fastify application, written as for a server of its own, except that nobody calls listen: webgarden takes the instance.
// It is mounted at /api, and sees its own paths: /api/books arrives here as /books.
import { setTimeout as sleep } from 'node:timers/promises'
import { threadId } from 'node:worker_threads'
import Fastify from 'fastify'

const app = Fastify()

const books = [
  { id: 1, title: 'The Secret Garden', author: 'Frances Hodgson Burnett', year: 1911 },
  { id: 2, title: 'Silent Spring', author: 'Rachel Carson', year: 1962 },
  { id: 3, title: 'The Botany of Desire', author: 'Michael Pollan', year: 2001 },
]

app.get('/', () => ({
  name: 'Books, a Fastify application',
  try: [
    'GET /api/books',
    'GET /api/books/1',
    'POST /api/books {"title": "…", "author": "…"}',
    'GET /api/report',
  ],
}))

app.get('/books', () => books)

app.get('/books/:id', (request, reply) => {
  const book = books.find(({ id }) => id === Number(request.params.id))
  return book ?? reply.code(404).send({ error: 'There is no such book.' })
})

// Fastify's own validation works as ever: a body without title or author is answered 400.
const newBook = {
  type: 'object',
  required: ['title', 'author'],
  properties: {
    title: { type: 'string', minLength: 1, maxLength: 200 },
    author: { type: 'string', minLength: 1, maxLength: 200 },
    year: { type: 'integer' },
  },
}

app.post('/books', { schema: { body: newBook } }, (request, reply) => {
  const { title, author, year } = request.body
  const book = { id: books.at(-1).id + 1, title, author, year }
  books.push(book)
  // A sample that runs for a week shall not grow for a week.
  if (books.length > 50) books.splice(3, 1)
  return reply.code(201).send(book)
})

// Slow, and the same for everybody. s-maxage lets the listener's cache keep it: the next ten seconds cost no worker.
app.get('/report', async (_request, reply) => {
  await sleep(400)
  reply.header('Cache-Control', 's-maxage=10, max-age=0')
  return { report: `${books.length} books`, madeAt: new Date().toISOString(), worker: threadId }
})

// Asked by the welcome page once a second.
app.get('/alive', (_request, reply) => reply.header('Cache-Control', 'no-store').send({ worker: threadId }))

export default app
