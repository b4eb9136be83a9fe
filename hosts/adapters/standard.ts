/** The adapters that every worker has, in the order in which they are asked whether an application is theirs. */
import type { AdapterModule } from '../../core/index.js'
import { cgi } from './cgi.js'
import { factory } from './factory.js'
import { fastcgi } from './fastcgi.js'
import { fastify } from './fastify.js'
import { fetchHandler, hono } from './fetch.js'
import { handler } from './handler.js'
import { koa } from './koa.js'
import { connect, express, listener } from './listener.js'
import { node } from './node.js'
import { program } from './program.js'
import { proxy } from './proxy.js'
import { redirect } from './redirect.js'
import { staticFiles } from './static.js'

/** The standard set; importing it loads no framework, each adapter does that when it has an application to host. */
export const standardAdapters = async (): Promise<readonly AdapterModule[]> =>
  Promise.resolve([
    node,
    fastify,
    koa,
    fetchHandler,
    hono,
    listener,
    express,
    connect,
    factory,
    handler,
    staticFiles,
    cgi,
    fastcgi,
    proxy,
    program,
    redirect,
  ])
