/** `urlAuthorization`: which users may ask for what (IIS: UrlAuthorizationModule). */
import { defineModule, type HttpContext, type User } from '../../core/index.js'
import { choice, list, object, optionsOf, text } from './option-schema.js'
import { pathPattern } from './url.js'

interface Rule {
  readonly accessType: 'Allow' | 'Deny'
  readonly users: string
  readonly roles: string
  readonly verbs: string
  readonly path: string
}

interface UrlAuthorizationOptions {
  readonly add: readonly Rule[]
}

const options = optionsOf<UrlAuthorizationOptions>({
  add: list(
    object(
      {
        accessType: choice(['Allow', 'Deny'], undefined, 'What it does for those it names.'),
        users: text('Names, with commas; `*` is everybody, `?` whoever has no name.', { default: '' }),
        roles: text('Groups, with commas.', { default: '' }),
        verbs: text('Methods, with commas; none is all.', { default: '' }),
        path: text('Where it holds, below the application: `*`, `/admin/*`; several with commas.', {
          default: '*',
        }),
      },
      'accessType',
    ),
    [{ accessType: 'Allow', users: '*', roles: '', verbs: '', path: '*' }],
    'Deny comes before Allow; whom none names may not.',
  ),
})

export default defineModule({
  name: 'urlAuthorization',
  options,
  setup(_scope, { add }) {
    const tests = add.map(compile)
    const denials = tests.filter((_test, index) => add[index]?.accessType === 'Deny')
    const grants = tests.filter((_test, index) => add[index]?.accessType === 'Allow')
    const byPath = add.some(({ path }) => path !== '*')
    return {
      authorize(ctx) {
        if (byPath && !isDecodable(ctx.request.url ?? '')) {
          ctx.sendError(400, 0, 'The path cannot be decoded, so no rule can be found for it.')
          return 'FINISH'
        }
        const denied = denials.some((test) => test(ctx))
        if (!denied && grants.some((test) => test(ctx))) return 'CONTINUE'
        const isKnown = ctx.user !== null && ctx.user.name !== ''
        ctx.trace('urlAuthorization', denied ? 'denied by a rule' : 'no rule allows it')
        // Whoever is known already would only be asked for the same name again.
        if (isKnown)
          ctx.sendError(403, 0, `The rules of urlAuthorization do not let ${ctx.user?.name ?? ''} in.`)
        else ctx.sendError(401, 2, 'The rules of urlAuthorization let only known users in.')
        return 'FINISH'
      },
    }
  },
})

/** What cannot be decoded here may mean something to the application. */
const isDecodable = (url: string): boolean => {
  if (!url.includes('%')) return true
  try {
    decodeURIComponent(url.split('?', 1)[0] ?? '')
    return true
  } catch {
    return false
  }
}

const compile = ({ users, roles, verbs, path }: Rule): ((ctx: HttpContext) => boolean) => {
  const names = new Set(words(users))
  const groups = new Set(words(roles))
  const methods = new Set(words(verbs).map((verb) => verb.toUpperCase()))
  const fits = pathPattern(path)
  return (ctx) =>
    (methods.size === 0 || methods.has(ctx.request.method ?? '')) &&
    fits(ctx.path) &&
    isNamed(ctx.user, names, groups)
}

const isNamed = (user: User | null, names: ReadonlySet<string>, groups: ReadonlySet<string>): boolean => {
  if (names.has('*')) return true
  if (user === null || user.name === '') return names.has('?')
  return (
    names.has(user.name.toLowerCase()) || (user.roles ?? []).some((role) => groups.has(role.toLowerCase()))
  )
}

const words = (text: string): string[] =>
  text
    .toLowerCase()
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
