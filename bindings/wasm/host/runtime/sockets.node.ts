export { openLink as openSocket } from "../../../../node/src/link";

export const dial = undefined;
