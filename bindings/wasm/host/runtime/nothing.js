export const system = undefined;
export const dial = undefined;
export const openSocket = undefined;
