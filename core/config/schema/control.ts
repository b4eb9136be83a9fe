/** `control`: how the running server is steered. */
import { Type } from 'typebox'
import { SHORTEST_TOKEN } from '../../control/address.js'
import { FilePath } from './keywords.js'

const http = Type.Object(
  {
    enabled: Type.Boolean({ default: false, description: 'Whether the control service is on HTTP too.' }),
    port: Type.Integer({
      minimum: 0,
      maximum: 65_535,
      default: 8172,
      description: 'Its port, on 127.0.0.1 only; 0 is any free one.',
    }),
    token: Type.Optional(
      Type.String({
        minLength: SHORTEST_TOKEN,
        description:
          'What each request must bring as `Authorization: Bearer ...`; better kept in the environment.',
      }),
    ),
    tokenFile: Type.Optional(FilePath({ description: 'File that holds the token instead.' })),
  },
  { description: 'The control service on HTTP, for programs that cannot use the socket.' },
)

export const control = Type.Object(
  {
    enabled: Type.Boolean({
      default: true,
      description:
        'Whether the server can be steered while it runs: by `webgarden list`, `recycle` and so on.',
    }),
    socket: Type.Optional(
      FilePath({
        description:
          "Its socket, readable by the server's user only. Left out: made of the real path of this file, in the user's own folder.",
      }),
    ),
    http,
  },
  { description: 'The control service.' },
)
