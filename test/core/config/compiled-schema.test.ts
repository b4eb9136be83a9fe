/** What the build has compiled is the schema that the sources say, whole and in its parts. */
import t from 'tap'
import * as compiled from '../../../core/config/compiled-schema.js'
import { application } from '../../../core/config/schema/application.js'
import { extensionLists } from '../../../core/config/schema/extensions.js'
import { logFile } from '../../../core/config/schema/log-file.js'
import { pool } from '../../../core/config/schema/pool.js'
import { moduleEntry, server } from '../../../core/config/schema/server.js'
import { binding, site } from '../../../core/config/schema/site.js'

t.test('the compiled schema is that of the sources', (t) => {
  t.strictSame(compiled.server, server)
  t.strictSame(compiled.pool, pool)
  t.strictSame(compiled.site, site)
  t.strictSame(compiled.siteLog, logFile)
  t.strictSame(compiled.binding, binding)
  t.strictSame(compiled.application, application)
  t.strictSame(compiled.moduleEntry, moduleEntry)
  t.strictSame(compiled.handler, extensionLists.handlers.items)
  t.strictSame(compiled.filter, extensionLists.filters.items)
  t.strictSame(compiled.extension, extensionLists.modules.items)
  t.end()
})
