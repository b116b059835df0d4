import { connect } from "cloudflare:sockets";

export const dial = ({ hostname, port }) => connect({ hostname, port });
export const openSocket = undefined;
