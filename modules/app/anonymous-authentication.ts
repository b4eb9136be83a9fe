/** `anonymousAuthentication`: whoever has no name may go on without one (IIS: AnonymousAuthenticationModule). */
import { defineModule, type User } from '../../core/index.js'
import { flag, optionsOf } from './option-schema.js'

const ANONYMOUS: User = { name: '', type: 'Anonymous' }

export default defineModule({
  name: 'anonymousAuthentication',
  options: optionsOf<{ readonly enabled: boolean }>({
    enabled: flag(true, 'Whether requests without a user go on.'),
  }),
  setup: (_scope, { enabled }) =>
    enabled
      ? {
          // Before or after the others: they take the place of one without a name.
          authenticate(ctx) {
            ctx.user ??= ANONYMOUS
            return 'CONTINUE'
          },
        }
      : {
          authorize(ctx) {
            if (ctx.user !== null) return 'CONTINUE'
            ctx.sendError(401, 2, 'Only known users may ask, and no authentication module knows this one.')
            return 'FINISH'
          },
        },
})
