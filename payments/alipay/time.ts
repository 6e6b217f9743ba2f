/** Alipay's times are of Shanghai, without a zone, whatever this process's own zone is: `yyyy-MM-dd HH:mm:ss`. Whole seconds, never later. */
export const shanghaiTime = (time: Date): string => new Date(time.getTime() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')
