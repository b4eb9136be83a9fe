/** `basicAuthentication`: name and password in every request (IIS: BasicAuthenticationModule; RFC 7617). */
import { defineModule, type HttpContext, type User, type WorkerScope } from '../../../core/index.js'
import { DAY, filePath, flag, list, object, optionsOf, record, text, timeSpan } from '../option-schema.js'
import { credentialsOf, type Credentials } from './credentials.js'
import { KnownCredentials } from './known-credentials.js'
import { UserFile } from './user-file.js'
import { isKnownHash, someHash, verifyPassword } from './verify-password.js'

interface BasicAuthenticationOptions {
  readonly enabled: boolean
  readonly realm: string
  readonly users: readonly { readonly name: string; readonly password: string }[]
  readonly userFile?: string
  readonly roles: Readonly<Record<string, readonly string[]>>
  readonly tokenCacheTime: number
}

const options = optionsOf<BasicAuthenticationOptions>({
  enabled: flag(true, 'Whether it is in force.'),
  realm: text('What clients show when they ask for a password; the host where left out.', {
    default: '',
    pattern: '^[ !#-\\[\\]-~]*$',
  }),
  users: list(
    object(
      {
        name: text('Without a colon.', { minLength: 1, pattern: '^[^:]+$' }),
        password: text('Hash of the password: bcrypt or scrypt.', { minLength: 1 }),
      },
      'name',
      'password',
    ),
    [],
    'Users, with hashes of their passwords.',
  ),
  userFile: filePath(undefined, 'A file such as `htpasswd -B` writes; read again when it has changed.'),
  roles: record({ type: 'array', items: { type: 'string' } }, 'Groups, and the names of those in each.'),
  tokenCacheTime: timeSpan('00:15:00', DAY, 'How long a password that was right is not computed again.'),
})

export default defineModule({
  name: 'basicAuthentication',
  options,
  async setup(scope, given) {
    if (!given.enabled) return {}
    const users = await usersOf(scope, given)
    const known = new KnownCredentials(given.tokenCacheTime)
    const rolesOf = rolesByName(given.roles)

    const check = async ({ name, password }: Credentials): Promise<boolean> => {
      const all = await users()
      const hash = all.get(name)
      if (hash === undefined) {
        const [other] = all.values()
        await verifyPassword(password, someHash(other))
        return false
      }
      const token = known.tokenOf(name, password, hash)
      if (known.has(token)) return true
      if (!(await verifyPassword(password, hash))) return false
      known.add(token)
      return true
    }

    const authenticate = async (ctx: HttpContext, given: Credentials): Promise<'CONTINUE' | 'FINISH'> => {
      if (!(await check(given))) return refuse(ctx, 1, 'The name or the password is wrong.')
      const { name, password } = given
      ctx.user = { name, password, type: 'Basic', roles: rolesOf(name) } satisfies User
      return 'CONTINUE'
    }

    return {
      authenticate(ctx) {
        // Somebody has found out already.
        if (ctx.user !== null && ctx.user.name !== '') return 'CONTINUE'
        const credentials = credentialsOf(ctx.request.headers.authorization)
        if (credentials === null) return 'CONTINUE'
        if (credentials === undefined) return refuse(ctx, 1, 'The Authorization field is badly formed.')
        return authenticate(ctx, credentials)
      },
      authorize(ctx) {
        if (ctx.user !== null) return 'CONTINUE'
        return refuse(ctx, 2, 'A name and a password are needed.')
      },
      sendResponse(ctx) {
        const { response, request } = ctx
        if (response.statusCode !== 401 || response.hasHeader('WWW-Authenticate')) return
        const host = (request.headers.host ?? '').replaceAll(/[^\w.:[\]-]/g, '')
        response.setHeader('WWW-Authenticate', `Basic realm="${given.realm || host}", charset="UTF-8"`)
      },
    }
  },
})

const refuse = (ctx: HttpContext, subStatus: number, detail: string): 'FINISH' => {
  ctx.sendError(401, subStatus, detail)
  return 'FINISH'
}

/** @throws Error that names the user or the line whose hash is none. */
const usersOf = async (
  scope: WorkerScope,
  { users, userFile }: BasicAuthenticationOptions,
): Promise<() => ReadonlyMap<string, string> | Promise<ReadonlyMap<string, string>>> => {
  const own = new Map(users.map(({ name, password }) => [name, password]))
  for (const [name, hash] of own) {
    if (isKnownHash(hash)) continue
    throw new Error(`The password of "${name}" must be a hash of bcrypt or scrypt, not the password itself`)
  }
  if (userFile === undefined) return () => own
  const file = new UserFile(userFile, (text) => {
    scope.event({
      level: 'warning',
      text: `The users of basicAuthentication stay as they were: ${text}`,
      facts: { file: userFile },
    })
  })
  await file.open()
  return async () => {
    const more = await file.users()
    return own.size === 0 ? more : new Map([...more, ...own])
  }
}

const rolesByName = (
  roles: Readonly<Record<string, readonly string[]>>,
): ((name: string) => readonly string[]) => {
  const byName = new Map<string, string[]>()
  for (const [role, names] of Object.entries(roles)) {
    for (const name of names) byName.set(name, [...(byName.get(name) ?? []), role])
  }
  return (name) => byName.get(name) ?? []
}
