/** The description of the control service in OpenAPI 3.1, whose schemas are JSON Schema, as TypeBox's are. */
import { problem } from '../../core/control/resources.js'
import { version } from '../../core/version.js'
import type { Route } from './route.js'

export const openApi = (routes: readonly Route[]): object => ({
  openapi: '3.1.0',
  info: {
    title: 'webgarden control service',
    version,
    description:
      'Steers one running server. Over its socket it serves only the user who runs the server; over HTTP, where that is ' +
      'switched on, whoever shows the token.',
  },
  components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  security: [{}, { token: [] }],
  paths: Object.fromEntries(
    [...new Set(routes.map(({ url }) => url))].map((url) => [
      url.replaceAll(/:(\w+)/g, '{$1}'),
      Object.fromEntries(
        routes
          .filter((route) => route.url === url)
          .map((route) => [route.method.toLowerCase(), operation(route)]),
      ),
    ]),
  ),
})

const operation = (route: Route): object => ({
  operationId: `${route.method.toLowerCase()}${route.url.replaceAll(/[/:]+(\w)/g, (_all, letter: string) => letter.toUpperCase())}`,
  summary: route.summary,
  parameters: [
    ...[...route.url.matchAll(/:(\w+)/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...Object.entries(route.query?.properties ?? {}).map(([name, schema]) => ({ name, in: 'query', schema })),
    ...(route.conditional
      ? [
          {
            name: 'If-Match',
            in: 'header',
            schema: { type: 'string' },
            description: 'The ETag that was seen.',
          },
        ]
      : []),
  ],
  responses: {
    200: { description: 'Done.', content: { 'application/json': { schema: route.answer } } },
    ...(route.conditional ? { 412: failure('It has changed since the ETag was seen.') } : {}),
    default: failure('It cannot be done; the message says why.'),
  },
})

const failure = (description: string): object => ({
  description,
  content: { 'application/json': { schema: problem } },
})
