/** The Express application as its own server. */
import type { AddressInfo } from 'node:net'
import app from './express-app.js'

const server = app.listen(0, '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})
