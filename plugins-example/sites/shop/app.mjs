// An Express application with a form upload through multer. Its pool has two workers (a web garden): each has its own copy
// of this module, and a connection keeps the worker that it was given.
import { createHash } from 'node:crypto'
import { threadId } from 'node:worker_threads'
import express from 'express'
import multer from 'multer'
import { page } from './page.mjs'

const app = express()
const upload = multer({ storage: multer.memoryStorage(), limits: { fileSize: 5 * 1024 * 1024, files: 1 } })

// Mounted at /shop, the application sees /upload for /shop/upload. Links that the browser follows need the whole path.
const prefixOf = (req) => req.get('X-Forwarded-Prefix') ?? ''

app.get('/', (req, res) => {
  res.send(page({ prefix: prefixOf(req), worker: threadId }))
})

app.post('/upload', upload.single('picture'), (req, res) => {
  if (!req.file) {
    res
      .status(400)
      .send(page({ prefix: prefixOf(req), worker: threadId, error: 'Please choose a file first.' }))
    return
  }
  const { originalname, mimetype, size, buffer } = req.file
  const sha256 = createHash('sha256').update(buffer).digest('hex')
  const order = { from: req.body.name || 'somebody', file: originalname, type: mimetype, size, sha256 }
  if (req.accepts(['html', 'json']) === 'json') res.status(201).json({ ...order, worker: threadId })
  else res.status(201).send(page({ prefix: prefixOf(req), worker: threadId, order }))
})

app.get('/alive', (_req, res) => {
  res.set('Cache-Control', 'no-store').json({ worker: threadId })
})

// What multer complains about (a file that is too large, say) is the client's mistake, not ours.
app.use((error, req, res, next) => {
  if (!(error instanceof multer.MulterError)) return next(error)
  res.status(400).send(page({ prefix: prefixOf(req), worker: threadId, error: error.message }))
})

export default app
