/** Takes out of a configuration what nobody needs to read who only wants to know how things stand. */

const SECRET = /^(?:password|passphrase|token)$/i

/** A copy in which each value of a secret's key is stars; empty ones stay, since they say that there is none. */
export const withoutSecrets = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]: [string, unknown]) => [
      key,
      SECRET.test(key) && typeof inner === 'string' && inner !== '' ? '***' : withoutSecrets(inner),
    ]),
  )
}
