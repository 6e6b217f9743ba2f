/** The order is none of this buyer's, or there is none. */
export class OrderUnknown extends Error {}
