/** Hosts a program that makes its own http.Server: unchanged, whether it calls `listen` or exports the server. */
import { Server as HttpServer, type Server } from 'node:http'
import { Server as HttpsServer } from 'node:https'
import { defineAdapter, type HostedApplication } from '../../core/index.js'
import { anyOptions, findExport, isFactory, makeApplication, nameOf } from './exported.js'

const isServer = (value: unknown): value is Server =>
  value instanceof HttpServer || value instanceof HttpsServer

export const node = defineAdapter({
  name: 'node',
  options: anyOptions,
  recognises: ({ listening, exports }) =>
    listening !== undefined || findExport(exports, isServer) !== undefined,
  async adapt(input) {
    const server = input.listening ?? findExport(input.exports, isServer) ?? (await madeBy(input))
    if (server) return hostServer(server)
    throw new Error(
      `${nameOf(input.application)} is of type "node", but neither calls listen on an http.Server nor exports one.`,
    )
  },
})

const madeBy = async (input: Parameters<typeof makeApplication>[0]): Promise<Server | undefined> =>
  findExport({ default: findExport(input.exports, isFactory) && (await makeApplication(input)) }, isServer)

const hostServer = (server: Server): HostedApplication => ({
  server,
  handle(request, response) {
    server.emit('request', request, response)
  },
  close: () =>
    new Promise((resolve) => {
      server.close(() => {
        resolve()
      })
    }),
})
