/** The control service itself: a Fastify instance that listens nowhere and is handed connections. Made when one comes. */
import type { Socket } from 'node:net'
import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { ConfigurationError } from '../../core/errors.js'
import { configuringRoutes } from './configuring.js'
import { ControlError } from './control-error.js'
import { healthRoute } from './health.js'
import { openApi } from './openapi.js'
import { readingRoutes } from './reading.js'
import type { Asked, Route } from './route.js'
import type { Steered } from './steered.js'
import { steeringRoutes } from './steering.js'
import { isLoopbackHost, showsToken } from './token.js'

/** No request has a body that says anything. */
const LONGEST_BODY = 16_384

export interface ControlService {
  /** Serves a connection that came by the socket, which only our own user can have opened. */
  accept(socket: Socket): void
  /** Serves a connection that came by HTTP: every request must show the token. */
  acceptStranger(socket: Socket, token: string): void
  close(): Promise<void>
}

export const controlRoutes = (server: Steered): Route[] => [
  ...readingRoutes(server),
  healthRoute(server),
  ...steeringRoutes(server),
  ...configuringRoutes(server),
]

export const createControlService = async (server: Steered): Promise<ControlService> => {
  const fastify = Fastify({ logger: false, forceCloseConnections: true, bodyLimit: LONGEST_BODY })
  const strangers = new WeakMap<Socket, string>()
  // What is sent is ours, and the tests hold it against the description.
  fastify.setSerializerCompiler(() => (body) => JSON.stringify(body))
  fastify.addHook('onRequest', async (request, reply) => {
    const token = strangers.get(request.raw.socket)
    if (token === undefined) return
    if (!isLoopbackHost(request.headers.host))
      throw new ControlError(403, 'this name is none of this service')
    if (showsToken(request.headers.authorization, token)) return
    reply.header('WWW-Authenticate', 'Bearer')
    throw new ControlError(401, 'the token is missing or wrong; send it as "Authorization: Bearer TOKEN"')
  })
  fastify.setErrorHandler((error, _request, reply) => answerError(server, error, reply))
  fastify.setNotFoundHandler(() => {
    throw new ControlError(404, 'there is no such resource; GET /openapi.json describes those that there are')
  })
  const routes = controlRoutes(server)
  for (const route of routes) {
    fastify.route({
      method: route.method,
      url: route.url,
      ...(route.query ? { schema: { querystring: route.query } } : {}),
      handler: async (request, reply) => {
        const whose = strangers.has(request.raw.socket) ? 'an administrator (HTTP)' : 'an administrator'
        const answer = await route.handle(askedBy(request, whose))
        if (answer.version !== undefined) reply.header('ETag', `"${answer.version}"`)
        return reply
          .code(answer.status ?? 200)
          .header('Cache-Control', 'no-store')
          .send(answer.body)
      },
    })
  }
  const description = openApi(routes)
  fastify.get('/openapi.json', () => description)
  await fastify.ready()
  const accept = (socket: Socket): void => {
    fastify.server.emit('connection', socket)
    socket.resume()
  }
  return {
    accept,
    acceptStranger(socket, token) {
      strangers.set(socket, token)
      accept(socket)
    },
    close: () => fastify.close(),
  }
}

const askedBy = (request: FastifyRequest, who: string): Asked => ({
  params: request.params as Asked['params'],
  query: request.query as Asked['query'],
  ifMatch: request.headers['if-match'],
  who,
})

const answerError = (server: Steered, error: unknown, reply: FastifyReply): FastifyReply => {
  if (error instanceof ConfigurationError) {
    const message = `the configuration ${error.file} is wrong; nothing was changed`
    return reply.code(422).send({ message, file: error.file, problems: error.problems })
  }
  const { statusCode = 500, message } = error as { statusCode?: number; message: string }
  if (statusCode >= 500 && !(error instanceof ControlError)) {
    server.events.write({
      id: 0,
      level: 'error',
      source: 'WAS',
      text: `The control service failed; the sites are not affected. ${message}`,
      facts: { error: error instanceof Error ? error.stack : String(error) },
    })
  }
  return reply.code(statusCode).send({ message })
}
