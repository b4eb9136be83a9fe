/** Real database servers in folders of their own, on free ports, run by nobody in particular: started, frozen and killed by tests. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { freePort } from './free-port.js'

/** Neither server runs as root; `nobody` of Debian does as well as any. */
const NOBODY = 65_534
const asNobody = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}

/** Path of a program, in PATH or where Debian hides it; undefined where it is not installed. */
export const findProgram = (name: string): string | undefined => {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', ...postgresFolders()]
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

const postgresFolders = (): string[] => {
  const root = '/usr/lib/postgresql'
  return existsSync(root) ? readdirSync(root).map((version) => join(root, version, 'bin')) : []
}

interface Command {
  readonly program: string
  readonly args: readonly string[]
}

export class DatabaseServer {
  readonly url: string
  private readonly folder: string
  private readonly port: number
  private readonly command: Command
  private child: ChildProcess | undefined

  constructor(folder: string, port: number, url: string, command: Command) {
    this.folder = folder
    this.port = port
    this.url = url
    this.command = command
  }

  /** Resolves when it accepts connections. */
  async start(): Promise<void> {
    const { program, args } = this.command
    const child = spawn(program, args, { cwd: this.folder, stdio: 'ignore', ...asNobody })
    this.child = child
    for (;;) {
      if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`)
      if (await accepts(this.port)) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  /** At once, without any farewell; resolves when it is gone. */
  async kill(): Promise<void> {
    const { child } = this
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = once(child, 'exit')
    // One that is frozen dies too; what it has started notices.
    this.signal('SIGKILL')
    await gone
  }

  /** It accepts connections, and answers nothing. */
  freeze(): void {
    this.signal('SIGSTOP')
  }

  thaw(): void {
    this.signal('SIGCONT')
  }

  async remove(): Promise<void> {
    await this.kill()
    rmSync(dirname(this.folder), { recursive: true, force: true })
  }

  /** Its own processes too, which PostgreSQL puts into groups of their own. */
  private signal(signal: NodeJS.Signals): void {
    const pid = this.child?.pid
    if (pid === undefined) return
    for (const one of [pid, ...childrenOf(pid)]) process.kill(one, signal)
  }
}

const childrenOf = (parent: number): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === parent)
    .map(Number)

/** The fourth field of a process's line, behind its name in brackets; a process may end meanwhile. */
const parentOf = (pid: string): number | undefined => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
  } catch {
    return undefined
  }
}

export const makePostgres = async (initdb: string, postgres: string): Promise<DatabaseServer> => {
  const folder = makeFolder()
  const data = join(folder, 'data')
  execFileSync(initdb, ['-D', data, '-U', 'web', '-A', 'trust', '--no-sync', '-E', 'UTF8'], {
    stdio: 'pipe',
    cwd: folder,
    ...asNobody,
  })
  const port = await freePort()
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', folder, '-c', 'fsync=off']
  const url = `postgresql://web@127.0.0.1:${port}/postgres`
  return new DatabaseServer(folder, port, url, { program: postgres, args })
}

export const makeMariaDb = async (installDb: string, mariadbd: string): Promise<DatabaseServer> => {
  const folder = makeFolder()
  const data = join(folder, 'data')
  execFileSync(
    installDb,
    ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal'],
    {
      stdio: 'pipe',
      cwd: folder,
      ...asNobody,
    },
  )
  const port = await freePort()
  const args = [
    '--no-defaults',
    `--datadir=${data}`,
    `--port=${port}`,
    '--bind-address=127.0.0.1',
    `--socket=${join(folder, 'sock')}`,
    `--pid-file=${join(folder, 'pid')}`,
  ]
  const url = `mariadb://root@127.0.0.1:${port}/test`
  return new DatabaseServer(folder, port, url, { program: mariadbd, args })
}

const makeFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'webgarden-db-'))
  chmodSync(folder, 0o755)
  const inner = join(folder, 'home')
  mkdirSync(inner)
  if (asNobody.uid !== undefined) chownSync(inner, NOBODY, NOBODY)
  return inner
}

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })
