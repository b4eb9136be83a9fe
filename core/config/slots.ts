/** The slots of the pipeline, and what fills each by default: the standard module of the same name. */
export const slots = ['validate', 'cache', 'route', 'queue', 'dispatch', 'log'] as const
