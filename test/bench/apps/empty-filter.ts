/** A filter that hears of a request twice and does nothing, as one with nothing to do for it. */
import { defineFilter } from '../../../core/index.js'

export default defineFilter({
  name: 'empty',
  preprocHeaders: () => 'REQ_NEXT_NOTIFICATION',
  sendResponse: () => 'REQ_NEXT_NOTIFICATION',
})
