/** Hosts request listeners: any function (request, response), as Express and Connect applications are. */
import type { RequestListener } from 'node:http'
import { defineAdapter, type AdapterModule } from '../../core/index.js'
import { anyOptions, findExport, requireExport } from './exported.js'

const isListener = (value: unknown): value is RequestListener =>
  typeof value === 'function' && value.length >= 2

/** Named as what it is, a function of any number of arguments is one. */
const isFunction = (value: unknown): value is RequestListener => typeof value === 'function'

export const listener = defineAdapter({
  name: 'listener',
  options: anyOptions,
  recognises: ({ exports }) => findExport(exports, isListener) !== undefined,
  adapt: async (input) => ({
    handle: await requireExport(
      input,
      input.application.type === 'listener' ? isFunction : isListener,
      'a function (request, response)',
    ),
  }),
})

const applicationOf = (name: string, framework: string): AdapterModule =>
  defineAdapter({
    name,
    options: anyOptions,
    adapt: async (input) => ({
      handle: await requireExport(input, isListener, `an application of ${framework}`),
    }),
  })

export const express = applicationOf('express', 'Express')
export const connect = applicationOf('connect', 'Connect')
