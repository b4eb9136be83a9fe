/** Hosts request listeners: any function (request, response), as Express and Connect applications are. */
import type { RequestListener } from 'node:http'
import { defineAdapter, type AdapterModule } from '../../core/index.js'
import { anyOptions, findExport, requireExport } from './exported.js'

const isListener = (value: unknown): value is RequestListener =>
  typeof value === 'function' && value.length >= 2

const listenerAdapter = (name: string, what: string, recognises: boolean): AdapterModule =>
  defineAdapter({
    name,
    options: anyOptions,
    recognises: ({ exports }) => recognises && findExport(exports, isListener) !== undefined,
    adapt: async (input) => ({ handle: await requireExport(input, isListener, what) }),
  })

export const listener = listenerAdapter('listener', 'a function (request, response)', true)
export const express = listenerAdapter('express', 'an Express application', false)
export const connect = listenerAdapter('connect', 'a Connect application', false)
