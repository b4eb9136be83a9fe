/** `dynamicIpSecurity`: limits for each client address, of one site or of the server (IIS: security/dynamicIpSecurity). */
import { Type } from 'typebox'
import { UINT_MAX } from './keywords.js'

export const dynamicIpSecurity = Type.Object(
  {
    denyAction: Type.Enum(['TooManyRequests', 'Forbidden', 'AbortRequest'], {
      default: 'TooManyRequests',
      description:
        'What a request over a limit is answered with: 429 with Retry-After, 403.501 and 403.502 as IIS, or a reset.',
    }),
    denyByConcurrentRequests: Type.Object(
      {
        enabled: Type.Boolean({ default: false, description: 'Whether it is in force.' }),
        maxConcurrentRequests: Type.Integer({
          minimum: 1,
          maximum: UINT_MAX,
          default: 5,
          unit: 'requests',
          description: 'Requests of one client address that may be under way at one time.',
        }),
      },
      { description: 'Limit of requests at one time.' },
    ),
    denyByRequestRate: Type.Object(
      {
        enabled: Type.Boolean({ default: false, description: 'Whether it is in force.' }),
        maxRequests: Type.Integer({
          minimum: 1,
          maximum: UINT_MAX,
          default: 20,
          unit: 'requests',
          description: 'Requests of one client address within the interval.',
        }),
        requestIntervalInMilliseconds: Type.Integer({
          minimum: 1,
          maximum: 86_400_000,
          default: 200,
          unit: 'ms',
          description: 'The interval; it slides.',
        }),
      },
      { description: 'Limit of requests in time.' },
    ),
  },
  { description: 'Limits for each client address.' },
)
