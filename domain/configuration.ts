/**
 * The configuration is wrong: the message names each variable and what it should be, and stands alone,
 * without a stack.
 */
export class ConfigurationError extends Error {}
