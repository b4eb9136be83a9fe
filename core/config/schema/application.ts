/** `applications`: what is mounted at a path of a site, and in which pool it runs. */
import { Type } from 'typebox'
import { cachingOf } from './caching.js'
import { extensionLists } from './extensions.js'
import { FilePath, Formed, ModulePath, Options, Variables } from './keywords.js'
import { access } from './tls.js'
import { requestFiltering } from './request-filtering.js'

const virtualDirectory = Type.Object({
  path: Type.String({ default: '/', description: 'Path within the application.' }),
  physicalPath: FilePath({ description: 'Folder behind the path.' }),
  userName: Type.String({ default: '', description: 'Account that reads the folder.' }),
  password: Type.String({ default: '', description: 'Its password.' }),
  logonMethod: Type.Enum(['Interactive', 'Batch', 'Network', 'ClearText'], {
    default: 'ClearText',
    description: 'How that account logs on.',
  }),
  allowSubDirConfig: Type.Boolean({
    default: true,
    description: 'Whether folders beneath may hold configuration.',
  }),
})

/** What `applicationDefaults` may hold: what makes sense for more than one application. */
export const applicationSettings = {
  applicationPool: Formed('applicationPoolName', {
    default: 'DefaultAppPool',
    description: 'The pool it runs in. DefaultAppPool exists without being declared.',
  }),
  appIsolated: Type.Enum(['inProcess', 'pooled', 'isolated', 0, 1, 2], {
    default: 'pooled',
    description:
      "With `isolationMode` iis5 only. inProcess (0): in the server's own process, whose end its crash is. pooled (2): in one process with all that are pooled. isolated (1): in a process of its own.",
  }),
  pathBase: Type.Enum(['strip', 'keep'], {
    default: 'strip',
    description: 'Whether an application at `/shop` sees `/cart` or `/shop/cart` as its URL.',
  }),
  caching: cachingOf('application', 'Whether its responses may be kept. Taken from the site where left out.'),
  access,
  enabledProtocols: Type.String({
    default: 'http',
    notSupportedYet: true,
    description: 'Protocols by which it can be reached.',
  }),
  preloadEnabled: Type.Boolean({
    default: false,
    description:
      'Whether every worker of its pool loads it at its start, and asks it for `/` and its initialization pages before it takes requests.',
  }),
  applicationInitialization: Type.Object(
    {
      pages: Type.Array(
        Type.Object({
          initializationPage: Type.String({
            pattern: '^/',
            description: 'Path and query below the application, such as `/warm?all=1`.',
          }),
          hostName: Type.String({
            default: '',
            description: 'What the Host header says; `localhost` where left out.',
          }),
        }),
        {
          default: [],
          description: 'Pages that a new worker asks for before it takes over from another one.',
        },
      ),
      doAppInitAfterRestart: Type.Boolean({
        default: false,
        description: 'Whether it asks for them at its other starts too.',
      }),
      remapManagedRequestsTo: Type.String({
        default: '',
        notSupportedYet: true,
        description: 'Page that clients get meanwhile.',
      }),
      skipManagedModules: Type.Boolean({
        default: false,
        notSupportedYet: true,
        description: 'Whether the pages pass the managed modules.',
      }),
    },
    { description: 'What warms the application up.' },
  ),
  serviceAutoStartEnabled: Type.Boolean({
    default: false,
    notSupportedYet: true,
    description: 'Whether it is started with the server.',
  }),
  serviceAutoStartProvider: Type.String({
    default: '',
    notSupportedYet: true,
    description: 'What starts it.',
  }),
}

export const applicationDefaults = Type.Object(applicationSettings, {
  description: 'What each application begins with.',
})

export const application = Type.Object({
  path: Formed('applicationPath', { default: '/', description: 'Where it is mounted: `/` or `/shop`.' }),
  module: Type.Optional(
    ModulePath({
      description:
        'File or package that holds the application. Not needed for the types `static`, `cgi` and `fastcgi`.',
    }),
  ),
  type: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'Name of the adapter that hosts it. Found from what the module exports where left out.',
    }),
  ),
  physicalPath: FilePath({
    default: '.',
    description: 'Folder of the application: what `static`, `cgi` and `fastcgi` serve.',
  }),
  environment: Variables({
    description: 'Environment variables. Applications of one pool share them, and must agree on them.',
  }),
  options: Options({ description: "The adapter's options." }),
  ...applicationSettings,
  ...extensionLists,
  requestFiltering,
  virtualDirectories: Type.Array(virtualDirectory, {
    default: [],
    notSupportedYet: true,
    description: 'Folders at paths within the application.',
  }),
})
