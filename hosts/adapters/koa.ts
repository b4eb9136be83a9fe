/** Hosts Koa applications. */
import type { RequestListener } from 'node:http'
import { defineAdapter } from '../../core/index.js'
import { anyOptions, findExport, memberOf, requireExport } from './exported.js'

interface Koa {
  callback(): RequestListener
}

const isKoa = (value: unknown): value is Koa =>
  typeof value === 'object' &&
  ['callback', 'use'].every((method) => typeof memberOf(value, method) === 'function')

export const koa = defineAdapter({
  name: 'koa',
  options: anyOptions,
  recognises: ({ exports }) => findExport(exports, isKoa) !== undefined,
  async adapt(input) {
    const app = await requireExport(input, isKoa, 'a Koa application')
    return { handle: app.callback() }
  },
})
