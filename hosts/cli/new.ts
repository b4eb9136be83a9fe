/** `webgarden new KIND NAME`: a small typed package to begin with, with its test and its README. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { version } from '../../core/version.js'
import { CommandError, exitCodes } from './failure.js'
import { templates, type Kind } from './templates/index.js'

/** A folder name, and the name of an npm package without scope. */
const NAME = /^[a-z0-9][a-z0-9._-]*$/

/** Writes the folder NAME; never into one that exists. */
export const create = (kind: string, name: string): void => {
  if (!isKind(kind)) {
    const known = Object.keys(templates).join(', ')
    throw new CommandError(`there is no kind "${kind}"; known are ${known}`, exitCodes.notFound)
  }
  if (!NAME.test(name)) {
    const remedy = 'lower-case letters, digits, ".", "_" and "-", as in the name of an npm package'
    throw new CommandError(`"${name}" cannot be a name: use ${remedy}`, exitCodes.failed)
  }
  if (existsSync(name))
    throw new CommandError(`${name} is there already; nothing was written`, exitCodes.failed)
  const { source, test, use, about } = templates[kind](name)
  write(name, 'package.json', packageOf(name, about))
  write(name, 'tsconfig.json', TSCONFIG)
  write(name, '.gitignore', 'node_modules/\ndist/\n')
  write(name, 'src/index.ts', source)
  write(name, 'test/index.test.ts', test)
  write(name, 'README.md', readmeOf(name, about, use))
  process.stdout.write(`wrote ${name}/; next: cd ${name} && npm install && npm test\n`)
}

const isKind = (kind: string): kind is Kind => Object.hasOwn(templates, kind)

const write = (folder: string, file: string, text: string): void => {
  const path = join(folder, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text, { flag: 'wx' })
}

const packageOf = (name: string, about: string): string => {
  const range = `>=${version} <1`
  return `${JSON.stringify(
    {
      name,
      version: '0.1.0',
      description: about,
      type: 'module',
      exports: './dist/src/index.js',
      types: './dist/src/index.d.ts',
      files: ['dist/src'],
      scripts: {
        build: 'tsc',
        test: 'npm run build && node --test dist/test/index.test.js',
        prepare: 'npm run build',
      },
      peerDependencies: { webgarden: range },
      devDependencies: { '@types/node': '^20.19.0', typescript: '~5.9.0', webgarden: range },
      engines: { node: '>=20.19.0' },
    },
    null,
    2,
  )}\n`
}

const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2023",
    "module": "nodenext",
    "types": ["node"],
    "outDir": "dist",
    "rootDir": ".",
    "declaration": true,
    "strict": true,
    "skipLibCheck": true
  },
  "include": ["src", "test"]
}
`

const readmeOf = (name: string, about: string, use: string): string => `# ${name}

${about}

\`\`\`sh
npm install && npm test        # builds it and runs its test
npx webgarden try .            # serves it, and begins anew when it changes
\`\`\`

In \`applicationHost.json\`, once it is installed beside it (\`npm install ../${name}\`):

\`\`\`jsonc
${use}
\`\`\`
`
