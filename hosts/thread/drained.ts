/** What the task of a worker that has drained resolves with; nothing that an application throws is the same. */
export const DRAINED = 'drained'
