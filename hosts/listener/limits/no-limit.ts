/** The value of IIS's limits that stands for none. */
export const NO_LIMIT = 4_294_967_295
