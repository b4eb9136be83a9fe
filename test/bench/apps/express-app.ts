/** The Express application of the benchmark; the bare side and the pool serve this same file. */
import express from 'express'

const app = express()

app.get('/', (_request, response) => {
  response.json({ hello: 'world' })
})

export default app
