// A program as one finds them: CommonJS, node:http, and it listens on process.env.PORT. Run it with `PORT=3000 node
// server.cjs` and it is a server; named in applicationHost.json it is hosted unchanged. No port is opened then.
const http = require('node:http')
const os = require('node:os')
const { threadId } = require('node:worker_threads')

const started = Date.now()

const server = http.createServer((req, res) => {
  if (req.url === '/alive') {
    res.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    res.end(JSON.stringify({ worker: threadId }))
    return
  }
  if (req.url === '/echo' && req.method === 'POST') {
    res.writeHead(200, { 'Content-Type': req.headers['content-type'] ?? 'application/octet-stream' })
    req.pipe(res)
    return
  }
  if (req.url !== '/') {
    res.writeHead(404, { 'Content-Type': 'text/plain' })
    res.end('There is nothing here; try /classic or POST /classic/echo.\n')
    return
  }
  const seconds = Math.round((Date.now() - started) / 1000)
  res.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' })
  res.end(
    `A plain node:http server, up for ${seconds} s on ${os.platform()}, Node ${process.version}.\n` +
      `It believes to listen on port ${server.address().port}, and answers ${req.socket.remoteAddress} from thread ${threadId}.\n`,
  )
})

server.listen(process.env.PORT, () => {
  console.log(`classic: listening on port ${process.env.PORT}`)
})
