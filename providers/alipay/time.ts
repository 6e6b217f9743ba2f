import { inShanghai } from '../../domain/shanghai-time.ts'

/** Alipay's times are of Shanghai, without a zone, whatever this process's own zone is: `yyyy-MM-dd HH:mm:ss`. Whole seconds, never later. */
export const shanghaiTime = (ms: number): string => inShanghai(ms).replace('T', ' ')
