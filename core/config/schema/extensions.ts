/** `handlers`, `filters`, `modules` of sites and applications: what runs in the worker beside the application's own code. */
import { Type } from 'typebox'
import { ModulePath, Options } from './keywords.js'

/** What every entry can be: an addition, or a change of what is inherited. */
const entry = {
  name: Type.Optional(Type.String({ minLength: 1, description: 'Its name; a later entry can remove it.' })),
  remove: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'Instead of all else: takes away the inherited one of this name.',
    }),
  ),
  clear: Type.Optional(
    Type.Boolean({ description: 'Instead of all else: `true` takes away everything inherited.' }),
  ),
  options: Options({ description: 'Its options, checked against its own schema.' }),
}

const handler = Type.Object({
  ...entry,
  path: Type.String({
    minLength: 1,
    default: '*',
    description:
      'What it handles, below the application: `*`, `*.hello`, `/exact.html`, `/folder/*`; several with commas. The first entry that fits counts.',
  }),
  verb: Type.String({ default: '*', description: 'Methods, with commas; `*` is all.' }),
  module: Type.Optional(ModulePath({ description: 'File or package made with defineHandler.' })),
  type: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'Instead of a module: an adapter, such as `static` or `fastcgi`.',
    }),
  ),
  resourceType: Type.Enum(['File', 'Directory', 'Either', 'Unspecified'], {
    default: 'Unspecified',
    description: 'Whether the URL must lead to a file or folder that exists, below physicalPath.',
  }),
  requireAccess: Type.Enum(['None', 'Read', 'Write', 'Script', 'Execute'], {
    default: 'Script',
    description: "What the application's accessPolicy must allow; otherwise 403.",
  }),
  allowPathInfo: Type.Boolean({
    default: false,
    description: 'Whether PATH_INFO is what follows the script, instead of the whole URL.',
  }),
})

const extension = Type.Object({
  ...entry,
  module: Type.Optional(
    ModulePath({ description: 'File or package. Left out: the standard one of that name.' }),
  ),
})

const filter = Type.Object({
  ...entry,
  module: Type.Optional(ModulePath({ description: 'File or package made with defineFilter.' })),
  enabled: Type.Boolean({ default: true, description: 'Whether it runs.' }),
  enableCache: Type.Boolean({
    default: false,
    description:
      'Whether the listener may keep responses although this filter has not seen those who get the copies.',
  }),
})

/** Lists that an application inherits from its site, entry by entry. */
export const extensionLists = {
  handlers: Type.Array(handler, {
    default: [],
    description:
      'What handles which paths and verbs; those of the application come before those of its site.',
  }),
  filters: Type.Array(filter, {
    default: [],
    description: 'Filters, after those of the site. They run in the worker.',
  }),
  modules: Type.Array(extension, {
    default: [],
    description: 'Modules of the integrated pipeline, in their order, after those of the site.',
  }),
  accessPolicy: Type.Array(Type.Enum(['Read', 'Write', 'Script', 'Execute']), {
    uniqueItems: true,
    default: ['Read', 'Script'],
    description: 'What handlers may do here.',
  }),
}

/** `filters` of the whole server. */
export const globalFilters = Type.Array(filter, {
  default: [],
  description: 'Filters of all sites, before their own. Only these may see raw data, in isolationMode iis5.',
})
