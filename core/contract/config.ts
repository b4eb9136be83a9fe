/** The configuration as the rest of the house sees it: checked, complete, inherited values filled in, immutable. */
export type { ConfigurationChanges } from '../config/diff.js'
export type {
  ApplicationConfig,
  BindingConfig,
  ExtensionConfig,
  FilterConfig,
  HandlerConfig,
  LogFileConfig,
  ModuleConfig,
  PoolConfig,
  ServerConfig,
  SiteConfig,
} from '../config/schema/index.js'
