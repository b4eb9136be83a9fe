/** Where the control service of a configuration file is found: server and command line come to the same answer. */
import { createHash } from 'node:crypto'
import { lstatSync, realpathSync, statSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'

/** The system cuts off longer names of sockets (sun_path, 104 bytes on macOS, 108 on Linux, with the zero at the end). */
export const LONGEST_SOCKET = 103

/** Fewer characters of a token could be guessed. */
export const SHORTEST_TOKEN = 16

const WINDOWS = process.platform === 'win32'

/** The socket in a folder of the user's own, made of the real path of the file: a link leads to the same server. */
export const controlSocketIn = (folder: string, file: string): string =>
  join(folder, `${hashOf(realPath(file))}.sock`)

/** The named pipe on Windows, which needs no folder. */
export const controlPipe = (file: string): string =>
  `\\\\.\\pipe\\webgarden-${hashOf(userInfo().username)}-${hashOf(realPath(file).toLowerCase())}`

/** Folders in which the sockets of this user's servers may be, the best first. None need exist. */
export const controlFolders = (): string[] => {
  const user = process.getuid?.() ?? 0
  const { XDG_RUNTIME_DIR } = process.env
  const session = `/run/user/${user}`
  return [
    ...(XDG_RUNTIME_DIR ? [join(XDG_RUNTIME_DIR, 'webgarden')] : []),
    // Also without the variable, as in a cron job: the server may have been started in a session that has it.
    ...(isFolder(session) && XDG_RUNTIME_DIR !== session ? [join(session, 'webgarden')] : []),
    join(tmpdir(), `webgarden-${user}`),
  ]
}

/** Where to look for the server of a file: all places that nobody else can have put a socket in. */
export const controlAddresses = (file: string, configured?: string): string[] => {
  if (configured !== undefined) return [configured]
  if (WINDOWS) return [controlPipe(file)]
  return controlFolders()
    .filter(isPrivate)
    .map((folder) => controlSocketIn(folder, file))
}

/** A folder, no link, of this user, in which nobody else can do anything. */
export const isPrivate = (folder: string): boolean => {
  try {
    const facts = lstatSync(folder)
    return facts.isDirectory() && facts.uid === process.getuid?.() && (facts.mode & 0o077) === 0
  } catch {
    return false
  }
}

const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true

const realPath = (file: string): string => {
  try {
    return realpathSync(file)
  } catch {
    return resolve(file)
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 20)
