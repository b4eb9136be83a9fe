/** Holds a password against its hash, in the time that a wrong one takes too. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'

/** Longer ones are refused before anything is computed. */
const LONGEST_PASSWORD = 1_024

/**
 * Whether a hash is of a kind that is accepted: bcrypt (`htpasswd -B`), or scrypt as
 * `$scrypt$ln=15,r=8,p=1$SALT$HASH`, salt and hash in base64 (the PHC string format).
 */
export const isKnownHash = (hash: string): boolean =>
  /^\$2[aby]\$\d\d\$.{53}$/.test(hash) || partsOf(hash) !== null

/** Of no password at all: whoever has no account waits as long as one who has. */
export const someHash = (like: string | undefined): string => {
  if (like?.startsWith('$2')) return `${like.slice(0, 7)}${'.'.repeat(53)}`
  const parts = like === undefined ? null : partsOf(like)
  const { ln, r, p } = parts ?? { ln: 14, r: 8, p: 1 }
  return `$scrypt$ln=${ln},r=${r},p=${p}$${base64(randomBytes(16))}$${base64(randomBytes(32))}`
}

export const verifyPassword = async (password: string, hash: string): Promise<boolean> => {
  if (password.length > LONGEST_PASSWORD) return false
  if (hash.startsWith('$2')) {
    const { compare } = await import('bcryptjs')
    return compare(password, hash)
  }
  const parts = partsOf(hash)
  if (!parts) return false
  const { ln, r, p, salt, key } = parts
  return timingSafeEqual(await derive(password, salt, key.length, ln, r, p), key)
}

/** What `webgarden` users can put into a file: see docs/standard-modules.md. */
export const hashPassword = async (password: string): Promise<string> => {
  const salt = randomBytes(16)
  return `$scrypt$ln=15,r=8,p=1$${base64(salt)}$${base64(await derive(password, salt, 32, 15, 8, 1))}`
}

const derive = (
  password: string,
  salt: Buffer,
  length: number,
  ln: number,
  r: number,
  p: number,
): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const N = 2 ** ln
    // Node's own limit is just below what ln=15 needs.
    scrypt(password, salt, length, { N, r, p, maxmem: 256 * N * r }, (error, key) => {
      if (error) reject(error)
      else resolve(key)
    })
  })

interface ScryptParts {
  readonly ln: number
  readonly r: number
  readonly p: number
  readonly salt: Buffer
  readonly key: Buffer
}

const partsOf = (hash: string): ScryptParts | null => {
  const match = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/=-]{8,})\$([\w+/=-]{20,})$/.exec(hash)
  if (!match) return null
  const [ln = 0, r = 0, p = 0] = match.slice(1, 4).map(Number)
  if (ln < 10 || ln > 20 || r < 1 || p < 1) return null
  return { ln, r, p, salt: Buffer.from(match[4] ?? '', 'base64'), key: Buffer.from(match[5] ?? '', 'base64') }
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')
