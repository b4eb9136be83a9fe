/** Loads the package that speaks to a kind of database: it is the administrator's, who installs the one that he needs. */
import { createRequire } from 'node:module'
import { join } from 'node:path'

export type Client = 'sqlite' | 'postgresql' | 'mariadb'

const packages: Readonly<Record<Client, { readonly name: string; readonly major: string }>> = {
  sqlite: { name: 'better-sqlite3', major: '12' },
  postgresql: { name: 'pg', major: '8' },
  mariadb: { name: 'mysql2', major: '3' },
}

/**
 * Looked for beside the configuration, then beside webgarden.
 *
 * @throws Error that says what to install.
 */
export const loadDriver = (client: Client, directory: string): unknown => {
  const { name, major } = packages[client]
  for (const from of [join(directory, 'applicationHost.json'), import.meta.url]) {
    const require = createRequire(from)
    try {
      require.resolve(name)
    } catch {
      continue
    }
    return require(name) as unknown
  }
  throw new Error(
    `the client "${client}" needs the package ${name}, which is not installed; run "npm install ${name}@${major}" in ${directory}`,
  )
}
